//! Calls: what is known of the function that is called, applied to the arguments.

use super::{Access, Computed, Evaluator, Kind, Use};
use crate::code::{Op, low};
use crate::summary::{Expr, Summary};
use crate::value::{Node, Place, Value};

impl Evaluator<'_, '_> {
    /// A call; one that takes the function's place, if it is the last thing done.
    pub(super) fn call(&mut self, target: Value, is_tail: bool) {
        let address = self.values.as_const(target);
        if let Some(address) = address {
            self.facts.called.push(address);
        } else if !is_tail {
            self.facts.computed.push(Computed {
                target,
                at: self.here,
                is_call: true,
            });
        }
        let summaries = self.summaries;
        let summary = address.and_then(|address| summaries.get(&address));
        let number = self.instruction + 1;
        let result = match summary {
            Some(summary) => self.apply(summary, address.unwrap_or_default(), number),
            None => self.call_unknown(address, number),
        };
        let changes = summary.map_or(u64::MAX, |summary| summary.changes);
        for reg in self.processor.changed_by_call() {
            if changes >> reg & 1 == 0 {
                continue;
            }
            self.forget(*reg);
        }
        if changes >> self.processor.result() & 1 == 1 {
            self.write(Place::Reg(self.processor.result()), result);
        }
    }

    fn argument(&mut self, reg: u8) -> Value {
        self.read(Place::Reg(reg))
    }

    fn call_unknown(&mut self, address: Option<u64>, number: u32) -> Value {
        self.facts.calls_unknown = true;
        for reg in self.processor.arguments() {
            let value = self.argument(*reg);
            if let Some(offset) = self.frame_offset(value) {
                self.lend(offset);
            }
            if self
                .values
                .part(value)
                .is_some_and(|(word, _)| word != value)
            {
                self.used(value, Kind::Passed(address.unwrap_or(self.here)));
            }
        }
        self.forget_memory();
        self.values.result(number)
    }

    fn apply(&mut self, summary: &Summary, target: u64, number: u32) -> Value {
        let result = self.expression(&summary.result, number);
        let result = self.without_leftovers(result);
        let mut puts = Vec::new();
        for effect in &summary.effects {
            let base = self.argument(effect.register);
            let offset = self.values.constant(effect.offset as u64);
            let place = self.values.pure(Op::Add, base, offset);
            let value = self.expression(&effect.value, number);
            puts.push((place, value, effect.size));
        }
        for read in &summary.reads {
            let base = self.argument(read.register);
            if self.frame_offset(base).is_some() {
                continue;
            }
            let offset = self.values.constant(read.offset as u64);
            let address = self.values.pure(Op::Add, base, offset);
            let value = self.values.load(address, read.size, number);
            self.facts.accesses.push(Access {
                address,
                size: read.size,
                value,
                at: read.at,
            });
        }
        for one in &summary.uses {
            let base = self.argument(one.register);
            let kind = match one.kind {
                Kind::Used | Kind::Returned => Kind::Passed(target),
                kind => kind,
            };
            match one.field {
                Some((offset, size)) => {
                    let offset = self.values.constant(offset as u64);
                    let address = self.values.pure(Op::Add, base, offset);
                    let word = match self.frame_offset(address) {
                        Some(_) => self.current(address, size),
                        None => self.values.load(address, size, 0),
                    };
                    self.part_used(word, one.mask, kind, one.at);
                }
                None => self.part_used(base, one.mask, kind, one.at),
            }
        }
        if summary.writes_unknown {
            self.facts.calls_unknown = true;
            for reg in self.processor.arguments() {
                let value = self.argument(*reg);
                if let Some(offset) = self.frame_offset(value) {
                    self.lend(offset);
                }
            }
            self.forget_memory();
        }
        for (place, value, size) in puts {
            let mask = self.values.constant(low(u32::from(size) * 8));
            let value = match size {
                8.. => value,
                _ => self.values.pure(Op::And, value, mask),
            };
            if self.frame_offset(place).is_none() {
                self.facts.stores.push((place, size, value));
            }
            self.put(place, value, size);
        }
        result
    }

    /// Notes a use of the bits of a value that a mask leaves.
    fn part_used(&mut self, value: Value, mask: u64, kind: Kind, at: u64) {
        let mask = self.values.constant(mask);
        let part = self.values.pure(Op::And, value, mask);
        if let Some((word, mask)) = self.values.part(part) {
            self.facts.uses.push(Use {
                word,
                mask,
                kind,
                at,
            });
        }
    }

    /// The value of an expression with the arguments of this call. Numbers of one or two bytes that
    /// are read by two calls are two, wherever they are read.
    fn expression(&mut self, expression: &Expr, call: u32) -> Value {
        match expression {
            Expr::Const(number) => self.values.constant(*number),
            Expr::Argument(reg) => self.argument(*reg),
            Expr::Load(address, size, at) => {
                let address = self.expression(address, call);
                if *size > 2 || self.frame_offset(address).is_some() {
                    return self.current(address, *size);
                }
                let here = std::mem::replace(&mut self.values.here, *at);
                let value = self.values.load(address, *size, call);
                self.values.here = here;
                self.facts.accesses.push(Access {
                    address,
                    size: *size,
                    value,
                    at: *at,
                });
                value
            }
            Expr::Pair(both) => {
                let (a, b) = (
                    self.expression(&both.0, call),
                    self.expression(&both.1, call),
                );
                let by = self.values.constant(256);
                let upper = self.values.pure(Op::Mul, b, by);
                self.values.pure(Op::Add, a, upper)
            }
            Expr::Swapped(inner) => {
                let inner = self.expression(inner, call);
                self.swapped(inner)
            }
            Expr::Sum(terms, constant) => {
                let mut sum = self.values.constant(*constant as u64);
                for (term, times) in terms {
                    let term = self.expression(term, call);
                    let times = self.values.constant(*times as u64);
                    let product = self.values.pure(Op::Mul, term, times);
                    sum = self.values.pure(Op::Add, sum, product);
                }
                sum
            }
            Expr::Pure(op, both) => {
                let (a, b) = (
                    self.expression(&both.0, call),
                    self.expression(&both.1, call),
                );
                self.values.pure(*op, a, b)
            }
            Expr::Anything(ones) => {
                let value = self.values.result(call);
                let mask = self.values.constant(*ones);
                self.values.pure(Op::And, value, mask)
            }
        }
    }

    /// A result of 8 or 16 bits without what the register held above them: bits of a wider number
    /// that are where they were.
    fn without_leftovers(&mut self, result: Value) -> Value {
        let pieces = &self.values.known(result).pieces;
        let kept = pieces.iter().find(|piece| {
            let is_wide = self.values.known(piece.of).ones > 0xffff;
            matches!(piece.at, 8 | 16) && piece.from == piece.at && is_wide
        });
        let Some(at) = kept.map(|kept| kept.at) else {
            return result;
        };
        if pieces.iter().any(|piece| piece.at > at) {
            return result;
        }
        let mask = self.values.constant(low(at.into()));
        self.values.pure(Op::And, result, mask)
    }

    fn swapped(&mut self, value: Value) -> Value {
        if !matches!(self.values.node(value), Node::Load { .. } | Node::Pair(..)) {
            return self.fresh(0xffff);
        }
        let eight = self.values.constant(8);
        let upper = self.values.pure(Op::Shr, value, eight);
        let lower = self.values.pure(Op::Shl, value, eight);
        let both = self.values.pure(Op::Or, upper, lower);
        let mask = self.values.constant(0xffff);
        self.values.pure(Op::And, both, mask)
    }
}
