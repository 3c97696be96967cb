//! How the nodes of two graphs of one world differ, whatever their numbers.

use std::collections::{BTreeSet, HashMap};

use crate::filter::Test;
use crate::graph::written::{Turn, Written};
use crate::graph::{NodeId, Outcome};
use crate::world::OperationId;

/// What asks the same and leads to the same.
#[derive(PartialEq, Eq, Hash)]
enum Kind<'w> {
    Decide(&'w Outcome),
    Ask {
        tests: &'w [Test],
        matched: usize,
        unmatched: usize,
    },
}

/// What is in one graph and not in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unequal {
    /// How many nodes, and entries that lead to others.
    pub(super) size: usize,
    /// The operations that come to such a node in either.
    pub(super) operations: BTreeSet<OperationId>,
}

/// How two graphs differ.
pub(super) fn unequal(one: &Written, other: &Written) -> Unequal {
    let mut index = HashMap::new();
    let kinds = [one, other].map(|graph| kinds(graph, &mut index));
    let mut more: Vec<i64> = vec![0; index.len()];
    kinds[0].iter().for_each(|kind| more[*kind] += 1);
    kinds[1].iter().for_each(|kind| more[*kind] -= 1);
    let mut size: u64 = more.iter().map(|more| more.unsigned_abs()).sum();
    let mut operations = BTreeSet::new();
    let touched = [one, other].into_iter().zip(&kinds).map(|(graph, kinds)| {
        let mut touched: Vec<bool> = Vec::with_capacity(kinds.len());
        for (turn, kind) in graph.turns().iter().zip(kinds) {
            let is_behind = match turn {
                Turn::Ask {
                    matched, unmatched, ..
                } => [matched, unmatched]
                    .iter()
                    .any(|next| touched[next.0 as usize]),
                Turn::Decide(_) => false,
            };
            touched.push(is_behind || more[*kind] != 0);
        }
        touched
    });
    let touched: Vec<Vec<bool>> = touched.collect();
    let entries = one.entries().iter().zip(other.entries());
    for (id, (entry, of_other)) in (0..).map(OperationId).zip(entries) {
        let at = |node: &NodeId| node.0 as usize;
        let is_other = kinds[0][at(entry)] != kinds[1][at(of_other)];
        size += u64::from(is_other);
        if is_other || touched[0][at(entry)] || touched[1][at(of_other)] {
            operations.insert(id);
        }
    }
    Unequal {
        size: size as usize,
        operations,
    }
}

/// The kind of each node, by its number.
fn kinds<'w>(graph: &'w Written, index: &mut HashMap<Kind<'w>, usize>) -> Vec<usize> {
    let mut kinds: Vec<usize> = Vec::with_capacity(graph.turns().len());
    // Successors come before a node.
    for turn in graph.turns() {
        let kind = match turn {
            Turn::Decide(outcome) => Kind::Decide(graph.outcome(*outcome)),
            Turn::Ask {
                question,
                matched,
                unmatched,
            } => Kind::Ask {
                tests: graph.tests(*question),
                matched: kinds[matched.0 as usize],
                unmatched: kinds[unmatched.0 as usize],
            },
        };
        let new = index.len();
        kinds.push(*index.entry(kind).or_insert(new));
    }
    kinds
}
