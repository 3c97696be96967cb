//! A function's instructions and the blocks they form.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::code::{Arg, Flow, Lifted};
use crate::decode::Decoder;
use crate::image::Image;

/// Most instructions of a function; a longer one is counted as cut off.
const MOST_INSTRUCTIONS: usize = 60_000;

/// Where jumps lead whose targets are computed, by the addresses of the jumps.
pub(crate) type Jumps = BTreeMap<u64, Vec<u64>>;

/// An instruction and where it is.
#[derive(Debug)]
pub(crate) struct Instruction {
    pub(crate) address: u64,
    pub(crate) lifted: Lifted,
}

/// Instructions that are run one after the other.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Range of the function's instructions.
    pub(crate) first: usize,
    pub(crate) end: usize,
    pub(crate) next: Vec<u32>,
    pub(crate) before: Vec<u32>,
    /// Whether a block that comes after it, or itself, leads to it or to one before it.
    pub(crate) is_in_loop: bool,
}

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) start: u64,
    pub(crate) instructions: Vec<Instruction>,
    /// In an order where each comes after those it is reached from, but for loops. The first is
    /// where the function starts.
    pub(crate) blocks: Vec<Block>,
    /// Jumps to other functions' starts, by the address of the jump.
    pub(crate) tail_calls: FxHashSet<u64>,
    /// Where something is no instruction, or the function is too long.
    pub(crate) cut_off: Option<u64>,
    /// Whether a block leads back.
    pub(crate) has_loops: bool,
}

impl Function {
    /// Follows the code from an address on. `jumps` says where jumps lead whose targets were
    /// computed, by their addresses.
    pub(crate) fn read(
        image: &Image<'_>,
        decoder: &mut Decoder,
        start: u64,
        jumps: &Jumps,
    ) -> Self {
        let mut found = Found {
            image,
            start,
            end: image.function_end(start),
            instructions: Vec::new(),
            seen: FxHashMap::default(),
            leaders: FxHashSet::default(),
            tail_calls: FxHashSet::default(),
            cut_off: None,
        };
        found.leaders.insert(start);
        let mut pending = vec![start];
        while let Some(address) = pending.pop() {
            found.follow(decoder, address, jumps, &mut pending);
        }
        found.into_function(jumps)
    }

    /// Whether it jumps to an address that is computed and of which nothing is known.
    pub(crate) fn has_open_jump(&self, jumps: &Jumps) -> bool {
        self.instructions.iter().any(|one| {
            matches!(one.lifted.flow, Flow::JumpTo(_)) && !jumps.contains_key(&one.address)
        })
    }

    /// Targets of direct calls and jumps to other functions, in order.
    pub(crate) fn callees(&self) -> Vec<u64> {
        let mut callees: Vec<u64> = self
            .instructions
            .iter()
            .filter_map(|one| match one.lifted.flow {
                Flow::Call(Arg::Const(target)) => Some(target),
                Flow::Jump(target) if self.tail_calls.contains(&one.address) => Some(target),
                _ => None,
            })
            .collect();
        callees.sort_unstable();
        callees.dedup();
        callees
    }
}

struct Found<'a, 'i> {
    image: &'a Image<'i>,
    start: u64,
    end: u64,
    instructions: Vec<Instruction>,
    seen: FxHashMap<u64, usize>,
    leaders: FxHashSet<u64>,
    tail_calls: FxHashSet<u64>,
    cut_off: Option<u64>,
}

impl Found<'_, '_> {
    /// Reads instructions until one that nothing follows.
    fn follow(
        &mut self,
        decoder: &mut Decoder,
        mut address: u64,
        jumps: &Jumps,
        pending: &mut Vec<u64>,
    ) {
        let inside = (self.start..self.end).contains(&address);
        loop {
            if self.seen.contains_key(&address) {
                return;
            }
            // What comes after a call that does not return may be another function.
            if inside && address >= self.end {
                return;
            }
            let lifted = match self.image.code_at(address) {
                Some(code) if self.instructions.len() < MOST_INSTRUCTIONS => {
                    decoder.lift(code, address)
                }
                _ => None,
            };
            let Some(lifted) = lifted else {
                self.cut_off = self.cut_off.or(Some(address));
                return;
            };
            let next = address.wrapping_add(u64::from(lifted.length));
            let flow = lifted.flow;
            self.seen.insert(address, self.instructions.len());
            self.instructions.push(Instruction { address, lifted });
            let mut lead = |this: &mut Self, target: u64| {
                this.leaders.insert(target);
                pending.push(target);
            };
            match flow {
                Flow::Next | Flow::Call(_) => {}
                Flow::Jump(target) => {
                    if self.is_own(target) {
                        lead(self, target);
                    } else {
                        self.tail_calls.insert(address);
                    }
                    return;
                }
                Flow::Branch { target, .. } => {
                    lead(self, target);
                    self.leaders.insert(next);
                }
                Flow::JumpTo(_) => {
                    for target in jumps.get(&address).into_iter().flatten() {
                        lead(self, *target);
                    }
                    return;
                }
                Flow::Return | Flow::Stop => return,
            }
            address = next;
        }
    }

    /// Whether a jump leads to a part of the same function.
    fn is_own(&self, target: u64) -> bool {
        (self.start..self.end).contains(&target) || !self.image.is_function(target)
    }

    fn into_function(self, jumps: &Jumps) -> Function {
        let Self {
            start,
            mut instructions,
            leaders,
            tail_calls,
            cut_off,
            ..
        } = self;
        instructions.sort_by_key(|one| one.address);
        let mut blocks: Vec<Block> = Vec::new();
        let mut number_of: FxHashMap<u64, u32> = FxHashMap::default();
        let mut open = false;
        let mut expected = 0;
        for (index, one) in instructions.iter().enumerate() {
            if !open || leaders.contains(&one.address) || one.address != expected {
                number_of.insert(one.address, blocks.len() as u32);
                blocks.push(Block {
                    first: index,
                    end: index,
                    ..Block::default()
                });
            }
            expected = one.address.wrapping_add(u64::from(one.lifted.length));
            open = matches!(one.lifted.flow, Flow::Next | Flow::Call(_));
            if let Some(block) = blocks.last_mut() {
                block.end = index + 1;
            }
        }
        for block in &mut blocks {
            let last = &instructions[block.end - 1];
            let after = last.address.wrapping_add(u64::from(last.lifted.length));
            let mut targets = match last.lifted.flow {
                Flow::Next | Flow::Call(_) => vec![after],
                Flow::Jump(target) if !tail_calls.contains(&last.address) => vec![target],
                Flow::Branch { target, .. } => vec![after, target],
                Flow::JumpTo(_) => jumps.get(&last.address).cloned().unwrap_or_default(),
                _ => Vec::new(),
            };
            targets.dedup();
            block.next = targets
                .iter()
                .filter_map(|target| number_of.get(target).copied())
                .collect();
            block.next.sort_unstable();
            block.next.dedup();
        }
        let first = number_of.get(&start).copied();
        let (blocks, has_loops) = ordered(blocks, first);
        Function {
            start,
            instructions,
            blocks,
            tail_calls,
            cut_off,
            has_loops,
        }
    }
}

/// Blocks that are reached from the first, in reverse postorder, and whether any leads back.
fn ordered(blocks: Vec<Block>, first: Option<u32>) -> (Vec<Block>, bool) {
    let Some(first) = first else {
        return (Vec::new(), false);
    };
    let mut postorder = Vec::with_capacity(blocks.len());
    let mut visited = vec![false; blocks.len()];
    let mut path = vec![(first, 0)];
    visited[first as usize] = true;
    while let Some((block, step)) = path.last_mut() {
        let (number, at) = (*block, *step);
        *step += 1;
        match blocks[number as usize].next.get(at) {
            Some(next) if !visited[*next as usize] => {
                visited[*next as usize] = true;
                path.push((*next, 0));
            }
            Some(_) => {}
            None => {
                postorder.push(number);
                path.pop();
            }
        }
    }
    postorder.reverse();
    let mut place = vec![u32::MAX; blocks.len()];
    for (at, number) in postorder.iter().enumerate() {
        place[*number as usize] = at as u32;
    }
    let mut ordered: Vec<Block> = Vec::with_capacity(postorder.len());
    for number in &postorder {
        let block = &blocks[*number as usize];
        ordered.push(Block {
            first: block.first,
            end: block.end,
            next: block.next.iter().map(|n| place[*n as usize]).collect(),
            before: Vec::new(),
            is_in_loop: false,
        });
    }
    let mut has_loops = false;
    // The furthest block that leads back to this one or one before it.
    let mut furthest = vec![0; ordered.len()];
    for at in 0..ordered.len() {
        for next in ordered[at].next.clone() {
            if next as usize <= at {
                has_loops = true;
                furthest[next as usize] = at + 1;
            }
            ordered[next as usize].before.push(at as u32);
        }
    }
    let mut until = 0;
    for (at, block) in ordered.iter_mut().enumerate() {
        until = until.max(furthest[at]);
        block.is_in_loop = at < until;
    }
    (ordered, has_loops)
}
