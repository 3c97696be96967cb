//! Where nodes that ask about one filter lead if few of its tests hold.
//!
//! A profile of a thousand paths is a chain of a thousand nodes, of which one matters to a path. The
//! ways on from nodes whose tests do not hold are trees: of the nodes whose tests do, the first on the
//! way is found without going it.

use crate::graph::{Canon, NodeId, Step, TestId};

/// A node on the way from those above it to where its tree ends.
#[derive(Clone, Copy)]
struct Place {
    /// The node where the way ends: it asks about another filter, or decides.
    end: NodeId,
    /// Nodes whose way leads through it have places between these.
    first: u32,
    behind: u32,
}

pub(super) struct Unmatched {
    /// By node: none of those that end a way.
    places: Vec<Option<Place>>,
}

impl Unmatched {
    /// Of the nodes in `among`, successors before a node, which ask a test that `is_one` of the filter.
    pub(super) fn new(canon: &Canon, among: &[NodeId], is_one: impl Fn(TestId) -> bool) -> Self {
        let next = |id: NodeId| match canon.step(id) {
            Step::Test {
                test, unmatched, ..
            } if is_one(test) => Some(unmatched),
            _ => None,
        };
        let mut sizes = vec![1_u32; canon.len()];
        for &id in among.iter().rev() {
            if let Some(next) = next(id) {
                sizes[next.0 as usize] += sizes[id.0 as usize];
            }
        }
        let mut places = vec![None; canon.len()];
        // By node: where the next of those begins whose way leads through it.
        let mut free = vec![0; canon.len()];
        for &id in among {
            let Some(next) = next(id) else {
                continue;
            };
            let first = free[next.0 as usize];
            let behind = first + sizes[id.0 as usize];
            free[next.0 as usize] = behind;
            free[id.0 as usize] = first + 1;
            let end = places[next.0 as usize].map_or(next, |place: Place| place.end);
            places[id.0 as usize] = Some(Place { end, first, behind });
        }
        Self { places }
    }

    /// Where the way from a node ends, and the first node on it, or itself, that is one of `others`.
    pub(super) fn on_the_way(
        &self,
        from: NodeId,
        others: &[NodeId],
    ) -> Option<(NodeId, Option<NodeId>)> {
        let place = self.places[from.0 as usize]?;
        let is_on_it = |other: &&NodeId| {
            self.places[other.0 as usize].is_some_and(|other| {
                other.end == place.end && (other.first..other.behind).contains(&place.first)
            })
        };
        // Successors come before a node.
        Some((place.end, others.iter().filter(is_on_it).max().copied()))
    }
}
