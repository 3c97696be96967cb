//! Automaton to expression, by taking states away one by one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::automaton::{Automaton, Label};
use super::expression::Expression;

/// Most parts all expressions together may have on the way.
const LIMIT: usize = 200_000;

/// Longest that an expression may be, with what is shared counted as often as it is written.
const LONGEST: u32 = 20_000;

/// Deepest that an expression may nest.
const DEEPEST: u32 = 400;

/// The expression would be too long or too deep to be of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("as text it would have more than {LONGEST} parts, or nest deeper than {DEEPEST}")]
pub struct TooLong;

/// States with expressions on their edges. The last two are where all begins and ends.
struct Graph {
    out: Vec<BTreeMap<usize, Expression>>,
    back: Vec<BTreeSet<usize>>,
    size: usize,
}

impl Graph {
    fn add(&mut self, from: usize, to: usize, expression: &Expression) -> Result<(), TooLong> {
        if matches!(expression, Expression::Never) {
            return Ok(());
        }
        let sum = match self.out[from].get(&to) {
            Some(old) => old.or(expression),
            None => expression.clone(),
        };
        self.size += size(&sum);
        if self.size > LIMIT || sum.length() > LONGEST || sum.depth() > DEEPEST {
            return Err(TooLong);
        }
        self.out[from].insert(to, sum);
        self.back[to].insert(from);
        Ok(())
    }

    /// Takes a state away, and leads its neighbours past it.
    fn remove(&mut self, state: usize) -> Result<(), TooLong> {
        let out = std::mem::take(&mut self.out[state]);
        let back = std::mem::take(&mut self.back[state]);
        let again = out
            .get(&state)
            .map_or_else(Expression::empty, Expression::star);
        for &from in back.iter().filter(|from| **from != state) {
            let Some(there) = self.out[from].remove(&state) else {
                continue;
            };
            let there = there.then(&again);
            for (&to, onward) in out.iter().filter(|(to, _)| **to != state) {
                self.add(from, to, &there.then(onward))?;
            }
        }
        for &to in out.keys() {
            self.back[to].remove(&state);
        }
        Ok(())
    }
}

/// Parts of an expression that are its own, shared ones counted once a use.
fn size(expression: &Expression) -> usize {
    match expression {
        Expression::Sequence(parts) | Expression::Any(parts) => 1 + parts.len(),
        _ => 1,
    }
}

/// An expression of the same language: the texts on a way from state 0 to one that accepts.
///
/// # Errors
/// If it would be too long.
pub(crate) fn expression(automaton: &Automaton) -> Result<Expression, TooLong> {
    let count = automaton.edges.len();
    let (first, last) = (count, count + 1);
    let mut graph = Graph {
        out: vec![BTreeMap::new(); count + 2],
        back: vec![BTreeSet::new(); count + 2],
        size: 0,
    };
    if count > 0 {
        graph.add(first, 0, &Expression::empty())?;
    }
    for (from, edges) in automaton.edges.iter().enumerate() {
        for (label, to) in edges {
            let expression = match label {
                Label::Free => Expression::empty(),
                Label::Byte(set) if set.is_empty() => Expression::Never,
                Label::Byte(set) => Expression::Byte(*set),
                Label::Start => Expression::Start,
                Label::End => Expression::End,
            };
            graph.add(from, *to as usize, &expression)?;
        }
        if automaton.accepts[from] {
            graph.add(from, last, &Expression::empty())?;
        }
    }
    graph.size = 0;
    // States with few ways through them go first. A weight that has grown since it was noted is
    // noted again; one that has shrunk only means another order.
    let weight = |graph: &Graph, state: usize| graph.out[state].len() * graph.back[state].len();
    let mut left: BinaryHeap<Reverse<(usize, usize)>> = (0..count)
        .map(|state| Reverse((weight(&graph, state), state)))
        .collect();
    while let Some(Reverse((noted, state))) = left.pop() {
        let now = weight(&graph, state);
        if now > noted {
            left.push(Reverse((now, state)));
        } else {
            graph.remove(state)?;
        }
    }
    Ok(graph.out[first].remove(&last).unwrap_or(Expression::Never))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::byte_set::ByteSet;

    /// Each state leads to each by a byte of its own: as text four times as long with each state,
    /// though its parts are shared.
    #[test]
    fn what_is_shared_is_counted_as_often_as_it_is_written() {
        for states in 1..12 {
            let mut automaton = Automaton::default();
            for state in 0..states {
                automaton.add(state == 0);
            }
            for from in 0..states {
                for to in 0..states {
                    let byte = ByteSet::of(0x21 + (from * states + to) as u8 % 0x5e);
                    automaton.edges[from].push((Label::Byte(byte), to as u32));
                }
            }
            match expression(&automaton) {
                Ok(made) => {
                    assert!(made.length() <= LONGEST && states < 8);
                    let text = made.text();
                    assert!(text.len() <= 6 * LONGEST as usize);
                }
                Err(TooLong) => assert!(states > 4, "{states} states"),
            }
        }
    }
}
