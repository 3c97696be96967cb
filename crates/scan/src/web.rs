//! By how much a cursor moves on its ways around a loop.

use std::collections::BTreeSet;

use crate::eval::Evaluated;
use crate::value::{Node, Value};

/// Most ways that are followed.
const MOST_WAYS: usize = 400;

/// How a value that meets itself around a loop changes on the way.
pub(crate) struct Web {
    /// Constants that are added.
    pub(crate) steps: BTreeSet<i64>,
    /// Numbers that are added and are not constant.
    pub(crate) variable: BTreeSet<Value>,
    /// All meetings on the way.
    pub(crate) phis: BTreeSet<Value>,
    /// Whether some ways were not followed, or go around a loop inside.
    pub(crate) is_partial: bool,
}

/// The ways from a meeting back to itself.
pub(crate) fn web(evaluated: &Evaluated, phi: Value) -> Web {
    let mut web = Web {
        steps: BTreeSet::new(),
        variable: BTreeSet::new(),
        phis: BTreeSet::from([phi]),
        is_partial: false,
    };
    let mut seen = BTreeSet::from([(phi, 0)]);
    // Each with its sum and the one it was reached from.
    let mut reached: Vec<(Value, i64, usize)> = vec![(phi, 0, 0)];
    let mut pending = vec![0];
    while let Some(number) = pending.pop() {
        let (at, sum, _) = reached[number];
        if seen.len() > MOST_WAYS {
            web.is_partial = true;
            break;
        }
        let mut operands: Vec<Value> = Vec::new();
        match evaluated.phis.get(&at) {
            Some(found) => operands.extend(found.iter().map(|(_, operand)| *operand)),
            None => {
                if let Node::Either(a, b) = evaluated.values.node(at) {
                    operands.extend([*a, *b]);
                }
            }
        }
        for operand in operands {
            let (terms, more) = evaluated.values.loose_sum(operand);
            let sum = sum.saturating_add(more);
            if let Some((term, _)) = terms
                .iter()
                .find(|(term, times)| *term == phi && *times == 1)
            {
                match terms.len() {
                    1 => {
                        web.steps.insert(sum);
                    }
                    _ => web.add_variable(evaluated, &terms, *term, sum),
                }
                continue;
            }
            let meets = |value: Value| {
                evaluated.phis.contains_key(&value)
                    || matches!(evaluated.values.node(value), Node::Either(..))
            };
            if let [(term, 1)] = terms[..]
                && meets(term)
            {
                if let Some(before) = sum_before(&reached, number, term) {
                    // A loop inside moves it as often as it likes: that is no step of this one.
                    web.is_partial |= before != sum;
                } else if seen.insert((term, sum)) {
                    web.phis.insert(term);
                    pending.push(reached.len());
                    reached.push((term, sum, number));
                }
            }
        }
    }
    web.steps.remove(&0);
    web
}

/// The sum with which a value was passed on the way to a place.
fn sum_before(reached: &[(Value, i64, usize)], from: usize, value: Value) -> Option<i64> {
    let mut at = from;
    loop {
        let (here, sum, before) = reached[at];
        if here == value {
            return Some(sum);
        }
        if at == before {
            return None;
        }
        at = before;
    }
}

impl Web {
    /// Notes what is added beside a constant: one of several constants, or what is not known.
    fn add_variable(
        &mut self,
        evaluated: &Evaluated,
        terms: &[(Value, i64)],
        cursor: Value,
        sum: i64,
    ) {
        let others: Vec<(Value, i64)> = terms.iter().filter(|t| t.0 != cursor).copied().collect();
        if let [(other, times)] = others[..]
            && let Some(constants) = constants(evaluated, other)
        {
            let steps = constants
                .iter()
                .map(|c| sum.wrapping_add(c.wrapping_mul(times)));
            self.steps.extend(steps);
        } else {
            self.variable.extend(others.iter().map(|(other, _)| *other));
        }
    }
}

/// The constants that a value is one of.
pub(crate) fn constants(evaluated: &Evaluated, value: Value) -> Option<Vec<i64>> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        if !seen.insert(value) {
            continue;
        }
        if seen.len() > 64 {
            return None;
        }
        let values = &evaluated.values;
        match (evaluated.phis.get(&value), values.node(value)) {
            (Some(operands), _) => pending.extend(operands.iter().map(|(_, operand)| *operand)),
            (None, Node::Either(a, b)) => pending.extend([*a, *b]),
            (None, Node::Const(number)) => {
                found.insert(*number as i64);
            }
            _ => pending.push(values.widened(value)?),
        }
    }
    Some(found.into_iter().collect())
}
