//! What tells a loop that reads text from one that interprets byte code: both choose by a byte and
//! move on, but one asks for characters and reads no numbers.

use crate::eval::Evaluated;
use crate::value::{Node, Value};
use crate::web::Web;

/// Whether a byte is a character of text, or its end.
pub(crate) fn is_of_text(byte: i64) -> bool {
    matches!(byte, 0 | 9..=13 | 0x20..=0x7e)
}

/// Whether numbers of more than a byte are read at a cursor, or it moves by a number that is read
/// there.
pub(crate) fn reads_numbers(evaluated: &Evaluated, web: &Web) -> bool {
    let values = &evaluated.values;
    let is_at_cursor = |address: Value| {
        let (terms, _) = values.loose_sum(address);
        let mut terms = terms.iter();
        terms.any(|(term, times)| *times == 1 && web.phis.contains(term))
    };
    let is_read = |value: Value| match values.node(value) {
        Node::Load { address, .. } => is_at_cursor(*address),
        _ => false,
    };
    let accesses = evaluated.facts.accesses.iter();
    let mut wide = accesses.filter(|access| access.size > 1);
    wide.any(|access| is_at_cursor(access.address))
        || web.variable.iter().any(|by| is_read(*by))
        || values.all().any(|value| match values.node(value) {
            Node::Pair(a, b) => is_read(*a) && is_read(*b),
            // A byte above another.
            Node::Sum(terms, _) => {
                let is_upper = |times: i64| matches!(times, 0x100 | 0x1_0000 | 0x100_0000);
                let mut terms = terms.iter();
                terms.any(|(term, times)| is_upper(*times) && is_read(*term))
            }
            _ => false,
        })
}
