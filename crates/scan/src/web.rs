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
    /// Whether some ways were not followed.
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
    let mut pending = vec![(phi, 0_i64)];
    while let Some((at, sum)) = pending.pop() {
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
                && seen.insert((term, sum))
            {
                web.phis.insert(term);
                pending.push((term, sum));
            }
        }
    }
    web.steps.remove(&0);
    web
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
