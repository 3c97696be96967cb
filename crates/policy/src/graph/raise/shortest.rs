//! Of all ways to take the graph of an operation apart the one that leaves the least to read.
//!
//! What is allowed if `A` and `B` hold is also what is denied if they do not: each segment of the
//! spine may be read as several rules, and where it ends depends on which. Successors come before a
//! node, so that the shortest way to the end is found in one pass.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::cut::Cut;
use super::length::{RULE, words};
use super::region::{Budget, Exits, Region, Unlike};
use super::spine::{End, Found, NEAR, Vain, is_said};
use super::{MOST, Reading};
use crate::filter::Filter;
use crate::graph::written::{Edge, Turn, edges};
use crate::graph::{NodeId, OutcomeId};

/// How many of the boundaries that shortened edges hide are tried at each node.
const HIDDEN: usize = 2;

/// From how many nodes on edges are looked at that may have led to nodes no longer there.
const SHADOWED: usize = 6;

/// Rules in a row that decide the same, and the node behind them.
struct Segment {
    filters: Vec<Filter>,
    outcome: OutcomeId,
    next: NodeId,
    cost: Cost,
    direct: Vec<NodeId>,
}

/// How unlike the nodes come to be, and how much there is to read.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    unlike: Unlike,
    size: usize,
}

/// A segment on the way to a node.
struct Step {
    filtered: Vec<(Filter, OutcomeId)>,
    direct: Vec<NodeId>,
    before: Option<usize>,
}

/// How something was come to: at what cost, and by which step.
#[derive(Clone, Copy, Default)]
struct Reached {
    cost: Cost,
    by: Option<usize>,
    /// Tells what was said on the way from what else may be said.
    said: u64,
}

impl Segment {
    /// Alternatives in a row are the same whether they are of one filter or of several.
    fn said_after(&self, said: u64) -> u64 {
        let filters = self.filters.iter().flat_map(|filter| match filter {
            Filter::Any(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        });
        filters.fold(said, |said, filter| {
            let mut hasher = DefaultHasher::new();
            (said, filter, self.outcome).hash(&mut hasher);
            hasher.finish()
        })
    }
}

impl Region<'_> {
    /// As [`Self::take_apart`], at the least cost, and as many more ways as are to be found; none
    /// where the graph has no segments.
    pub(super) fn shortest(&self, from: NodeId) -> Vec<(Found, End)> {
        let mut steps: Vec<Step> = Vec::new();
        // A rule in a row with one that decides the same is no rule of its own.
        let mut open = BTreeMap::from([((from, None), vec![Reached::default()])]);
        let mut ended: Vec<(Reached, End)> = Vec::new();
        let mut segments: Option<(NodeId, Vec<Segment>)> = None;
        let own = self.written.reached(from);
        while let Some(((at, last), reached)) = open.pop_last() {
            if let Some(end) = self.end(at) {
                for mut one in reached {
                    one.cost.size += end.size();
                    self.keep(&mut ended, (one, end), |(one, _)| one.cost);
                }
                continue;
            }
            if segments.as_ref().is_none_or(|known| known.0 != at) {
                let most = if at == from { MOST } else { NEAR };
                let found = self.segments(at, most, &own);
                segments = Some((at, found));
            }
            for segment in segments.iter().flat_map(|known| &known.1) {
                let outcome = Some(segment.outcome);
                let is_joined = self.reading != Reading::Apart && last == outcome;
                let rule = if is_joined { 0 } else { RULE };
                let known = open.entry((segment.next, outcome)).or_default();
                for one in &reached {
                    let cost = Cost {
                        unlike: one.cost.unlike + segment.cost.unlike,
                        size: one.cost.size + segment.cost.size + rule,
                    };
                    let by = Some(steps.len());
                    let said = segment.said_after(one.said);
                    if known
                        .iter()
                        .any(|other| other.said == said && other.cost <= cost)
                    {
                        continue;
                    }
                    if self.keep(known, Reached { cost, by, said }, |one| one.cost) {
                        let filters = segment.filters.iter().cloned();
                        steps.push(Step {
                            filtered: filters.map(|filter| (filter, segment.outcome)).collect(),
                            direct: segment.direct.clone(),
                            before: one.by,
                        });
                    }
                }
            }
        }
        let ended = ended.into_iter();
        ended
            .map(|(reached, end)| (found(&steps, reached), end))
            .collect()
    }

    /// Adds one of several ways, if it is among the best.
    fn keep<T>(&self, known: &mut Vec<T>, one: T, cost: impl Fn(&T) -> Cost) -> bool {
        let at = known.partition_point(|other| cost(other) <= cost(&one));
        if at < self.breadth {
            known.truncate(self.breadth - 1);
            known.insert(at, one);
        }
        at < self.breadth
    }

    /// The segments that begin at a node.
    fn segments(&self, at: NodeId, most: usize, own: &BTreeSet<NodeId>) -> Vec<Segment> {
        let decisions = self.decisions(at, most).into_iter();
        let is_wide = self.breadth > 1 && own.contains(&at);
        let shadowed = match is_wide {
            true => self.shadowed(at),
            false => Vec::new(),
        };
        let cuts = decisions.flat_map(|(outcome, yes)| {
            let cut = self.decided_by(at, yes, most);
            let unreached = match &cut {
                Some(cut) if is_wide => self.unreached(at, cut, own),
                _ => Vec::new(),
            };
            let cut = cut.map(|cut| cut.next);
            let hidden = self.hidden(at, yes, self.base.unwrap_or(yes));
            let most = if self.breadth > 1 { usize::MAX } else { HIDDEN };
            let hidden = hidden.nodes.into_iter().take(most);
            let hidden = hidden.filter(move |next| Some(*next) != cut);
            let all = cut.into_iter().chain(hidden).chain(unreached);
            let all = all.chain(shadowed.iter().copied());
            let all: Vec<NodeId> = all.collect();
            all.into_iter().map(move |next| (next, outcome))
        });
        let mut cuts: Vec<_> = cuts.collect();
        if cuts.is_empty() {
            cuts.extend(self.segment(at));
        }
        let segments = cuts.into_iter();
        let segments = segments.flat_map(|(next, outcome)| self.read(at, next, outcome));
        let vain = match self.written.has_vain() {
            true if self.breadth > 1 => self.all_vain(at),
            true => self.vain(at).into_iter().collect(),
            false => Vec::new(),
        };
        let vain = vain.into_iter().map(|vain| self.of_vain(vain));
        segments.chain(vain).collect()
    }

    /// Nodes to which a part led before all edges that leave it were shortened, of those that are not
    /// the operation's own.
    fn unreached(&self, from: NodeId, cut: &Cut, own: &BTreeSet<NodeId>) -> Vec<NodeId> {
        let exits = Exits {
            yes: cut.next,
            no: cut.next,
        };
        let ways = cut.before.iter().flat_map(|at| self.ways(*at, exits));
        let edges = ways.flat_map(|(_, ways)| ways.map(|(edge, _)| edge));
        let edges: Vec<Edge> = edges.filter(|edge| edge.to == cut.next).collect();
        let is_led = |to: &NodeId| edges.iter().all(|edge| self.written.led_to(*edge, *to));
        let nodes = self.written.originals();
        nodes
            .filter(|to| !own.contains(to) && is_led(to) && !self.written.comes_to(*to, from))
            .collect()
    }

    /// Nodes that are there no more to which edges near a node may have led.
    fn shadowed(&self, from: NodeId) -> Vec<NodeId> {
        let mut near = Vec::new();
        let mut open = BTreeSet::from([from]);
        while let (true, Some(at)) = (near.len() < 2 * SHADOWED, open.pop_last()) {
            if let Turn::Ask {
                question,
                matched,
                unmatched,
            } = self.written.turn(at)
            {
                near.extend(edges(question, matched, unmatched));
                open.extend([matched, unmatched]);
            }
        }
        let is_led = |to: &NodeId| near.iter().any(|edge| self.written.led_to(*edge, *to));
        let nodes = self.written.shadowed();
        nodes
            .filter(|to| is_led(to) && !self.written.comes_to(*to, from))
            .collect()
    }

    /// A segment in the best of the ways that it can be read, or in all: edges that leave it may have
    /// led to the next before they were shortened.
    fn read(&self, at: NodeId, next: NodeId, outcome: OutcomeId) -> Vec<Segment> {
        let exits = Exits {
            yes: self.written.node_of(outcome),
            no: next,
        };
        let segments = [None, Some(next)].into_iter().filter_map(|led| {
            let mut budget = Budget::default();
            let filters = Region { led, ..*self }.before(at, next, exits, &mut budget)?;
            let is_said = filters.iter().all(is_said);
            is_said.then(|| self.of_filters(filters, outcome, next, budget))
        });
        let mut segments: Vec<Segment> = segments.collect();
        segments.sort_by_key(|segment| segment.cost);
        segments.dedup_by(|one, other| one.filters == other.filters);
        segments.truncate(self.breadth);
        segments
    }

    fn of_vain(&self, vain: Vain) -> Segment {
        self.of_filters(vain.filters, vain.outcome, vain.next, Budget::default())
    }

    fn of_filters(
        &self,
        filters: Vec<Filter>,
        outcome: OutcomeId,
        next: NodeId,
        budget: Budget,
    ) -> Segment {
        let world = self.chaining.world;
        let size = filters
            .iter()
            .map(|one| words(one, self.reading, world))
            .sum();
        Segment {
            filters,
            outcome,
            next,
            cost: Cost {
                unlike: budget.unlike,
                size,
            },
            direct: budget.direct,
        }
    }
}

/// What a way to take a graph apart comes to.
fn found(steps: &[Step], reached: Reached) -> Found {
    let back = std::iter::successors(reached.by, |at| steps[*at].before);
    let mut way: Vec<_> = back.map(|at| &steps[at]).collect();
    way.reverse();
    let filtered = way.iter().flat_map(|step| &step.filtered);
    Found {
        filtered: filtered.cloned().collect(),
        unlike: reached.cost.unlike,
        direct: way.iter().flat_map(|step| &step.direct).copied().collect(),
    }
}
