//! All parts of a graph with one way in and two ways out, each with the least that it takes to say it.
//!
//! A question is such a part, and so is one with another behind one of its ways out, if both leave by
//! the other: the first and the second hold, or one of them. Filters are put together so, and the
//! compiler makes nodes of them in this order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::hash::Hash;

use super::DEEPEST;
use super::leads::{Lead, Leads};
use super::length::RULE;
use super::settled::QUESTION;
use crate::graph::NodeId;
use crate::graph::written::Written;

/// Most parts that are held at once: a hundred megabytes.
const MOST: usize = 2_000_000;

/// How deep parts may nest: filters may a little deeper.
const NESTED: usize = DEEPEST - 10;

/// What it costs to read a filter within another: a rule more is read more easily.
const NEST: u32 = QUESTION * RULE as u32 * 3 / 2;

/// Index of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartId(usize);

/// Where a part is left. What is asked in vain leaves by the first for all, and by any for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Ways {
    Two(NodeId, NodeId),
    One(NodeId),
}

impl Ways {
    fn of(one: NodeId, other: NodeId) -> Self {
        Self::Two(one.min(other), one.max(other))
    }
}

/// What a part is put together of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Made {
    Question(Lead),
    /// A part, and one at which it is left.
    Joined(PartId, PartId),
}

/// A part of a graph.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) from: NodeId,
    pub(super) ways: Ways,
    pub(super) made: Made,
    pub(super) cost: u32,
    /// The way out that the parts have in common of which it is put together.
    pub(super) common: Option<NodeId>,
    /// How deep what it is put together of nests.
    depth: usize,
}

impl Part {
    /// Whether it is a filter of its own where others are left by a way in common with it.
    fn is_nested(&self, common: NodeId) -> bool {
        self.common.is_some_and(|own| own != common)
    }
}

/// Those of a graph, the cheapest first.
#[derive(Debug, Default)]
pub(super) struct Parts {
    parts: Vec<Part>,
    by_start: HashMap<NodeId, Vec<PartId>>,
}

impl Parts {
    /// All parts, each in the cheapest way that it can be put together; `None` if too many had to be
    /// looked at, or more than `effort`, which becomes what is left of it. What a question costs is told by its
    /// node.
    pub(super) fn of(
        written: &Written,
        leads: &Leads,
        cost: &dyn Fn(NodeId, Lead) -> u32,
        effort: &mut usize,
    ) -> Option<Self> {
        let mut joining = Joining {
            ends: ends(written, leads),
            ..Joining::default()
        };
        for at in (0..written.turns().len() as u32).map(NodeId) {
            for lead in leads.at(at) {
                joining.open(Part {
                    from: at,
                    ways: ways(*lead),
                    made: Made::Question(*lead),
                    cost: cost(at, *lead),
                    common: None,
                    depth: 0,
                });
            }
        }
        let mut looked = 0;
        while let Some(Reverse((_, at))) = joining.open.pop() {
            joining.add(joining.seen[at]);
            *effort = effort.checked_sub(joining.seen.len() - looked)?;
            looked = joining.seen.len();
            if looked > MOST {
                return None;
            }
        }
        Some(joining.found)
    }

    pub(super) fn part(&self, id: PartId) -> Part {
        self.parts[id.0]
    }

    /// The parts that start at a node.
    pub(super) fn from(&self, at: NodeId) -> impl Iterator<Item = (PartId, Part)> {
        let ids = self.by_start.get(&at).into_iter().flatten();
        ids.map(|id| (*id, self.part(*id)))
    }
}

/// Parts as they come to be known, and by where they are left.
#[derive(Default)]
struct Joining {
    found: Parts,
    known: HashSet<(NodeId, Ways, Option<NodeId>)>,
    /// By cost, what is yet to be added of what was seen.
    open: BinaryHeap<Reverse<(u32, usize)>>,
    seen: Vec<Part>,
    /// By where they start and one way out.
    behind: HashMap<(NodeId, NodeId), Vec<PartId>>,
    /// By a way out at which others may start, and the other way.
    before: HashMap<(NodeId, NodeId), Vec<PartId>>,
    /// By a way out at which others may start, with the other way.
    left_at: HashMap<NodeId, Vec<(PartId, NodeId)>>,
    /// Those that are asked in vain, by where they start, and by where they are left.
    vain_behind: HashMap<NodeId, Vec<PartId>>,
    vain_before: HashMap<NodeId, Vec<PartId>>,
    /// By node, whether parts in a row may end there.
    ends: Vec<bool>,
}

impl Joining {
    fn open(&mut self, part: Part) {
        if !self.known.contains(&(part.from, part.ways, part.common)) {
            self.open.push(Reverse((part.cost, self.seen.len())));
            self.seen.push(part);
        }
    }

    /// Adds a part that costs no less than those before, and opens what comes of it with them.
    fn add(&mut self, part: Part) {
        if !self.known.insert((part.from, part.ways, part.common)) {
            return;
        }
        let id = PartId(self.found.parts.len());
        self.found.parts.push(part);
        match part.ways {
            Ways::Two(one, other) => self.add_of_two(id, part, [one, other]),
            Ways::One(to) => self.add_vain(id, part, to),
        }
        self.found.by_start.entry(part.from).or_default().push(id);
    }

    fn add_of_two(&mut self, id: PartId, part: Part, [one, other]: [NodeId; 2]) {
        for (at, common) in [(one, other), (other, one)] {
            // Parts in a row that have a way out in common are joined from the last on.
            if part.common != Some(common) {
                self.before.entry((at, common)).or_default().push(id);
                self.left_at.entry(at).or_default().push((id, common));
                for behind in listed(&self.behind, &(at, common)) {
                    self.join(id, behind, common);
                }
                for behind in listed(&self.vain_behind, &at) {
                    self.join(id, behind, common);
                }
            }
            let behind = self.behind.entry((part.from, common));
            behind.or_default().push(id);
            for before in listed(&self.before, &(part.from, common)) {
                self.join(before, id, common);
            }
        }
        for before in listed(&self.vain_before, &part.from) {
            self.join(before, id, one);
        }
    }

    fn add_vain(&mut self, id: PartId, part: Part, to: NodeId) {
        self.vain_behind.entry(part.from).or_default().push(id);
        self.vain_before.entry(to).or_default().push(id);
        for behind in listed(&self.found.by_start, &to) {
            let common = match self.found.part(behind).ways {
                Ways::Two(one, _) | Ways::One(one) => one,
            };
            self.join(id, behind, common);
        }
        for before in listed(&self.vain_before, &part.from) {
            self.join(before, id, to);
        }
        for (before, common) in listed(&self.left_at, &part.from) {
            self.join(before, id, common);
        }
    }

    /// Opens a part with one behind it, which both are left by a way in common, or could be.
    fn join(&mut self, before: PartId, behind: PartId, common: NodeId) {
        let [first, second] = [before, behind].map(|id| self.found.part(id));
        let ways = match second.ways {
            Ways::One(to) if to != common => Ways::of(to, common),
            ways => ways,
        };
        let comes_back = match ways {
            Ways::Two(one, other) => one == first.from || other == first.from,
            Ways::One(to) => to == first.from,
        };
        let ends = match ways {
            Ways::Two(one, other) => {
                let end = if one == common { other } else { one };
                self.ends[end.0 as usize]
            }
            Ways::One(_) => true,
        };
        let nested = [first, second].map(|part| part.is_nested(common));
        let deep = |(part, is_nested): (Part, bool)| part.depth + usize::from(is_nested);
        let depth = [first, second].into_iter().zip(nested).map(deep).max();
        let depth = depth.unwrap_or_default();
        let nests = nested.into_iter().filter(|is_nested| *is_nested).count() as u32;
        if !comes_back && ends && depth < NESTED {
            self.open(Part {
                from: first.from,
                ways,
                made: Made::Joined(before, behind),
                cost: first.cost.saturating_add(second.cost + nests * NEST),
                common: Some(common),
                depth,
            });
        }
    }
}

/// Where what a node asks is left.
fn ways(lead: Lead) -> Ways {
    match lead {
        Lead::Apart(one, other) | Lead::Hidden(one, other) | Lead::Vain(one, Some(other)) => {
            Ways::of(one, other)
        }
        Lead::Vain(to, None) => Ways::One(to),
    }
}

/// By node, whether several others may have led to it, or it decides. A row of parts that ends anywhere
/// else goes on with what is there.
fn ends(written: &Written, leads: &Leads) -> Vec<bool> {
    let nodes = || (0..written.turns().len() as u32).map(NodeId);
    let mut from: Vec<Option<NodeId>> = vec![None; written.turns().len()];
    let is_decision = |at: NodeId| written.decided(at).is_some();
    let mut ends: Vec<bool> = nodes().map(is_decision).collect();
    for at in nodes() {
        for lead in leads.at(at) {
            let (one, other) = match ways(*lead) {
                Ways::Two(one, other) => (one, other),
                Ways::One(to) => (to, to),
            };
            for to in [one, other].map(|to| to.0 as usize) {
                ends[to] |= from[to].is_some_and(|other| other != at);
                from[to] = Some(at);
            }
        }
    }
    ends
}

/// What an index lists, as it is now.
fn listed<K: Eq + Hash, T: Clone>(index: &HashMap<K, Vec<T>>, key: &K) -> Vec<T> {
    index.get(key).cloned().unwrap_or_default()
}
