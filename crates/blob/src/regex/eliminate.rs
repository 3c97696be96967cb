//! Automaton to expression, by taking states away one by one.

use std::collections::BTreeMap;

use super::automaton::{Automaton, Label};
use super::expression::Expression;

/// Most parts all expressions together may have on the way.
const LIMIT: usize = 200_000;

/// The expression would be too long to be of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("as a regular expression it would have more than {LIMIT} parts")]
pub struct TooLong;

/// States with expressions on their edges. The last two are where all begins and ends.
struct Graph {
    out: Vec<BTreeMap<usize, Expression>>,
    back: Vec<BTreeMap<usize, ()>>,
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
        if self.size > LIMIT {
            return Err(TooLong);
        }
        self.out[from].insert(to, sum);
        self.back[to].insert(from, ());
        Ok(())
    }

    /// Takes a state away, and leads its neighbours past it.
    fn remove(&mut self, state: usize) -> Result<(), TooLong> {
        let out = std::mem::take(&mut self.out[state]);
        let back = std::mem::take(&mut self.back[state]);
        let again = out
            .get(&state)
            .map_or_else(Expression::empty, Expression::star);
        for &from in back.keys().filter(|from| **from != state) {
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
        back: vec![BTreeMap::new(); count + 2],
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
    let mut left: Vec<usize> = (0..count).collect();
    graph.size = 0;
    while let Some((index, _)) = left
        .iter()
        .enumerate()
        .min_by_key(|(_, state)| graph.out[**state].len() * graph.back[**state].len())
    {
        let state = left.swap_remove(index);
        graph.remove(state)?;
    }
    Ok(graph.out[first].remove(&last).unwrap_or(Expression::Never))
}
