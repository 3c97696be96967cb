//! Where a part of a graph ends: the node that all its paths pass.

use std::collections::{BTreeMap, BTreeSet};

use super::region::{Exits, Region, Way};
use crate::graph::NodeId;
use crate::graph::written::{Edge, Turn, edges};

/// Most questions in a row that are asked in vain, as far as they are looked for.
const VAIN: usize = 4;

/// What is looked for: the first node that all paths pass which do not end in `exit`.
#[derive(Clone, Copy)]
pub(super) struct Search {
    pub(super) exit: NodeId,
    /// Nothing behind it is looked at.
    pub(super) end: Option<NodeId>,
    /// How many nodes lie before it at most.
    pub(super) most: usize,
    /// Whether a node will do that paths passed before edges were shortened.
    pub(super) by_led: bool,
}

/// A part of a graph that is left for one node, or decided.
pub(super) struct Cut {
    pub(super) before: Vec<NodeId>,
    pub(super) next: NodeId,
}

/// Where a question leads whose answers lead to the exit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vain {
    /// There.
    Leaves,
    /// On, by one answer: the compiler saw later that what comes then leaves as well.
    GoesOn,
}

impl Region<'_> {
    /// The node that is looked for, from a node on, with what lies before it.
    pub(super) fn cut(&self, from: NodeId, search: Search) -> Option<Cut> {
        let found = self.cut_where(from, search, Vain::Leaves);
        found.or_else(|| self.cut_where(from, search, Vain::GoesOn))
    }

    fn cut_where(&self, from: NodeId, search: Search, vain: Vain) -> Option<Cut> {
        // Successors come before a node: the greatest node that is open is on no path from another.
        let exits = Exits {
            yes: search.exit,
            no: search.end.unwrap_or(search.exit),
        };
        let mut open: BTreeMap<NodeId, Vec<Edge>> = BTreeMap::from([(from, Vec::new())]);
        let mut closed: Option<NodeId> = None;
        let mut before = Vec::new();
        let mut left = Vec::new();
        while before.len() < search.most {
            let Some((at, _)) = open.pop_last() else {
                return closed.map(|next| Cut { before, next });
            };
            if !before.is_empty() && closed.is_none() {
                let mut others = open.values().flatten();
                let all = others.all(|edge| search.by_led && self.written.led_to(*edge, at));
                // What is asked on both sides of a node, if in vain, is no part before it.
                if all && !left.iter().any(|vain| self.is_behind(at, *vain, exits)) {
                    return Some(Cut { before, next: at });
                }
            }
            let Turn::Ask {
                question,
                matched,
                unmatched,
            } = self.written.turn(at)
            else {
                // All else must come to it as well.
                if closed.is_some_and(|end| end != at) {
                    return None;
                }
                closed = Some(at);
                continue;
            };
            before.push(at);
            let is_vain = matched == unmatched && matched == exits.yes && exits.yes != exits.no;
            if is_vain && vain == Vain::GoesOn {
                closed = Some(exits.no);
                continue;
            }
            for edge in edges(question, matched, unmatched) {
                match self.way(edge, exits) {
                    Way::Yes => {}
                    Way::No if closed.is_some_and(|other| other != exits.no) => return None,
                    Way::No => closed = Some(exits.no),
                    Way::Within(to) if vain == Vain::Leaves && self.leaves(to, exits, VAIN) => {
                        left.push(to);
                    }
                    Way::Within(to) => open.entry(to).or_default().push(edge),
                }
            }
        }
        None
    }

    /// Whether a path within a part leads from one node to another.
    fn is_behind(&self, from: NodeId, other: NodeId, exits: Exits) -> bool {
        let mut open = BTreeSet::from([from]);
        // Successors come before a node.
        while let Some(at) = open.pop_last().filter(|at| *at >= other) {
            let ways = self.ways(at, exits).into_iter().flat_map(|(_, ways)| ways);
            open.extend(ways.filter_map(|(_, way)| match way {
                Way::Within(to) => Some(to),
                Way::Yes | Way::No => None,
            }));
            if at == other {
                return true;
            }
        }
        false
    }

    /// Whether a node leads nowhere but out of a part, by not more than some questions.
    fn leaves(&self, at: NodeId, exits: Exits, most: usize) -> bool {
        let Some((_, ways)) = self.ways(at, exits) else {
            return false;
        };
        most > 0
            && ways.iter().all(|(_, way)| match way {
                Way::Yes => true,
                Way::No => false,
                Way::Within(to) => self.leaves(*to, exits, most - 1),
            })
    }
}
