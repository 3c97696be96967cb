//! Expressions that go straight from left to right, as matching programs.
//!
//! Published programs show bytes, classes, any byte, and `[^c]+c` as a class and a scan; that an
//! expression without anchor starts with a search for its first byte; and that what ends without
//! `$` accepts whatever follows.

use lapbelt_policy::pattern::regex::Syntax;

use super::class;
use crate::strings::{Instruction, LONGEST_RUN};

/// The program of an expression; `None` if it is not straight.
pub(crate) fn program(syntax: &Syntax) -> Option<Vec<u8>> {
    let mut parts = match syntax {
        Syntax::Sequence(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut straight = Straight::default();
    match parts {
        [Syntax::Start, rest @ ..] => parts = rest,
        _ => straight.anywhere = true,
    }
    let is_ended = matches!(parts, [.., Syntax::End]);
    if is_ended {
        parts = &parts[..parts.len() - 1];
    }
    while let Some((part, rest)) = parts.split_first() {
        let taken = straight.part(part, rest.first())?;
        parts = &rest[taken..];
    }
    straight.flush();
    if is_ended && !straight.anywhere {
        let end = [Instruction::End, Instruction::Require];
        straight.steps.extend(end);
    }
    straight.steps.push(Instruction::Accept);
    let mut code = Vec::new();
    straight.steps.iter().for_each(|step| step.write(&mut code));
    Some(code)
}

#[derive(Default)]
struct Straight {
    steps: Vec<Instruction>,
    run: Vec<u8>,
    /// What comes next may stand anywhere from here on.
    anywhere: bool,
}

impl Straight {
    /// Adds a part of a sequence; says how many of the following it took with it.
    fn part(&mut self, part: &Syntax, next: Option<&Syntax>) -> Option<usize> {
        match part {
            Syntax::Byte(byte) if self.anywhere => {
                self.test(Instruction::SearchFor(*byte));
                self.anywhere = false;
            }
            Syntax::Byte(byte) => self.run.push(*byte),
            Syntax::Repeat {
                inner,
                optional,
                many: true,
            } if **inner == Syntax::Any => {
                if !optional {
                    self.one(inner)?;
                }
                self.flush();
                self.anywhere = true;
            }
            Syntax::Repeat {
                inner,
                optional,
                many: true,
            } => {
                let (Syntax::Class { negated, ranges }, Some(Syntax::Byte(stop))) =
                    (&**inner, next)
                else {
                    return None;
                };
                if self.anywhere
                    || class::set(*negated, ranges).complement().single() != Some(*stop)
                {
                    return None;
                }
                if !optional {
                    self.one(inner)?;
                }
                self.test(Instruction::ScanTo(*stop));
                return Some(1);
            }
            one => self.one(one)?,
        }
        Some(0)
    }

    /// One byte of several that are possible.
    fn one(&mut self, part: &Syntax) -> Option<()> {
        let ranges = match part {
            Syntax::Any => vec![(0, 0xff)],
            Syntax::Class { negated, ranges } => class_ranges(*negated, ranges),
            _ => return None,
        };
        if self.anywhere || ranges.is_empty() || ranges.len() > 128 {
            return None;
        }
        self.test(Instruction::Ranges {
            excluded: false,
            ranges,
        });
        Some(())
    }

    fn test(&mut self, instruction: Instruction) {
        self.flush();
        self.steps.extend([instruction, Instruction::Require]);
    }

    fn flush(&mut self) {
        for run in std::mem::take(&mut self.run).chunks(LONGEST_RUN) {
            self.steps
                .extend([Instruction::Run(run.to_vec()), Instruction::Require]);
        }
    }
}

/// The ranges of a class as a program stores them.
pub(crate) fn class_ranges(negated: bool, ranges: &[(u8, u8)]) -> Vec<(u8, u8)> {
    cut(class::pairs(negated, ranges, true))
}

/// Cuts a pair that goes around the end of the bytes in two: here ranges ascend.
fn cut(pairs: Vec<(u8, u8)>) -> Vec<(u8, u8)> {
    let mut ranges = Vec::new();
    let two = pairs.len() > 1;
    for (low, high) in pairs {
        match low <= high {
            true => ranges.push((low, high)),
            // Between two excluded neighbours lies nothing.
            false if two && u16::from(low) == u16::from(high) + 1 => {}
            false => ranges.extend([(low, 0xff), (0, high)]),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> Option<Vec<u8>> {
        program(&Syntax::parse(source).expect("an expression"))
    }

    #[test]
    fn programs_are_those_that_were_published() {
        assert_eq!(
            of("/[^/]+/SC_Info/").as_deref(),
            Some(&b"\x03/\x0f\x0b\x01\x30\xff\x00\x2e\x0f\x02/\x0f\x47SC_Info/\x0f\x0a"[..])
        );
        assert_eq!(
            of("^/.trashes").as_deref(),
            Some(&b"\x40/\x0f\x0b\x00\x00\xff\x0f\x46trashes\x0f\x0a"[..])
        );
        assert_eq!(of("^/a$").as_deref(), Some(&b"\x41/a\x0f\x00\x0f\x0a"[..]));
        assert_eq!(of("^/a").as_deref(), Some(&b"\x41/a\x0f\x0a"[..]));
    }

    #[test]
    fn what_may_be_read_in_two_ways_is_not_straight() {
        for source in [
            "^(a|b)", "^a?b", "[ab]", "^[a-z]+$", "a$b", "^a^", "x[^/]*$",
        ] {
            assert_eq!(of(source), None, "{source}");
        }
    }
}
