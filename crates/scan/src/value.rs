//! Numbers that a function computes, each made once: equal expressions are one value.
//!
//! Sums are kept as sums of products with constants, so that an address says its base, index and
//! stride however it was computed. Of each value it is known which bits of which others it is made
//! of, so that a part of a word is told from the word put together again.

mod make;

use rustc_hash::FxHashMap;

use crate::code::{Op, Reg, low};

/// A number of a function's [`Values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Value(pub(crate) u32);

/// Where a function keeps a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Reg(Reg),
    /// Bytes of its frame, from where the stack pointer was at its start.
    Stack(i64, u8),
    /// Bytes at an address.
    Memory(Value, u8),
}

/// How a value is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Const(u64),
    /// What a place holds where the function starts.
    Initial(Place),
    /// Bytes of memory, whenever they are read. What a called function read has the call's number.
    Load {
        address: Value,
        size: u8,
        call: u32,
    },
    /// Two loads of one byte, the lower and the higher, as one number of 16 bits.
    Pair(Value, Value),
    /// A number of 16 bits with its bytes swapped.
    Swapped(Value),
    /// What a call leaves in the result register.
    Result(u32),
    /// Anything.
    Unknown(u32, u32),
    /// What a place holds where paths meet.
    Phi(u32, Place),
    /// Products with constants, in the order of values, and a constant.
    Sum(Box<[(Value, i64)]>, i64),
    Pure(Op, Value, Value),
    Either(Value, Value),
}

/// Bits of a value that are bits of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) at: u8,
    pub(crate) len: u8,
    pub(crate) of: Value,
    pub(crate) from: u8,
    /// All are the one bit `from`.
    pub(crate) repeats: bool,
}

impl Piece {
    /// Bits of the value that it covers.
    pub(crate) fn mask(&self) -> u64 {
        low(self.len.into()) << self.at
    }

    /// Bits of the other value that are in it.
    pub(crate) fn source(&self) -> u64 {
        match self.repeats {
            true => 1 << self.from,
            false => low(self.len.into()) << self.from,
        }
    }
}

/// Pieces in their order. Nearly all values are of one.
#[derive(Clone, Debug)]
pub(crate) enum Pieces {
    One(Piece),
    Several(Vec<Piece>),
}

impl Default for Pieces {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl From<Vec<Piece>> for Pieces {
    fn from(pieces: Vec<Piece>) -> Self {
        match pieces[..] {
            [one] => Self::One(one),
            _ => Self::Several(pieces),
        }
    }
}

impl std::ops::Deref for Pieces {
    type Target = [Piece];

    fn deref(&self) -> &[Piece] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(pieces) => pieces,
        }
    }
}

/// Most pieces that a value is told to be made of; one of more is made of itself.
const MOST_PIECES: usize = 6;
/// Most terms of a sum.
const MOST_TERMS: usize = 6;

/// What is known of a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Bits that may be set.
    pub(crate) ones: u64,
    /// Of what it is made; all its other bits are constant.
    pub(crate) pieces: Pieces,
}

/// The values of one function.
#[derive(Default)]
pub(crate) struct Values {
    nodes: Vec<Node>,
    known: Vec<Known>,
    /// Instruction that made each first.
    places: Vec<u64>,
    index: FxHashMap<Node, Value>,
    /// What was computed of two values before: functions are gone through several times.
    computed: FxHashMap<(Op, Value, Value), Value>,
    /// Instruction that is looked at.
    pub(crate) here: u64,
}

impl Values {
    pub(crate) fn node(&self, value: Value) -> &Node {
        &self.nodes[value.0 as usize]
    }

    pub(crate) fn known(&self, value: Value) -> &Known {
        &self.known[value.0 as usize]
    }

    /// All values, in the order in which they were made.
    pub(crate) fn all(&self) -> impl Iterator<Item = Value> {
        (0..self.nodes.len()).map(|number| Value(number as u32))
    }

    /// Address of the instruction that made a value first.
    pub(crate) fn made_at(&self, value: Value) -> u64 {
        self.places[value.0 as usize]
    }

    pub(crate) fn as_const(&self, value: Value) -> Option<u64> {
        match self.node(value) {
            Node::Const(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether a value is made of nothing but itself.
    pub(crate) fn is_atom(&self, value: Value) -> bool {
        matches!(self.known(value).pieces[..], [piece] if piece.of == value)
    }

    /// The terms and the constant of a value as a sum.
    pub(crate) fn sum(&self, value: Value) -> (Vec<(Value, i64)>, i64) {
        match self.node(value) {
            Node::Const(number) => (Vec::new(), *number as i64),
            Node::Sum(terms, constant) => (terms.to_vec(), *constant),
            _ => (vec![(value, 1)], 0),
        }
    }

    /// A value as a sum, as if no sum of fewer bits overflowed: how a program means its indices.
    pub(crate) fn loose_sum(&self, value: Value) -> (Vec<(Value, i64)>, i64) {
        let (mut terms, mut constant) = (Vec::new(), 0_i64);
        self.loosen(value, 1, 0, &mut terms, &mut constant);
        terms.sort_unstable();
        let mut merged: Vec<(Value, i64)> = Vec::new();
        for (term, times) in terms {
            match merged.last_mut() {
                Some((last, sum)) if *last == term => *sum = sum.wrapping_add(times),
                _ => merged.push((term, times)),
            }
        }
        merged.retain(|(_, times)| *times != 0);
        (merged, constant)
    }

    fn loosen(
        &self,
        value: Value,
        times: i64,
        depth: u32,
        terms: &mut Vec<(Value, i64)>,
        constant: &mut i64,
    ) {
        let inner = self.widened(value).unwrap_or(value);
        match self.node(inner) {
            Node::Sum(inside, more) if depth < 6 && terms.len() < 16 => {
                // Of a sum cut to 32 bits a large constant is a negative one.
                let more = match inner == value {
                    true => *more,
                    false => i64::from(*more as i32),
                };
                *constant = constant.wrapping_add(more.wrapping_mul(times));
                for (term, by) in inside.iter() {
                    self.loosen(*term, times.wrapping_mul(*by), depth + 1, terms, constant);
                }
            }
            Node::Const(number) => {
                *constant = constant.wrapping_add((*number as i64).wrapping_mul(times));
            }
            _ => terms.push((inner, times)),
        }
    }

    /// What a value is an extension of, from 32 bits.
    pub(crate) fn widened(&self, value: Value) -> Option<Value> {
        match self.node(value) {
            Node::Pure(Op::And, inner, mask)
                if self.as_const(*mask) == Some(u64::from(u32::MAX)) =>
            {
                Some(*inner)
            }
            Node::Pure(Op::Sext, inner, bits) if self.as_const(*bits) == Some(32) => {
                Some(self.widened(*inner).unwrap_or(*inner))
            }
            _ => None,
        }
    }

    /// The word whose bits a value shows, and which of them; `None` if it shows more than one word,
    /// or none.
    pub(crate) fn part(&self, value: Value) -> Option<(Value, u64)> {
        let pieces = &self.known(value).pieces;
        let of = pieces.first()?.of;
        let mut mask = 0;
        for piece in pieces.iter() {
            if piece.of != of {
                return None;
            }
            mask |= piece.source();
        }
        Some((of, mask))
    }
}
