//! Parts of a filter whose boundary the compiler hid.
//!
//! It shortens edges that lead to a node which asks the same again. Where such a node begins a part,
//! paths go by it, and the part seems to be none.

use std::collections::BTreeSet;

use super::region::{Budget, Exits, Region, Way};
use crate::filter::Filter;
use crate::graph::NodeId;
use crate::graph::written::QuestionId;

/// Most nodes among which one is looked for that shortened edges hide.
const HIDDEN: usize = 100;

impl Region<'_> {
    /// As [`Self::parts`], where shortened edges hide the node between the first two: that one is
    /// taken with which no filter has to be asked twice.
    pub(super) fn hidden_parts(
        &self,
        from: NodeId,
        exit: NodeId,
        end: NodeId,
        budget: &mut Budget,
        exits: fn(NodeId, NodeId) -> Exits,
    ) -> Option<Vec<Filter>> {
        let nodes = self.hidden(from, exit, end);
        let plain = nodes.iter().map(|next| (*next, None));
        let mut ways = plain.chain(nodes.iter().map(|next| (*next, Some(*next))));
        ways.find_map(|(next, led)| {
            budget.tries = budget.tries.checked_sub(1)?;
            let mut tried = Budget { ..*budget };
            let mut in_two = || {
                let region = Region { led, ..*self };
                let within = exits(exit, next);
                let first = region.filter(from, within, &mut tried)?;
                let again = self.asked_again(from, next, within);
                let rest = match self.parts(next, exit, end, &mut tried, exits)? {
                    Some(rest) => rest,
                    None => vec![self.filter(next, exits(exit, end), &mut tried)?],
                };
                Some(std::iter::once(first).chain(again).chain(rest).collect())
            };
            let made: Option<Vec<Filter>> = in_two();
            budget.tries = tried.tries;
            if (tried.lost, tried.guards) > (budget.lost, budget.guards) {
                return None;
            }
            made.inspect(|_| *budget = tried)
        })
    }

    /// As [`Self::cut`], all nodes that would do if the compiler shortened so many edges that a path
    /// which comes to `end` passed one.
    pub(super) fn hidden(&self, from: NodeId, exit: NodeId, end: NodeId) -> Vec<NodeId> {
        let exits = Exits { yes: exit, no: end };
        let region = self.reached(from, exits).unwrap_or_default();
        let is_twice = |(at, question): &(NodeId, QuestionId)| {
            let mut others = region.iter();
            *at != from && others.any(|other| other.0 != *at && other.1 == *question)
        };
        let twice = region.iter().filter(|one| is_twice(one)).map(|(at, _)| *at);
        twice
            .filter(|at| self.is_passed(*at, from, exits))
            .collect()
    }

    /// The nodes from one on, with what they ask, if they are few.
    fn reached(&self, from: NodeId, exits: Exits) -> Option<Vec<(NodeId, QuestionId)>> {
        let mut reached = Vec::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            let is_known = reached.iter().any(|(other, _)| *other == at);
            if is_known {
                continue;
            }
            let Some((question, ways)) = self.ways(at, exits) else {
                continue;
            };
            if reached.len() == HIDDEN {
                return None;
            }
            reached.push((at, question));
            open.extend(ways.into_iter().filter_map(|(_, way)| match way {
                Way::Within(to) => Some(to),
                Way::Yes | Way::No => None,
            }));
        }
        Some(reached)
    }

    /// Whether all paths from a node that do not leave for `yes`, as some do, pass `by`, or passed it
    /// before edges were shortened. Nothing of them lies behind it.
    fn is_passed(&self, by: NodeId, from: NodeId, exits: Exits) -> bool {
        let Some(behind) = self.reached(by, exits) else {
            return false;
        };
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        let mut is_left = false;
        while let Some(at) = open.pop() {
            let Some((_, ways)) = self.ways(at, exits) else {
                return false;
            };
            if behind.iter().any(|(other, _)| *other == at) {
                return false;
            }
            for (edge, way) in ways {
                is_left |= matches!(way, Way::Yes);
                match way {
                    _ if edge.to == exits.yes || self.written.led_to(edge, by) => {}
                    Way::Yes => {}
                    Way::No => return false,
                    Way::Within(to) if seen.insert(to) => open.push(to),
                    Way::Within(_) => {}
                }
            }
        }
        is_left
    }
}
