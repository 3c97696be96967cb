//! Parts of a filter whose boundary the compiler hid.
//!
//! It shortens edges that lead to a node which asks the same again. Where such a node begins a part,
//! paths go by it, and the part seems to be none.

use std::collections::{BTreeMap, BTreeSet};

use super::region::{Budget, Exits, Region, Way};
use crate::filter::Filter;
use crate::graph::NodeId;
use crate::graph::written::{Edge, QuestionId};

/// Most nodes among which one is looked for that shortened edges hide.
const HIDDEN: usize = 100;

/// How many of them are tried.
const NEAREST: usize = 8;

/// Nodes that shortened edges may hide in a region.
pub(super) struct Hidden {
    pub(super) nodes: Vec<NodeId>,
    /// Whether all nodes of the region were looked at.
    is_short: bool,
}

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
        hidden: &Hidden,
    ) -> Option<Vec<Filter>> {
        if !hidden.is_short {
            return None;
        }
        let nodes = &hidden.nodes;
        let plain = nodes.iter().map(|next| (*next, None));
        let mut ways = plain.chain(nodes.iter().map(|next| (*next, Some(*next))));
        ways.find_map(|(next, led)| {
            let mut tried = budget.tried()?;
            let mut in_two = || {
                let region = Region { led, ..*self };
                let mut parts = vec![region.filter(from, exits(exit, next), &mut tried)?];
                let rest = match self.parts(next, exit, end, &mut tried, exits)? {
                    Some(rest) => rest,
                    None => vec![self.filter(next, exits(exit, end), &mut tried)?],
                };
                parts.extend(rest);
                Some(parts)
            };
            let made: Option<Vec<Filter>> = in_two();
            budget.count(&tried);
            if tried.unlike > budget.unlike {
                return None;
            }
            made.inspect(|_| *budget = tried)
        })
    }

    /// As [`Self::hidden_parts`], the first part of a long region and the node behind it: the nearest
    /// with which nothing has to be asked twice.
    pub(super) fn hidden_part(
        &self,
        from: NodeId,
        exit: NodeId,
        budget: &mut Budget,
        exits: fn(NodeId, NodeId) -> Exits,
        hidden: &Hidden,
    ) -> Option<(Filter, NodeId)> {
        hidden.nodes.iter().find_map(|&next| {
            let mut tried = budget.tried()?;
            let first = self.filter(from, exits(exit, next), &mut tried);
            budget.count(&tried);
            let first = first?;
            if tried.unlike > budget.unlike {
                return None;
            }
            *budget = tried;
            Some((first, next))
        })
    }

    /// As [`Self::cut`], the nearest nodes that would do if the compiler shortened so many edges that
    /// a path which comes to `end` passed one.
    pub(super) fn hidden(&self, from: NodeId, exit: NodeId, end: NodeId) -> Hidden {
        let exits = Exits { yes: exit, no: end };
        let (near, is_short) = self.near(from, exits);
        let mut asked: BTreeMap<QuestionId, usize> = BTreeMap::new();
        for (_, question) in &near {
            *asked.entry(*question).or_default() += 1;
        }
        let mut nodes = Vec::new();
        let mut crossing = Crossing::default();
        for (at, question) in near {
            crossing.open.remove(&at);
            let is_twice = at != from && asked[&question] > 1;
            if is_twice && self.is_passed(at, &crossing, exits) {
                nodes.push(at);
                if nodes.len() == NEAREST {
                    break;
                }
            }
            for (edge, way) in self.ways(at, exits).into_iter().flat_map(|(_, ways)| ways) {
                crossing.add(edge, way, exits);
            }
        }
        Hidden { nodes, is_short }
    }

    /// The nodes from one on, nearest first, with what they ask, and whether these are all.
    fn near(&self, from: NodeId, exits: Exits) -> (Vec<(NodeId, QuestionId)>, bool) {
        let mut near = Vec::new();
        let mut open = BTreeSet::from([from]);
        // Successors come before a node.
        while let Some(at) = open.pop_last() {
            let Some((question, ways)) = self.ways(at, exits) else {
                continue;
            };
            if near.len() == HIDDEN {
                return (near, false);
            }
            near.push((at, question));
            open.extend(ways.into_iter().filter_map(|(_, way)| way.within()));
        }
        (near, true)
    }

    /// Whether all paths that cross a node and do not leave for `yes`, as some do, pass it, or passed
    /// it before edges were shortened. Nothing of them lies behind it.
    fn is_passed(&self, by: NodeId, crossing: &Crossing, exits: Exits) -> bool {
        let led = |edge: &Edge| self.written.led_to(*edge, by);
        if !crossing.ended.iter().all(led) {
            return false;
        }
        let others = crossing.open.iter();
        let others = others.filter(|(_, edges)| !edges.iter().all(led));
        let mut open: BTreeSet<NodeId> = others.map(|(to, _)| *to).collect();
        let mut behind = BTreeSet::from([by]);
        let mut is_left = crossing.is_left;
        let mut seen = 0;
        // Successors come before a node.
        while let Some(at) = open.pop_last() {
            let Some((_, ways)) = self.ways(at, exits) else {
                return false;
            };
            seen += 1;
            if seen > HIDDEN || self.comes_to(&mut behind, at, exits) {
                return false;
            }
            for (edge, way) in ways {
                is_left |= matches!(way, Way::Yes);
                match way {
                    _ if edge.to == exits.yes || led(&edge) => {}
                    Way::Yes => {}
                    Way::No => return false,
                    Way::Within(to) => _ = open.insert(to),
                }
            }
        }
        is_left
    }
}

/// The edges from the nodes before one to those that come after it.
#[derive(Default)]
struct Crossing {
    open: BTreeMap<NodeId, Vec<Edge>>,
    /// Those that leave for `no`.
    ended: Vec<Edge>,
    /// Whether some leave for `yes`.
    is_left: bool,
}

impl Crossing {
    fn add(&mut self, edge: Edge, way: Way, exits: Exits) {
        self.is_left |= matches!(way, Way::Yes);
        match way {
            _ if edge.to == exits.yes => {}
            Way::Yes => {}
            Way::No => self.ended.push(edge),
            Way::Within(to) => self.open.entry(to).or_default().push(edge),
        }
    }
}
