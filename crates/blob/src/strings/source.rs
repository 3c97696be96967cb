//! Matching programs that go straight to the expression that they were compiled from, with the
//! ranges of its classes as they were written.
//!
//! What is read off is compiled again, and counts only if that gives the same program.

use lapbelt_policy::pattern::regex::Syntax;

use super::{Instruction, Program};
use crate::byte_set::ByteSet;
use crate::encode;

impl Program {
    /// The source of the program, if it tests more than text and its end, without branches.
    pub(super) fn source(&self) -> Option<Vec<u8>> {
        let mut parts = Vec::new();
        let is_anchored = !matches!(self.steps[0].instruction, Instruction::SearchFor(_));
        let mut steps = self.steps.iter().map(|step| &step.instruction);
        let mut is_plain = true;
        loop {
            let test = steps.next()?;
            is_plain &= matches!(
                test,
                Instruction::Run(_) | Instruction::End | Instruction::Accept
            );
            match test {
                Instruction::Run(run) => parts.extend(run.iter().map(|byte| Syntax::Byte(*byte))),
                Instruction::Ranges {
                    excluded: false,
                    ranges,
                } => parts.push(one_of(ranges)),
                Instruction::ScanTo(stop) => {
                    let over = Syntax::Class {
                        negated: true,
                        ranges: vec![(*stop, *stop)],
                    };
                    repeat(over, &mut parts);
                    parts.push(Syntax::Byte(*stop));
                }
                Instruction::SearchFor(byte) => {
                    if is_anchored || !parts.is_empty() {
                        repeat(Syntax::Any, &mut parts);
                    }
                    parts.push(Syntax::Byte(*byte));
                }
                Instruction::End => parts.push(Syntax::End),
                Instruction::Accept => break,
                _ => return None,
            }
            if *steps.next()? != Instruction::Require {
                return None;
            }
        }
        if is_plain {
            return None;
        }
        if is_anchored {
            parts.insert(0, Syntax::Start);
        }
        let source = Syntax::Sequence(parts);
        (Self::read(&encode::straight_program(&source)?).as_ref() == Ok(self))
            .then(|| source.text())
    }
}

/// None or more of something, or one or more if it stands there already.
fn repeat(inner: Syntax, parts: &mut Vec<Syntax>) {
    let optional = parts.pop_if(|last| *last == inner).is_none();
    parts.push(Syntax::Repeat {
        inner: Box::new(inner),
        optional,
        many: true,
    });
}

/// A class of stored ranges; as those that it leaves out, if that stores the same.
fn one_of(ranges: &[(u8, u8)]) -> Syntax {
    let set = ByteSet::from_ranges(ranges);
    let left_out = set.complement().ranges();
    if left_out.is_empty() {
        return Syntax::Any;
    }
    let negated = set.contains(0xff) && encode::class_ranges(true, &left_out) == ranges;
    let ranges = match negated {
        true => left_out,
        false => ranges.to_vec(),
    };
    Syntax::Class { negated, ranges }
}
