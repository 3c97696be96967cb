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
    /// How many nodes; those that an operation comes to count once more for it.
    pub(super) size: usize,
    /// The operations that come to such nodes.
    pub(super) operations: BTreeSet<OperationId>,
}

/// How two graphs differ: all in all, and what each operation comes to. So an operation whose own nodes
/// are equal counts for more even if it does not yet share them with others.
pub(super) fn unequal(one: &Written, other: &Written) -> Unequal {
    let mut index = HashMap::new();
    let kinds = [one, other].map(|graph| kinds(graph, &mut index));
    let all = more(kinds[0].iter().copied(), kinds[1].iter().copied());
    let mut size = of(&all);
    let mut known: HashMap<(NodeId, NodeId), bool> = HashMap::new();
    let mut operations = BTreeSet::new();
    let entries = one.entries().iter().zip(other.entries());
    for (id, (&entry, &of_other)) in (0..).map(OperationId).zip(entries) {
        let is_other = *known.entry((entry, of_other)).or_insert_with(|| {
            let here = one.reached(entry).into_iter();
            let here = here.map(|id| kinds[0][id.0 as usize]);
            let there = other.reached(of_other).into_iter();
            let there = there.map(|id| kinds[1][id.0 as usize]);
            let own = more(here, there);
            size += of(&own);
            own.keys().any(|kind| own[kind] != 0 || all[kind] != 0)
        });
        if is_other {
            operations.insert(id);
        }
    }
    Unequal { size, operations }
}

/// How many more nodes of each kind there are in one graph than in another.
fn more(
    one: impl Iterator<Item = usize>,
    other: impl Iterator<Item = usize>,
) -> HashMap<usize, i64> {
    let mut more: HashMap<usize, i64> = HashMap::new();
    one.for_each(|kind| *more.entry(kind).or_default() += 1);
    other.for_each(|kind| *more.entry(kind).or_default() -= 1);
    more
}

/// Of all kinds, in either.
fn of(more: &HashMap<usize, i64>) -> usize {
    more.values().map(|more| more.unsigned_abs() as usize).sum()
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
