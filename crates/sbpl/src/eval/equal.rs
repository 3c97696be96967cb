//! `eqv?` and `equal?`.

use super::heap::Heap;
use super::limits::NESTING;
use super::value::Value;

impl Heap {
    /// `eqv?`: the same number, character, symbol or object.
    pub(super) fn is_eqv(&self, a: Value, b: Value) -> bool {
        match (a, b) {
            (Value::String(a), Value::String(b)) => {
                a == b || { self.bytes(a).is_empty() && self.bytes(b).is_empty() }
            }
            _ => a == b,
        }
    }

    /// `equal?`: the same shape and parts. Data nested deeper than the limit are not equal.
    pub(super) fn is_equal(&self, a: Value, b: Value) -> bool {
        let mut budget = self.pairs.len() + 64;
        let equal = self.equal_parts(a, b, 0, &mut budget);
        self.spend(self.pairs.len() + 64 - budget);
        equal
    }

    fn equal_parts(&self, a: Value, b: Value, depth: usize, budget: &mut usize) -> bool {
        let (mut a, mut b) = (a, b);
        loop {
            if depth > NESTING || *budget == 0 {
                return false;
            }
            *budget -= 1;
            match (a, b) {
                (Value::Pair(x), Value::Pair(y)) => {
                    if !self.equal_parts(self.car(x), self.car(y), depth + 1, budget) {
                        return false;
                    }
                    (a, b) = (self.cdr(x), self.cdr(y));
                }
                (Value::String(x), Value::String(y)) => {
                    let (x, y) = (self.bytes(x), self.bytes(y));
                    self.spend(x.len().min(y.len()) / 64);
                    return x == y;
                }
                (Value::Vector(x), Value::Vector(y)) => {
                    let (x, y) = (&self.vectors[x.0 as usize], &self.vectors[y.0 as usize]);
                    return x.len() == y.len()
                        && x.iter()
                            .zip(y)
                            .all(|(x, y)| self.equal_parts(*x, *y, depth + 1, budget));
                }
                _ => return self.is_eqv(a, b),
            }
        }
    }
}
