//! Loads and stores, in the function's frame and elsewhere.

use super::{Access, Evaluator, Kind};
use crate::code::{Op, low};
use crate::image::Pointer;
use crate::value::{Node, Place, Value};

/// Most places of memory whose changes are followed.
const MOST_WRITTEN: usize = 256;
/// How much of its frame a function is taken to give to one that it passes an address in it.
const LENT: i64 = 16;

/// Sizes of slots that can be known; each is a bit of its own.
const SIZES: [u8; 4] = [1, 2, 4, 8];

fn is_known(size: u8) -> bool {
    SIZES.contains(&size)
}

impl Evaluator<'_, '_> {
    /// The place in the frame that an address is.
    pub(super) fn frame_offset(&self, address: Value) -> Option<i64> {
        let is_stack = |value: Value| {
            *self.values.node(value) == Node::Initial(Place::Reg(self.processor.stack()))
        };
        match self.values.node(address) {
            Node::Sum(terms, constant) => match terms[..] {
                [(base, 1)] if is_stack(base) => Some(*constant),
                _ => None,
            },
            _ => is_stack(address).then_some(0),
        }
    }

    pub(super) fn load(&mut self, address: Value, size: u8) -> Value {
        if let Some(offset) = self.frame_offset(address) {
            return self.load_slot(offset, size);
        }
        self.address_used(address);
        let value = self.current(address, size);
        self.note_access(address, size, value);
        value
    }

    fn note_access(&mut self, address: Value, size: u8, value: Value) {
        self.facts.accesses.push(Access {
            address,
            size,
            value,
            at: self.here,
        });
    }

    /// What memory holds now, without noting that it was read.
    pub(super) fn current(&mut self, address: Value, size: u8) -> Value {
        if let Some(offset) = self.frame_offset(address) {
            return self.load_slot(offset, size);
        }
        if size == 8
            && let Some(at) = self.values.as_const(address)
        {
            match self.image.constant_pointer(at) {
                Some(Pointer::To(target)) => return self.values.constant(target),
                Some(Pointer::Elsewhere) => {
                    let value = self.values.load(address, size, 0);
                    self.imports.insert(value);
                    return value;
                }
                None => {}
            }
        }
        match self.written.contains(&(address, size)) {
            true => self.read(Place::Memory(address, size)),
            false => self.values.load(address, size, 0),
        }
    }

    /// Parts of words that an address is computed of are used.
    fn address_used(&mut self, address: Value) {
        let (terms, _) = self.values.sum(address);
        for (term, _) in terms {
            if self.values.part(term).is_some_and(|(word, _)| word != term) {
                self.used(term, Kind::Used);
            }
        }
    }

    fn note_slot(&mut self, offset: i64, size: u8) {
        if !is_known(size) {
            return;
        }
        let sizes = self.slots.entry(offset).or_default();
        if *sizes & size == 0 {
            *sizes |= size;
            // Stores of other sizes that were passed before did not know of it.
            self.learnt |= *sizes != size || self.overlaps(offset, size);
        }
    }

    fn overlaps(&self, offset: i64, size: u8) -> bool {
        let from = offset.saturating_sub(8);
        let to = offset.saturating_add(i64::from(size));
        let mut slots = self.slots.range(from..to);
        slots.any(|(at, sizes)| *at != offset && at.saturating_add(largest(*sizes)) > offset)
    }

    fn load_slot(&mut self, offset: i64, size: u8) -> Value {
        self.note_slot(offset, size);
        self.read(Place::Stack(offset, size))
    }

    pub(super) fn store(&mut self, address: Value, value: Value, size: u8) {
        if let Some(offset) = self.frame_offset(address) {
            return self.store_slot(offset, value, size);
        }
        self.used(value, Kind::Stored(address));
        self.address_used(address);
        self.facts.stores.push((address, size, value));
        self.put(address, value, size);
    }

    /// Memory holds something else now.
    pub(super) fn put(&mut self, address: Value, value: Value, size: u8) {
        if let Some(offset) = self.frame_offset(address) {
            return self.store_slot(offset, value, size);
        }
        let key = (address, size);
        if !self.written.contains(&key) {
            if self.written.len() >= MOST_WRITTEN {
                return;
            }
            self.written.insert(key);
            self.learnt |= self.function.has_loops;
        }
        self.write(Place::Memory(address, size), value);
    }

    fn store_slot(&mut self, offset: i64, value: Value, size: u8) {
        self.note_slot(offset, size);
        let from = offset.saturating_sub(8);
        let end = offset.saturating_add(i64::from(size));
        let near: Vec<(i64, u8)> = self.slots.range(from..end).map(|(o, s)| (*o, *s)).collect();
        for (at, sizes) in near {
            for other in SIZES.into_iter().filter(|other| sizes & other != 0) {
                let other_end = at.saturating_add(i64::from(other));
                if other_end <= offset || (at, other) == (offset, size) {
                    continue;
                }
                let part = match at >= offset && other_end <= end && size <= 8 {
                    true => self.bytes_of(value, (at - offset) as u8, other),
                    false => self.fresh(low(u32::from(other) * 8)),
                };
                self.write(Place::Stack(at, other), part);
            }
        }
        if is_known(size) {
            self.write(Place::Stack(offset, size), value);
        }
    }

    /// Some bytes of a value that was copied: of what was loaded, those bytes of memory.
    fn bytes_of(&mut self, value: Value, from: u8, size: u8) -> Value {
        if let Node::Load {
            address,
            size: whole,
            call,
        } = *self.values.node(value)
            && from + size <= whole
        {
            let offset = self.values.constant(from.into());
            let address = self.values.pure(Op::Add, address, offset);
            let value = self.values.load(address, size, call);
            self.note_access(address, size, value);
            return value;
        }
        let by = self.values.constant(u64::from(from) * 8);
        let moved = self.values.pure(Op::Shr, value, by);
        let mask = self.values.constant(low(u32::from(size) * 8));
        self.values.pure(Op::And, moved, mask)
    }

    /// An address in the frame was passed to code of which nothing is known.
    pub(super) fn lend(&mut self, offset: i64) {
        let end = offset.saturating_add(LENT);
        let near: Vec<(i64, u8)> = self
            .slots
            .range(offset..end)
            .map(|(o, s)| (*o, *s))
            .collect();
        for (at, sizes) in near {
            for size in SIZES.into_iter().filter(|size| sizes & size != 0) {
                let value = self.fresh(low(u32::from(size) * 8));
                self.write(Place::Stack(at, size), value);
            }
        }
    }

    /// Memory that is written here may hold anything that it held, once other code has run.
    pub(super) fn forget_memory(&mut self) {
        self.ends.forget_memory(self.block);
    }
}

fn largest(sizes: u8) -> i64 {
    match sizes {
        0 => 0,
        sizes => 1 << (7 - sizes.leading_zeros()),
    }
}
