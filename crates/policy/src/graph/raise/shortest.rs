//! Of all ways to take the graph of an operation apart the one that leaves the least to read.
//!
//! What is allowed if `A` and `B` hold is also what is denied if they do not: each segment of the
//! spine may be read as several rules, and where it ends depends on which. Successors come before a
//! node, so that the shortest way to the end is found in one pass.

use std::collections::BTreeMap;

use super::MOST;
use super::length::{RULE, words};
use super::region::{Budget, Exits, Region, Unlike};
use super::spine::{End, Found, NEAR, is_said};
use crate::filter::Filter;
use crate::graph::{NodeId, OutcomeId};

/// How many of the boundaries that shortened edges hide are tried at each node.
const HIDDEN: usize = 2;

/// A filter, what it decides, and the node behind it.
struct Segment {
    filter: Filter,
    outcome: OutcomeId,
    next: NodeId,
    cost: Cost,
}

/// How unlike the nodes come to be, and how much there is to read.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    unlike: Unlike,
    size: usize,
}

/// A segment on the way to a node.
struct Step {
    filtered: (Filter, OutcomeId),
    before: Option<usize>,
}

/// How a node was come to: at what cost, and by which step.
#[derive(Clone, Copy, Default)]
struct Reached {
    cost: Cost,
    by: Option<usize>,
}

impl Region<'_> {
    /// As [`Self::take_apart`], at the least cost; `None` where the graph has no segments.
    pub(super) fn shortest(&self, from: NodeId) -> Option<(Found, End)> {
        let mut steps: Vec<Step> = Vec::new();
        // A rule in a row with one that decides the same is no rule of its own.
        let mut open = BTreeMap::from([((from, None), Reached::default())]);
        let mut ended: Option<(Reached, End)> = None;
        let mut segments: Option<(NodeId, Vec<Segment>)> = None;
        while let Some(((at, last), mut reached)) = open.pop_last() {
            if let Some(end) = self.end(at) {
                reached.cost.size += end.size();
                if ended.is_none_or(|(best, _)| reached.cost < best.cost) {
                    ended = Some((reached, end));
                }
                continue;
            }
            if segments.as_ref().is_none_or(|known| known.0 != at) {
                let most = if at == from { MOST } else { NEAR };
                segments = Some((at, self.segments(at, most)?));
            }
            for segment in segments.iter().flat_map(|known| &known.1) {
                let outcome = Some(segment.outcome);
                let rule = if last == outcome { 0 } else { RULE };
                let cost = Cost {
                    unlike: reached.cost.unlike + segment.cost.unlike,
                    size: reached.cost.size + segment.cost.size + rule,
                };
                let place = (segment.next, outcome);
                if open.get(&place).is_some_and(|known| known.cost <= cost) {
                    continue;
                }
                let by = Some(steps.len());
                open.insert(place, Reached { cost, by });
                steps.push(Step {
                    filtered: (segment.filter.clone(), segment.outcome),
                    before: reached.by,
                });
            }
        }
        let (reached, end) = ended?;
        let back = std::iter::successors(reached.by, |at| steps[*at].before);
        let mut way: Vec<_> = back.map(|at| &steps[at]).collect();
        way.reverse();
        let filtered = way.iter().map(|step| step.filtered.clone());
        let found = Found {
            filtered: filtered.collect(),
            unlike: reached.cost.unlike,
        };
        Some((found, end))
    }

    /// The segments that begin at a node.
    fn segments(&self, at: NodeId, most: usize) -> Option<Vec<Segment>> {
        let decisions = self.decisions(at, most).into_iter();
        let cuts = decisions.flat_map(|(outcome, yes)| {
            let cut = self.decided_by(at, yes, most).map(|cut| cut.next);
            let hidden = self.hidden(at, yes, self.base.unwrap_or(yes));
            let hidden = hidden.nodes.into_iter().take(HIDDEN);
            let hidden = hidden.filter(move |next| Some(*next) != cut);
            let all: Vec<NodeId> = cut.into_iter().chain(hidden).collect();
            all.into_iter().map(move |next| (next, outcome))
        });
        let mut cuts: Vec<_> = cuts.collect();
        if cuts.is_empty() {
            match self.segment(at) {
                Some(cut) => cuts.push(cut),
                None => {
                    let (next, (filter, outcome)) = self.vain(at)?;
                    let unlike = Unlike::default();
                    return Some(vec![self.of_filter(filter, outcome, next, unlike)]);
                }
            }
        }
        let segments = cuts.into_iter();
        let segments = segments.filter_map(|(next, outcome)| self.cheapest(at, next, outcome));
        let vain = self.written.has_vain().then(|| self.vain(at)).flatten();
        let vain = vain.map(|(next, (filter, outcome))| {
            self.of_filter(filter, outcome, next, Unlike::default())
        });
        let segments: Vec<_> = segments.chain(vain).collect();
        (!segments.is_empty()).then_some(segments)
    }

    /// A segment: edges that leave it may have led to the next before they were shortened.
    fn cheapest(&self, at: NodeId, next: NodeId, outcome: OutcomeId) -> Option<Segment> {
        let exits = Exits {
            yes: self.written.node_of(outcome),
            no: next,
        };
        let segments = [None, Some(next)].into_iter().filter_map(|led| {
            let mut budget = Budget::default();
            let filter = Region { led, ..*self }.filter(at, exits, &mut budget)?;
            is_said(&filter).then(|| self.of_filter(filter, outcome, next, budget.unlike))
        });
        segments.min_by_key(|segment| segment.cost)
    }

    fn of_filter(
        &self,
        filter: Filter,
        outcome: OutcomeId,
        next: NodeId,
        unlike: Unlike,
    ) -> Segment {
        let size = words(&filter, self.chaining.world);
        Segment {
            filter,
            outcome,
            next,
            cost: Cost { unlike, size },
        }
    }
}
