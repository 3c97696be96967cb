//! What places hold in each block of a function.

use rustc_hash::FxHashMap;

use crate::code::{Reg, SCRATCH};
use crate::value::{Place, Value};

/// What a place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Value(Value),
    /// Anything, since this instruction: nearly always nobody asks.
    Anything(u32),
    /// What is in memory, whoever wrote it.
    Stored,
}

/// A place of a function, by a number where it is no register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Reg(Reg),
    Stack(u32),
    Memory(u32),
}

/// Numbers of the places of a function that are no registers.
#[derive(Default)]
pub(super) struct Keys {
    numbers: FxHashMap<Place, u32>,
}

impl Keys {
    pub(super) fn of(&mut self, place: Place) -> Key {
        if let Place::Reg(reg) = place {
            return Key::Reg(reg);
        }
        let next = self.numbers.len() as u32;
        let number = *self.numbers.entry(place).or_insert(next);
        match place {
            Place::Memory(..) => Key::Memory(number),
            _ => Key::Stack(number),
        }
    }
}

/// What places hold at one point of each block: registers in a table, for they are most of what is
/// asked.
#[derive(Default)]
pub(super) struct States {
    registers: Vec<Option<Held>>,
    others: FxHashMap<u64, (Value, u32)>,
    /// How much of the table of others each block has.
    counts: Vec<u32>,
    /// How often other memory may have been changed by code of which nothing is known.
    forgotten: Vec<u32>,
}

/// Registers that pass from one instruction to another.
const REGISTERS: usize = SCRATCH as usize;

fn both(block: u32, number: u32) -> u64 {
    u64::from(block) << 32 | u64::from(number)
}

impl States {
    /// Holds nothing, of so many blocks.
    pub(super) fn clear(&mut self, blocks: usize) {
        self.registers.clear();
        self.registers.resize(blocks * REGISTERS, None);
        self.others.clear();
        for list in [&mut self.counts, &mut self.forgotten] {
            list.clear();
            list.resize(blocks, 0);
        }
    }

    pub(super) fn get(&self, block: u32, key: Key) -> Option<Held> {
        let at = block as usize;
        let number = match key {
            Key::Reg(reg) => return self.registers[at * REGISTERS + usize::from(reg)],
            Key::Stack(number) | Key::Memory(number) => number,
        };
        let held = match self.counts[at] {
            0 => None,
            _ => self.others.get(&both(block, number)),
        };
        match (key, held) {
            (Key::Stack(_), held) => held.map(|(value, _)| Held::Value(*value)),
            (_, Some((value, when))) if *when == self.forgotten[at] => Some(Held::Value(*value)),
            _ => (self.forgotten[at] > 0).then_some(Held::Stored),
        }
    }

    pub(super) fn set(&mut self, block: u32, key: Key, held: Held) {
        let at = block as usize;
        match (key, held) {
            (Key::Reg(reg), held) => {
                self.registers[at * REGISTERS + usize::from(reg)] = Some(held);
            }
            (Key::Stack(number) | Key::Memory(number), Held::Value(value)) => {
                let held = (value, self.forgotten[at]);
                self.others.insert(both(block, number), held);
                self.counts[at] += 1;
            }
            // Only registers are forgotten one by one, and memory at once.
            (_, Held::Anything(_) | Held::Stored) => {}
        }
    }

    /// Memory that was written in a block may hold anything.
    pub(super) fn forget_memory(&mut self, block: u32) {
        self.forgotten[block as usize] += 1;
    }
}
