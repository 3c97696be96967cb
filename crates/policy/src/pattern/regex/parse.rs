//! Expressions to the form that automata are built from.

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, Look, Repetition};

use super::RegexError;
use super::syntax::Syntax;

/// Parses an expression.
pub(super) fn parse(source: &str) -> Result<Hir, RegexError> {
    Syntax::parse(source).map(|syntax| convert(&syntax))
}

fn convert(syntax: &Syntax) -> Hir {
    match syntax {
        Syntax::Sequence(parts) => Hir::concat(parts.iter().map(convert).collect()),
        Syntax::Alternation(parts) => Hir::alternation(parts.iter().map(convert).collect()),
        Syntax::Repeat {
            inner,
            optional,
            many,
        } => Hir::repetition(Repetition {
            min: u32::from(!optional),
            max: if *many { None } else { Some(1) },
            greedy: true,
            sub: Box::new(convert(inner)),
        }),
        Syntax::Byte(byte) => Hir::literal([*byte]),
        Syntax::Any => class(false, &[(0, 0xff)]),
        Syntax::Class { negated, ranges } => class(*negated, ranges),
        Syntax::Start => Hir::look(Look::Start),
        Syntax::End => Hir::look(Look::End),
    }
}

fn class(negated: bool, ranges: &[(u8, u8)]) -> Hir {
    let ranges = ranges
        .iter()
        .map(|(low, high)| ClassBytesRange::new(*low, *high));
    let mut class = ClassBytes::new(ranges);
    if negated {
        class.negate();
    }
    Hir::class(Class::Bytes(class))
}
