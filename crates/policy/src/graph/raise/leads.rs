//! What nodes may have led to before the compiler shortened their edges.
//!
//! An edge to a node that asks the same again is shortened to the answer. So an edge led where it
//! leads, or to any node that asks the same and has it lead there.

use std::collections::HashMap;

use crate::graph::NodeId;
use crate::graph::written::{Edge, QuestionId, Turn, Written, edges};

/// Most nodes of a graph that is looked at.
pub(super) const MOST_NODES: usize = 65_536;

/// Most others that an edge of a node is taken to may have led to: the nearest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nearest {
    /// Of those that it leads to some other way.
    behind: usize,
    /// Of those that it does not.
    beside: usize,
}

/// How many are looked at where nodes are settled: more only where that does not do, for most of
/// them are in vain.
pub(super) const NEAREST: [Nearest; 2] = [
    Nearest {
        behind: 32,
        beside: 20,
    },
    Nearest {
        behind: 96,
        beside: 64,
    },
];

/// What a node led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Lead {
    /// To one node if its question matched, and to another if not.
    Apart(NodeId, NodeId),
    /// By both answers to one node, in the end: there was another that no request came to. It may be
    /// any.
    Vain(NodeId, Option<NodeId>),
    /// To one node if its question matched, and if not to what came to nothing in front of the other.
    Hidden(NodeId, NodeId),
}

/// What each node of a graph may have led to.
#[derive(Clone, Debug)]
pub(super) struct Leads {
    of: Vec<Vec<Lead>>,
    turns: Vec<Turn>,
    /// Nodes that ask the same and lead to the same, of which each led elsewhere, if only to something
    /// else that came to nothing.
    alike: HashMap<Turn, Vec<NodeId>>,
    /// From which number on nodes are told from each other.
    told: usize,
}

impl Leads {
    /// All that is possible; `None` if more than `most` ways had to be looked at, or there are too many
    /// nodes.
    pub(super) fn of(written: &Written, nearest: Nearest, most: usize) -> Option<Self> {
        if written.turns().len() > MOST_NODES {
            return None;
        }
        let nodes = || (0..).map(NodeId).zip(written.turns());
        let mut by_edge: HashMap<(QuestionId, bool, NodeId), Vec<NodeId>> = HashMap::new();
        let mut by_turn: HashMap<Turn, Vec<NodeId>> = HashMap::new();
        for (at, turn) in nodes() {
            for edge in asked(*turn).into_iter().flatten() {
                let key = (edge.question, edge.answer, edge.to);
                by_edge.entry(key).or_default().push(at);
            }
            by_turn.entry(*turn).or_default().push(at);
        }
        let reached = Reached::of(written);
        let left_out = written.left_out();
        let mut left = most;
        let of = nodes().map(|(at, turn)| {
            let ways = |edge: Edge| -> Vec<NodeId> {
                let alike = &by_edge[&(edge.question, edge.answer, edge.to)];
                let left_out = left_out.get(&edge.to).into_iter().flatten();
                let left_out = left_out.filter(|node| **node != at && !alike.contains(node));
                std::iter::once(edge.to)
                    .chain(reached.others(alike, at, nearest))
                    .chain(left_out.copied())
                    .collect()
            };
            let both = asked(*turn).map(|both| both.map(|edge| (edge, ways(edge))));
            let looked = both
                .as_ref()
                .map_or(0, |[yes, no]| yes.1.len() * no.1.len());
            left = left.checked_sub(looked)?;
            Some(match both {
                None => Vec::new(),
                // One answer at least led to what was left out, or the node were, too.
                Some([(yes, to_yes), (no, to_no)])
                    if yes.to == no.to && written.is_original(at) =>
                {
                    vain(&[to_yes, to_no]).collect()
                }
                Some(both) => pairs(both.map(|(_, ways)| ways)),
            })
        });
        let of = of.collect::<Option<_>>()?;
        let turns = written.turns().to_vec();
        let mut leads = Self {
            of,
            turns,
            alike: by_turn,
            told: written.told(),
        };
        let pinned = written.pinned().iter().filter_map(|node| {
            let [yes, no] = asked(written.turn(*node))?;
            Some((*node, Lead::Apart(yes.to, no.to)))
        });
        for (node, lead) in pinned.clone() {
            leads.take(node, lead);
        }
        // Those that are equal are told from each other by other rules as well.
        for (node, lead) in pinned {
            leads.of[node.0 as usize] = vec![lead];
        }
        Some(leads)
    }

    /// Whether some nodes may have led in several ways, or to what was left out.
    pub(super) fn are_doubtful(&self) -> bool {
        let mut all = self.of.iter();
        let is_left_out = |turn: &Turn| {
            let mut edges = asked(*turn).into_iter().flatten();
            edges.any(|edge| self.asks(edge.to, edge.question))
        };
        all.any(|leads| !matches!(leads.as_slice(), [] | [Lead::Apart(..)]))
            || self.turns.iter().any(is_left_out)
    }

    /// Whether a node asks something.
    fn asks(&self, node: NodeId, question: QuestionId) -> bool {
        let asked = asked(self.turns[node.0 as usize]);
        asked.is_some_and(|[edge, _]| edge.question == question)
    }

    pub(super) fn at(&self, node: NodeId) -> &[Lead] {
        &self.of[node.0 as usize]
    }

    /// Takes into account that a node that asks what the system added led to what came to nothing if it
    /// leads to what asks the same again.
    pub(super) fn look_in_front(&mut self, node: NodeId) {
        if let Some([yes, no]) = asked(self.turns[node.0 as usize])
            && self.asks(no.to, no.question)
        {
            let of = &mut self.of[node.0 as usize];
            of.retain(|lead| !matches!(lead, Lead::Apart(_, to) if *to == no.to));
            of.push(Lead::Hidden(yes.to, no.to));
        }
    }

    /// How many nodes that ask the same and lead to the same come before a node, and more where some
    /// are told by other rules.
    pub(super) fn alike_before(&self, node: NodeId) -> usize {
        let alike = &self.alike[&self.turns[node.0 as usize]];
        let before = alike.iter().filter(|other| **other < node).count();
        before + self.told
    }

    /// Takes a node to have led so, and those like it not, but to what came to nothing there; false if
    /// that cannot be.
    pub(super) fn take(&mut self, node: NodeId, lead: Lead) -> bool {
        let open = match lead {
            Lead::Apart(..) | Lead::Hidden(..) => lead,
            Lead::Vain(to, _) => Lead::Vain(to, None),
        };
        let mut leads = self.at(node).iter();
        if !leads.any(|one| *one == lead || *one == open) {
            return false;
        }
        self.of[node.0 as usize] = vec![lead];
        let turn = self.turns[node.0 as usize];
        let Some([yes, no]) = asked(turn) else {
            return true;
        };
        // What came to nothing was another for each.
        let is_another = match lead {
            Lead::Apart(..) => false,
            Lead::Hidden(..) => true,
            Lead::Vain(to, _) => match self.asks(to, yes.question) {
                true => yes.to == to || no.to == to,
                false => yes.to == no.to,
            },
        };
        if is_another {
            return true;
        }
        let stands = Lead::Apart(yes.to, no.to);
        for other in self.alike[&turn].clone() {
            let mut of = std::mem::take(&mut self.of[other.0 as usize]);
            if other != node {
                let hidden = (lead == stands).then_some(Lead::Hidden(yes.to, no.to));
                let hidden = hidden.filter(|_| of.contains(&stands));
                of.retain(|one| !self.are_equal(yes.question, lead, *one));
                of.extend(hidden);
            }
            self.of[other.0 as usize] = of;
        }
        true
    }

    /// Whether two nodes that ask the same would be one if one led so, and the other may have so.
    fn are_equal(&self, question: QuestionId, lead: Lead, other: Lead) -> bool {
        let leads_on = |at: NodeId, to: Lead| self.asks(at, question) && self.at(at).contains(&to);
        match (lead, other) {
            (Lead::Vain(to, _), Lead::Vain(one, None)) => one == to,
            // In vain it is asked again, of no request that may answer otherwise.
            (Lead::Vain(to, Some(besides)), Lead::Apart(yes, no)) => {
                yes == to && leads_on(no, Lead::Apart(besides, to))
            }
            (Lead::Apart(yes, no), Lead::Vain(to, _)) => {
                let mut leads = self.at(no).iter();
                let is_so = leads.any(|one| matches!(one, Lead::Apart(_, last) if *last == to));
                yes == to && self.asks(no, question) && is_so
            }
            _ => lead == other,
        }
    }
}

/// To what a node may lead by both of its edges: what asks the same and leads to the same may be between.
fn vain([yes, no]: &[Vec<NodeId>; 2]) -> impl Iterator<Item = Lead> {
    let common = yes.iter().filter(|one| no.contains(one));
    common.map(|one| Lead::Vain(*one, None))
}

/// What a node may lead to by its two edges.
fn pairs(ways: [Vec<NodeId>; 2]) -> Vec<Lead> {
    let [yes, no] = &ways;
    let apart = yes.iter().flat_map(|one| {
        let others = no.iter().filter(move |other| *other != one);
        others.map(|other| Lead::Apart(*one, *other))
    });
    apart.chain(vain(&ways)).collect()
}

/// Both ways from a node, if it asks.
fn asked(turn: Turn) -> Option<[Edge; 2]> {
    match turn {
        Turn::Ask {
            question,
            matched,
            unmatched,
        } => Some(edges(question, matched, unmatched)),
        Turn::Decide(_) => None,
    }
}

/// Which nodes lead to which, as bits.
struct Reached(Vec<Vec<u64>>);

impl Reached {
    fn of(written: &Written) -> Self {
        let mut rows: Vec<Vec<u64>> = Vec::with_capacity(written.turns().len());
        // Successors come before a node.
        for (at, turn) in written.turns().iter().enumerate() {
            let mut row = vec![0; at / 64 + 1];
            row[at / 64] |= 1 << (at % 64);
            for edge in asked(*turn).into_iter().flatten() {
                for (all, of) in row.iter_mut().zip(&rows[edge.to.0 as usize]) {
                    *all |= of;
                }
            }
            rows.push(row);
        }
        Self(rows)
    }

    /// Those of some nodes to which an edge of another may have led.
    fn others(
        &self,
        nodes: &[NodeId],
        at: NodeId,
        nearest: Nearest,
    ) -> impl Iterator<Item = NodeId> {
        let others = nodes
            .iter()
            .copied()
            .filter(|node| !self.comes_to(*node, at));
        let (mut behind, mut beside): (Vec<_>, Vec<_>) =
            others.partition(|node| self.comes_to(at, *node));
        let most = [(&mut behind, nearest.behind), (&mut beside, nearest.beside)];
        for (nodes, most) in most {
            nodes.sort_by_key(|node| node.0.abs_diff(at.0));
            nodes.truncate(most);
        }
        behind.into_iter().chain(beside)
    }

    /// Whether one node leads to another, or is it.
    fn comes_to(&self, from: NodeId, to: NodeId) -> bool {
        let to = to.0 as usize;
        let word = self.0[from.0 as usize].get(to / 64);
        word.is_some_and(|word| word >> (to % 64) & 1 == 1)
    }
}
