//! What a place holds where paths meet.

use rustc_hash::FxHashMap;

use super::Evaluator;
use super::held::Held;
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
        let key = self.keys.of(place);
        let function = self.function;
        let value = loop {
            if let Some(held) = self.ends.get(at, key) {
                let value = self.value_of(held, place);
                if at == block {
                    return value;
                }
                break value;
            }
            if let Some(held) = self.starts.get(at, key) {
                break self.value_of(held, place);
            }
            match function.blocks[at as usize].before[..] {
                [] if at == 0 => break self.at_start(place),
                [only] if at != 0 && only < at => at = only,
                _ => {
                    let value = self.meet(at, place, depth);
                    self.starts.set(at, key, Held::Value(value));
                    break value;
                }
            }
        };
        self.starts.set(block, key, Held::Value(value));
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
        let is_kept = matches!(place, Place::Reg(reg) if !self.changes.has(block, reg));
        let is_open = block == 0 || !is_kept && before.iter().any(|b| !self.done[*b as usize]);
        if !is_open && depth < DEEPEST {
            let mut same = None;
            let mut differ = false;
            // What comes back brings what came, where nothing changes it on the way.
            for from in before.iter().filter(|from| !is_kept || **from < block) {
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
        let places = met.iter().enumerate();
        let place_of: FxHashMap<Value, u32> = places.map(|(at, phi)| (*phi, at as u32)).collect();
        // What each meeting brings together: meetings by their places, and other values.
        let mut brought: Vec<Brought> = Vec::new();
        let mut ends: Vec<usize> = Vec::with_capacity(met.len());
        for phi in &met {
            for (_, operand) in &self.operands[phi] {
                brought.push(match place_of.get(operand) {
                    Some(place) => Brought::Met(*place),
                    None => Brought::Value(*operand),
                });
            }
            ends.push(brought.len());
        }
        // Nothing is known of each at first, then one value, then that there are several: itself.
        let mut brings: Vec<Option<Value>> = vec![None; met.len()];
        for _ in 0..MOST_PASSES {
            let mut changed = false;
            let mut start = 0;
            for (place, (phi, end)) in met.iter().zip(&ends).enumerate() {
                let operands = &brought[start..*end];
                start = *end;
                let last = brings[place];
                if last == Some(*phi) {
                    continue;
                }
                let mut one = last;
                for operand in operands {
                    let operand = match operand {
                        Brought::Met(place) => brings[*place as usize],
                        Brought::Value(value) => Some(*value),
                    };
                    one = match (one, operand) {
                        (one, None) => one,
                        (None, operand) => operand,
                        (Some(one), Some(operand)) if one == operand => Some(one),
                        _ => Some(*phi),
                    };
                }
                changed |= one != last;
                brings[place] = one;
            }
            if !changed {
                let single = met.into_iter().zip(brings);
                return single
                    .filter_map(|(phi, one)| one.filter(|one| *one != phi).map(|one| (phi, one)))
                    .collect();
            }
        }
        // Not settled.
        FxHashMap::default()
    }
}

/// What a meeting brings on one way.
enum Brought {
    /// What the meeting at this place of a list brings.
    Met(u32),
    Value(Value),
}
