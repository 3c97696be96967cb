//! The graph of an operation as filters one after the other, each with what it decides.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::not;
use super::cut::{Cut, Search};
use super::length::RULE;
use super::region::{Budget, Exits, Region, Unlike, Way};
use super::{DEEPEST, MOST};
use crate::filter::Filter;
use crate::graph::written::Turn;
use crate::graph::{NodeId, OutcomeId};
use crate::world::FilterId;

/// Nodes of a segment that is looked for everywhere.
pub(super) const NEAR: usize = 64;

/// What a graph was taken apart to.
#[derive(Default)]
pub(super) struct Found {
    /// Filters in the order they are asked, each with what it decides.
    pub(super) filtered: Vec<(Filter, OutcomeId)>,
    pub(super) unlike: Unlike,
}

/// Where the filters of an operation end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At the more general operation.
    Base,
    /// In a decision.
    Decided(OutcomeId),
}

impl End {
    /// How much there is to read: of rules as long that is better which decides for less.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Base => 0,
            Self::Decided(_) => RULE + 1,
        }
    }
}

impl Region<'_> {
    /// Adds the filters that are asked from `from` on, in their order, each with what it decides,
    /// and says what is behind the last. `None` if there are too many.
    pub(super) fn take_apart(&self, from: NodeId, found: &mut Found) -> Option<End> {
        let mut at = from;
        loop {
            if let Some(end) = self.end(at) {
                return Some(end);
            }
            let Turn::Ask {
                question,
                matched,
                unmatched,
            } = self.written.turn(at)
            else {
                return None;
            };
            if found.filtered.len() > MOST {
                return None;
            }
            if let Some((no, outcome)) = self.segment(at) {
                let yes = self.written.node_of(outcome);
                let exits = Exits { yes, no };
                let mut budget = Budget::default();
                let filter = self.filter(at, exits, &mut budget)?;
                found.filtered.push((filter, outcome));
                found.unlike = found.unlike + budget.unlike;
                at = no;
                continue;
            }
            if let Some((no, filtered)) = self.vain(at) {
                found.filtered.push(filtered);
                at = no;
                continue;
            }
            // Nothing but the question itself tells the two sides apart: the smaller one is decided
            // under it, to the end.
            let whole = Region {
                base: None,
                depth: self.depth + 1,
                ..*self
            };
            if whole.depth > DEEPEST {
                return None;
            }
            let sizes = [matched, unmatched].map(|side| self.written.size(side));
            let one = self.question(question);
            let (guard, inner, next) = if sizes[0] <= sizes[1] {
                (one, matched, unmatched)
            } else {
                (not(one), unmatched, matched)
            };
            let mut guarded = Found::default();
            let End::Decided(outcome) = whole.take_apart(inner, &mut guarded)? else {
                return None;
            };
            for (filter, outcome) in guarded.filtered {
                let filter = self.chaining.all(vec![guard.clone(), filter]);
                found.filtered.push((filter, outcome));
            }
            found.filtered.push((guard, outcome));
            found.unlike = found.unlike + guarded.unlike;
            at = next;
        }
    }

    /// What ends at a node, if anything does.
    pub(super) fn end(&self, at: NodeId) -> Option<End> {
        if Some(at) == self.base {
            return Some(End::Base);
        }
        self.written.decided(at).map(End::Decided)
    }

    /// The next node of the spine, and what is decided before it.
    ///
    /// Often several outcomes would do: what is allowed if `A` and `B` hold is also what is denied
    /// if they do not. Rules say what they decide if their tests match, so that reading is taken
    /// which leaves by `matched` and goes on by `unmatched`.
    pub(super) fn segment(&self, at: NodeId) -> Option<(NodeId, OutcomeId)> {
        // Near ones first: a segment is as long as a filter, the graph as a profile.
        let near = [16, 512].into_iter().find_map(|most| {
            let found = self.segment_within(at, most);
            found.filter(|found| found.0 >= 0)
        });
        let found = near.or_else(|| self.segment_within(at, usize::MAX));
        found.map(|(_, next, outcome)| (next, outcome))
    }

    /// The best segment of fewer than `most` nodes, with how well it reads.
    fn segment_within(&self, at: NodeId, most: usize) -> Option<(i64, NodeId, OutcomeId)> {
        let mut best: Option<((i64, usize), NodeId, OutcomeId)> = None;
        for (outcome, exit) in self.decisions(at, most) {
            let Some(cut) = self.decided_by(at, exit, most) else {
                continue;
            };
            let mut reads = self.reads(&cut, exit);
            match self.is_one_condition(&cut) {
                Some(true) => reads += 2000,
                Some(false) => reads -= 1000,
                None => {}
            }
            let reads = (reads, usize::MAX - cut.before.len());
            if best.as_ref().is_none_or(|best| reads > best.0) {
                best = Some((reads, cut.next, outcome));
            }
        }
        best.map(|((reads, _), next, outcome)| (reads, next, outcome))
    }

    /// The next node of the spine where nothing is decided before it: questions asked in vain, which a
    /// rule leaves that contradicts itself.
    pub(super) fn vain(&self, at: NodeId) -> Option<(NodeId, (Filter, OutcomeId))> {
        let found = self.written.decisions().filter_map(|(outcome, exit)| {
            let next = self.cut(at, self.search(exit, NEAR, false))?.next;
            // What never holds decides nothing; what always holds decides what is decided anyway.
            let never = Exits {
                yes: exit,
                no: next,
            };
            let always = Exits {
                yes: next,
                no: exit,
            };
            let decided = self.written.decided(next);
            let always = decided.map(|decided| (next, decided, always));
            Some(std::iter::once((next, outcome, never)).chain(always))
        });
        let filters = found.flatten().filter_map(|(next, outcome, exits)| {
            let mut budget = Budget::default();
            let filter = self.filter(at, exits, &mut budget)?;
            is_said(&filter).then_some((budget.unlike.guards, next, (filter, outcome)))
        });
        // What decides as the next does is one rule with it.
        let best = filters.min_by_key(|(guards, next, (_, outcome))| {
            let after = self.segment(*next).map(|(_, outcome)| outcome);
            (*guards, after != Some(*outcome))
        });
        best.map(|(_, next, filtered)| (next, filtered))
    }

    /// The decisions that a node and those behind it lead to, of so many nodes at most.
    pub(super) fn decisions(&self, from: NodeId, most: usize) -> BTreeMap<OutcomeId, NodeId> {
        let mut decisions = BTreeMap::new();
        let mut open = BTreeSet::from([from]);
        let mut left = most;
        // Successors come before a node.
        while let Some(at) = open.pop_last() {
            match self.written.turn(at) {
                Turn::Decide(outcome) => _ = decisions.insert(outcome, at),
                Turn::Ask { .. } if left == 0 || Some(at) == self.base => {}
                Turn::Ask {
                    matched, unmatched, ..
                } => {
                    left -= 1;
                    open.extend([matched, unmatched]);
                }
            }
        }
        decisions
    }

    /// A search that ends where the more general operation begins.
    fn search(&self, exit: NodeId, most: usize, by_led: bool) -> Search {
        Search {
            exit,
            end: self.base,
            most,
            by_led,
        }
    }

    /// As [`Self::cut`], if some do end in `exit`.
    pub(super) fn decided_by(&self, at: NodeId, exit: NodeId, most: usize) -> Option<Cut> {
        let cut = self.cut(at, self.search(exit, most, true))?;
        let leads = |at: &NodeId| match self.written.turn(*at) {
            Turn::Ask {
                matched, unmatched, ..
            } => matched == exit || unmatched == exit,
            Turn::Decide(_) => false,
        };
        (cut.is_left || cut.before.iter().any(leads)).then_some(cut)
    }

    /// Whether a segment of several filters that ends in a decision reads as one `require-all`: those
    /// come first that the compiler puts first. `None` of other segments.
    fn is_one_condition(&self, cut: &Cut) -> Option<bool> {
        self.written.decided(cut.next)?;
        let filters: Vec<FilterId> = cut
            .before
            .iter()
            .filter_map(|at| match self.written.turn(*at) {
                Turn::Ask { question, .. } => Some(self.written.tests(question)[0].filter),
                Turn::Decide(_) => None,
            })
            .collect();
        let costs = filters
            .iter()
            .map(|id| self.chaining.world.filter(*id).cost);
        let is_mixed = filters.iter().any(|id| *id != filters[0]);
        is_mixed.then(|| costs.is_sorted_by(|a, b| a >= b))
    }

    /// How much more the edges out of a segment are as those of plain tests than the other way, in
    /// thousandths.
    fn reads(&self, cut: &Cut, exit: NodeId) -> i64 {
        let (mut plain, mut all) = (0, 0);
        let exits = Exits {
            yes: exit,
            no: cut.next,
        };
        for at in &cut.before {
            let Some((_, ways)) = self.ways(*at, exits) else {
                continue;
            };
            for (edge, way) in ways {
                let is_plain = match way {
                    Way::Yes => edge.answer,
                    Way::No => !edge.answer,
                    Way::Within(_) => continue,
                };
                all += 1;
                plain += if is_plain { 1 } else { -1 };
            }
        }
        plain * 1000 / all.max(1)
    }
}

/// Whether each part of a filter asks something.
pub(super) fn is_said(filter: &Filter) -> bool {
    match filter {
        Filter::Test(_) => true,
        Filter::Not(inner) => is_said(inner),
        Filter::Any(inner) | Filter::All(inner) => !inner.is_empty() && inner.iter().all(is_said),
    }
}
