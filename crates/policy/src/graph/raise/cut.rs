//! Where a part of a graph ends: the node that all its paths pass.

use std::collections::{BTreeMap, BTreeSet};

use super::region::{Exits, Region, Way};
use crate::graph::NodeId;
use crate::graph::written::{Edge, Turn, edges};

/// Most questions in a row that are asked in vain, as far as they are looked for.
const VAIN: usize = 8;

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
    /// Whether some leave it by questions that are asked in vain.
    pub(super) is_left: bool,
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
        let mut has_vain = false;
        let found = self.cut_where(from, search, Vain::Leaves, &mut has_vain);
        found.or_else(|| match has_vain {
            true => self.cut_where(from, search, Vain::GoesOn, &mut has_vain),
            false => None,
        })
    }

    /// Notes whether a question was met that is asked in vain.
    fn cut_where(
        &self,
        from: NodeId,
        search: Search,
        vain: Vain,
        has_vain: &mut bool,
    ) -> Option<Cut> {
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
                let is_left = !left.is_empty();
                return closed.map(|next| Cut {
                    before,
                    next,
                    is_left,
                });
            };
            if !before.is_empty() && closed.is_none() {
                let mut others = open.values().flatten();
                let all = others.all(|edge| search.by_led && self.written.led_to(*edge, at));
                // What is asked on both sides of a node, if in vain, is no part before it.
                let comes_to = |vain| self.comes_to(&mut BTreeSet::from([at]), vain, exits);
                if all && !left.iter().any(|vain| comes_to(*vain)) {
                    return Some(Cut {
                        before,
                        next: at,
                        is_left: !left.is_empty(),
                    });
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
            *has_vain |= is_vain;
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
                        *has_vain = true;
                        left.push(to);
                    }
                    Way::Within(to) => open.entry(to).or_default().push(edge),
                }
            }
        }
        None
    }

    /// Whether some nodes lead to another, within a part. They become those that they lead to before it.
    pub(super) fn comes_to(&self, from: &mut BTreeSet<NodeId>, to: NodeId, exits: Exits) -> bool {
        // Successors come before a node.
        while let Some(at) = from.pop_last() {
            if at <= to {
                from.insert(at);
                return at == to;
            }
            let ways = self.ways(at, exits).into_iter().flat_map(|(_, ways)| ways);
            from.extend(ways.filter_map(|(_, way)| way.within()));
        }
        false
    }

    /// Whether a node leads nowhere but out of a part, by not more than some questions.
    fn leaves(&self, at: NodeId, exits: Exits, most: usize) -> bool {
        // Only a compiler leaves such questions.
        let ways = self.written.is_compiled().then(|| self.ways(at, exits));
        let Some((_, ways)) = ways.flatten() else {
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
