//! Registers that a loop leaves as they are: where it starts they hold what they held before it,
//! which need not be found out by going around.

use crate::code::{Flow, Processor, Reg, SCRATCH, Step};
use crate::function::Function;

/// For each block the registers, as bits, that may change on a way from it back to it.
pub(super) struct Changes {
    of: Vec<u64>,
}

impl Changes {
    pub(super) fn of(function: &Function, processor: Processor) -> Self {
        let blocks = &function.blocks;
        let mut of = vec![0; blocks.len()];
        if !function.has_loops {
            return Self { of };
        }
        let own: Vec<u64> = (0..blocks.len())
            .map(|at| changed(function, at, processor))
            .collect();
        let mut ends: Vec<usize> = (0..blocks.len()).collect();
        for at in (0..blocks.len()).rev() {
            let tails = blocks[at].before.iter().map(|before| *before as usize);
            let mut end = tails.fold(at, usize::max);
            if end == at && !blocks[at].before.contains(&(at as u32)) {
                continue;
            }
            let mut inner = at + 1;
            while inner <= end {
                end = end.max(ends[inner]);
                inner += 1;
            }
            ends[at] = end;
            // What is entered elsewhere is no loop of which this block is the start.
            let is_own = blocks[at + 1..=end].iter().all(|block| {
                let mut before = block.before.iter();
                before.all(|before| (at..=end).contains(&(*before as usize)))
            });
            of[at] = match is_own {
                true => own[at..=end].iter().fold(0, |all, one| all | one),
                false => u64::MAX,
            };
        }
        Self { of }
    }

    /// Whether a register may change on a way from a block back to it.
    pub(super) fn has(&self, block: u32, reg: Reg) -> bool {
        self.of[block as usize] >> reg & 1 == 1
    }
}

/// Registers that a block may change.
fn changed(function: &Function, block: usize, processor: Processor) -> u64 {
    let block = &function.blocks[block];
    let mut changed = 0;
    for one in &function.instructions[block.first..block.end] {
        for step in &one.lifted.steps {
            if let Step::Set(to, ..)
            | Step::Load { to, .. }
            | Step::Forget(to)
            | Step::Either(to, ..) = step
                && *to < SCRATCH
            {
                changed |= 1 << to;
            }
        }
        if matches!(one.lifted.flow, Flow::Call(_)) {
            let by_call = processor.changed_by_call().iter();
            changed |= by_call.fold(0, |all, reg| all | 1 << reg);
        }
    }
    changed
}
