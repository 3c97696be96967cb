//! Version 3 to the expression that it was compiled from, by the shape of the code.
//!
//! Compiled code keeps its source's structure: alternatives part at splits and join where all their
//! ways meet, repetitions lead back. What is read off is compiled again, and counts only if that
//! gives the same code; so it need not be sought for foreign shapes, which go the long way.

mod flow;

use lapbelt_policy::pattern::regex::Syntax;

use crate::encode;
use flow::{Flow, Op};

/// How deep what is read may nest.
const DEEPEST: usize = 100;

/// The source of some code, without its version and length; `None` if it is not seen from the code.
pub(super) fn source(code: &[u8]) -> Option<Vec<u8>> {
    let flow = Flow::of(code)?;
    let mut reading = Reading {
        flow: &flow,
        steps: 16 * code.len(),
    };
    let syntax = reading.read(flow.start(), flow.accept(), &[], 0)?;
    let text = syntax.text();
    let again = encode::regex_code(&Syntax::parse(&text).ok()?);
    (again == code).then_some(text)
}

struct Reading<'f> {
    flow: &'f Flow,
    /// How many more nodes may be looked at.
    steps: usize,
}

impl Reading<'_> {
    /// What stands on the ways from one node to another. `open` are the splits at the end of
    /// repetitions that are being read.
    fn read(&mut self, from: usize, to: usize, open: &[usize], depth: usize) -> Option<Syntax> {
        let mut parts = Vec::new();
        let mut at = from;
        // A repetition of a repetition may start where it is itself repeated.
        let mut open = open.to_vec();
        while at != to {
            self.steps = self.steps.checked_sub(1)?;
            if depth == DEEPEST {
                return None;
            }
            if let Some((split, next)) = self.flow.repeated_from(at, &open) {
                open.push(split);
                let inner = self.read(at, split, &open, depth + 1)?;
                parts.push(repeat(inner, false, true));
                at = next;
                continue;
            }
            let part;
            (part, at) = match self.flow.op(at) {
                Op::Pass(syntax, next) => (syntax.clone(), *next),
                Op::Split(one, other) if self.flow.is_repeated(at) => {
                    let inner = self.read(*one, at, &open, depth + 1)?;
                    (repeat(inner, true, true), *other)
                }
                Op::Split(one, other) => {
                    let join = self.flow.join(at)?;
                    let first = self.read(*one, join, &open, depth + 1)?;
                    if *other == join {
                        (repeat(first, true, false), join)
                    } else {
                        let mut branches = vec![first];
                        let mut rest = *other;
                        // However many there are, they nest no deeper.
                        while let Some((one, next)) = self.branch(rest, join, &open) {
                            self.steps = self.steps.checked_sub(1)?;
                            branches.push(self.read(one, join, &open, depth + 1)?);
                            rest = next;
                        }
                        branches.push(self.read(rest, join, &open, depth + 1)?);
                        (Syntax::Alternation(branches), join)
                    }
                }
                Op::Accept => return None,
            };
            parts.push(part);
        }
        Some(match parts.len() {
            1 => parts.remove(0),
            _ => Syntax::Sequence(parts),
        })
    }
}

impl Reading<'_> {
    /// The ways on from a node, if it is but one where more alternatives part that join at another.
    fn branch(&self, at: usize, join: usize, open: &[usize]) -> Option<(usize, usize)> {
        match self.flow.op(at) {
            Op::Split(one, other) if *other != join => {
                let parts = !self.flow.is_repeated(at)
                    && self.flow.repeated_from(at, open).is_none()
                    && self.flow.join(at) == Some(join);
                parts.then_some((*one, *other))
            }
            _ => None,
        }
    }
}

fn repeat(inner: Syntax, optional: bool, many: bool) -> Syntax {
    Syntax::Repeat {
        inner: Box::new(inner),
        optional,
        many,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_come_back_as_they_were_written() {
        for text in [
            "^/a/b/c*",
            "^gdt-[0-9A-Za-z]+-(c|s)$",
            "^/x/(lmanage|quick(look)?|q[abc]+)(32)?\\.app$",
            "(a|b*|c+)+d",
            "((a*)+b)*",
            "(a+)+x?",
            "[^./]+\\.(txt|(rtf)?d|)$",
            "^/(tmp/|lib(rary/|/))x",
            "ab|cd|ef",
            "^((tmp|lib)|doc)/",
            "^(|ab)*",
            "(|a|b)*c",
            "((|a)b*)*",
            "(x(|ab)*)+",
        ] {
            let syntax = Syntax::parse(text).expect("an expression");
            let code = encode::regex_code(&syntax);
            let found = source(&code).expect("a source");
            let again = Syntax::parse(&found).expect("an expression");
            assert_eq!(
                encode::regex_code(&again),
                code,
                "{text} became {}",
                found.escape_ascii()
            );
            if !text.contains("|)") && !text.contains("(a*)") {
                assert_eq!(found, text.as_bytes());
            }
        }
    }

    #[test]
    fn many_alternatives_come_back_as_they_were_written() {
        let names: Vec<String> = (0..3_000).map(|number| format!("f{number}")).collect();
        let text = format!("^/({})$", names.join("|"));
        let code = encode::regex_code(&Syntax::parse(&text).expect("an expression"));
        assert_eq!(source(&code), Some(text.into_bytes()));
    }

    #[test]
    fn what_no_source_has_is_left_to_others() {
        // Twice the same split, and a jump into the middle of a repetition.
        assert_eq!(source(b"\x2f\x00\x00\x15\x00"), None);
        assert_eq!(source(b"\x0a\x00\x00"), None);
        assert_eq!(
            source(b"\x2f\x07\x00\x02a\x2f\x05\x00\x02b\x0a\x03\x00\x15\x00"),
            None
        );
        assert_eq!(source(b""), None);
    }
}
