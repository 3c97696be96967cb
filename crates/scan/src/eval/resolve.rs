//! What a place holds where paths meet.

use rustc_hash::FxHashMap;

use super::{Evaluator, Held};
use crate::code::SCRATCH;
use crate::value::{Place, Value};

/// How deep paths are followed back before a meeting gets a value of its own.
const DEEPEST: u32 = 32;
/// How often all meetings are gone through before nothing is claimed of them.
const MOST_PASSES: u32 = 40;

impl Evaluator<'_, '_> {
    /// What a place holds here.
    pub(super) fn read(&mut self, place: Place) -> Value {
        if let Place::Reg(reg) = place
            && let Some(scratch) = reg.checked_sub(SCRATCH)
            && let Some(value) = self.scratch[usize::from(scratch % 64)]
        {
            return value;
        }
        self.read_end(self.block, place, 0)
    }

    /// What a place holds where a block ends; where it is being gone through, so far.
    fn read_end(&mut self, block: u32, place: Place, depth: u32) -> Value {
        let mut at = block;
        let function = self.function;
        let value = loop {
            if let Some(held) = self.ends[at as usize].get(place) {
                let value = self.value_of(held, place);
                if at == block {
                    return value;
                }
                break value;
            }
            if let Some(held) = self.starts[at as usize].get(place) {
                break self.value_of(held, place);
            }
            match function.blocks[at as usize].before[..] {
                [] if at == 0 => break self.at_start(place),
                [only] if at != 0 && only < at => at = only,
                _ => {
                    let value = self.meet(at, place, depth);
                    self.starts[at as usize].set(place, Held::Value(value));
                    break value;
                }
            }
        };
        self.starts[block as usize].set(place, Held::Value(value));
        value
    }

    fn value_of(&mut self, held: Held, place: Place) -> Value {
        match (held, place) {
            (Held::Value(value), _) => value,
            (Held::Anything(instruction), Place::Reg(reg)) => self.anything(instruction, reg),
            (_, place) => self.at_start(place),
        }
    }

    fn at_start(&mut self, place: Place) -> Value {
        match place {
            Place::Memory(address, size) => self.values.load(address, size, 0),
            place => self.values.initial(place),
        }
    }

    fn meet(&mut self, block: u32, place: Place, depth: u32) -> Value {
        let function = self.function;
        let before = &function.blocks[block as usize].before;
        let is_open = block == 0 || before.iter().any(|b| !self.done[*b as usize]);
        if !is_open && depth < DEEPEST {
            let mut same = None;
            let mut differ = false;
            for from in before {
                let value = self.read_end(*from, place, depth + 1);
                differ |= same.is_some_and(|same| same != value);
                same = Some(value);
            }
            if let (Some(value), false) = (same, differ) {
                return value;
            }
        }
        let phi = self.values.phi(block, place);
        self.met.push((block, place, phi));
        self.resolved.get(&phi).copied().unwrap_or(phi)
    }

    /// Finds out which meetings bring one value only; whether another round would see more.
    pub(super) fn resolve(&mut self) -> bool {
        let mut next = 0;
        while let Some((block, place, phi)) = self.met.get(next).copied() {
            next += 1;
            if self.operands.contains_key(&phi) {
                continue;
            }
            let function = self.function;
            let mut operands = Vec::new();
            if block == 0 {
                operands.push((u32::MAX, self.at_start(place)));
            }
            for from in &function.blocks[block as usize].before {
                operands.push((*from, self.read_end(*from, place, 0)));
            }
            self.operands.insert(phi, operands);
        }
        let found = self.single();
        let settled = found == self.resolved;
        self.resolved = found;
        !settled || self.learnt
    }

    /// The meetings that bring one value, and it.
    fn single(&self) -> FxHashMap<Value, Value> {
        let mut met: Vec<Value> = self.operands.keys().copied().collect();
        met.sort_unstable();
        // Nothing is known of each at first, then one value, then that there are several: itself.
        let mut brings: FxHashMap<Value, Value> = FxHashMap::default();
        for _ in 0..MOST_PASSES {
            let mut changed = false;
            for phi in &met {
                let last = brings.get(phi).copied();
                if last == Some(*phi) {
                    continue;
                }
                let mut one = last;
                for (_, operand) in &self.operands[phi] {
                    let operand = match self.operands.contains_key(operand) {
                        true => brings.get(operand).copied(),
                        false => Some(*operand),
                    };
                    one = match (one, operand) {
                        (one, None) => one,
                        (None, operand) => operand,
                        (Some(one), Some(operand)) if one == operand => Some(one),
                        _ => Some(*phi),
                    };
                }
                if let Some(one) = one.filter(|_| one != last) {
                    brings.insert(*phi, one);
                    changed = true;
                }
            }
            if !changed {
                brings.retain(|phi, value| phi != value);
                return brings;
            }
        }
        // Not settled.
        FxHashMap::default()
    }
}
