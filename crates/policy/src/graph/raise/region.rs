//! Parts of a graph with one way in and two ways out.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Chaining, not};
use super::{DEEPEST, MOST};
use crate::filter::Filter;
use crate::graph::written::{Edge, QuestionId, Turn, Written, edges};
use crate::graph::{NodeId, OutcomeId};
use crate::world::FilterId;

/// A graph with the node where a more general one begins, which is left whole.
pub(super) struct Region<'w> {
    pub(super) written: &'w Written,
    pub(super) chaining: Chaining<'w>,
    pub(super) base: Option<NodeId>,
    /// Which of the readings of a segment is taken.
    pub(super) reading: Reading,
    /// How many tests it is under.
    pub(super) depth: usize,
}

/// Which of several outcomes is taken that a segment could have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// That which is left for by `matched`.
    Plain,
    /// Any but this one, if others do: it is what holds anyway.
    But(OutcomeId),
}

/// Where the filters of an operation end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At the more general operation.
    Base,
    /// In a decision.
    Decided(OutcomeId),
}

/// Most nodes among which one is looked for that shortened edges hide.
const HIDDEN: usize = 200;

/// How much more of a filter may be made.
struct Budget {
    tests: usize,
    depth: usize,
    /// How many questions were asked twice so far.
    guards: usize,
}

/// A part of a graph that is left for one node, or decided.
struct Cut {
    before: Vec<NodeId>,
    next: NodeId,
}

/// Where a part of a graph is left.
#[derive(Clone, Copy)]
struct Exits {
    yes: NodeId,
    no: NodeId,
}

/// What an edge means for a part.
enum Way {
    Yes,
    No,
    Within(NodeId),
}

impl Region<'_> {
    /// Adds the filters that are asked from `from` on, in their order, each with what it decides,
    /// and says what is behind the last. `None` if there are too many.
    pub(super) fn take_apart(
        &self,
        from: NodeId,
        found: &mut Vec<(Filter, OutcomeId)>,
    ) -> Option<End> {
        let mut at = from;
        loop {
            if Some(at) == self.base {
                return Some(End::Base);
            }
            let Turn::Ask {
                question,
                matched,
                unmatched,
            } = self.written.turn(at)
            else {
                return self.decided(at).map(End::Decided);
            };
            if found.len() > MOST {
                return None;
            }
            if let Some((no, outcome)) = self.segment(at) {
                let yes = self.exit(outcome)?;
                let mut budget = Budget {
                    tests: MOST,
                    depth: DEEPEST,
                    guards: 0,
                };
                let filter = self.filter(at, Exits { yes, no }, &mut budget)?;
                found.push((filter, outcome));
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
            let mut guarded = Vec::new();
            let End::Decided(outcome) = whole.take_apart(inner, &mut guarded)? else {
                return None;
            };
            for (filter, outcome) in guarded {
                found.push((self.chaining.all(vec![guard.clone(), filter]), outcome));
            }
            found.push((guard, outcome));
            at = next;
        }
    }

    fn question(&self, question: QuestionId) -> Filter {
        self.chaining.question(self.written.tests(question))
    }

    fn decided(&self, at: NodeId) -> Option<OutcomeId> {
        match self.written.turn(at) {
            Turn::Decide(outcome) => Some(outcome),
            Turn::Ask { .. } => None,
        }
    }

    fn exit(&self, outcome: OutcomeId) -> Option<NodeId> {
        let mut decisions = self.written.decisions();
        decisions.find(|(id, _)| *id == outcome).map(|(_, at)| at)
    }

    /// The next node of the spine, and what is decided before it.
    ///
    /// Often several outcomes would do: what is allowed if `A` and `B` hold is also what is denied
    /// if they do not. Rules say what they decide if their tests match, so that reading is taken
    /// which leaves by `matched` and goes on by `unmatched`.
    fn segment(&self, at: NodeId) -> Option<(NodeId, OutcomeId)> {
        // Near ones first: a segment is as long as a filter, the graph as a profile.
        let near = [16, 512].into_iter().find_map(|most| {
            let found = self.segment_within(at, most);
            found.filter(|found| found.0 >= 0)
        });
        let found = near.or_else(|| self.segment_within(at, MOST));
        found.map(|(_, next, outcome)| (next, outcome))
    }

    /// The best segment of fewer than `most` nodes, with how well it reads.
    fn segment_within(&self, at: NodeId, most: usize) -> Option<(i64, NodeId, OutcomeId)> {
        let mut best: Option<((i64, usize), NodeId, OutcomeId)> = None;
        for (outcome, exit) in self.written.decisions() {
            let Some(cut) = self.cut(at, exit, self.base, most, true) else {
                continue;
            };
            let mut reads = match self.reading {
                Reading::Plain => self.reads(&cut, exit),
                Reading::But(other) => i64::from(other != outcome) * 1_000,
            };
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

    /// Whether a segment of several filters that ends in a decision reads as one `require-all`: those
    /// come first that the compiler puts first. `None` of other segments.
    fn is_one_condition(&self, cut: &Cut) -> Option<bool> {
        self.decided(cut.next)?;
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

    /// What an edge means for a part that is left for these.
    fn way(&self, edge: Edge, exits: Exits) -> Way {
        match edge.to {
            to if to == exits.yes => Way::Yes,
            to if to == exits.no => Way::No,
            _ if self.written.led_to(edge, exits.yes) => Way::Yes,
            _ if self.written.led_to(edge, exits.no) => Way::No,
            to => Way::Within(to),
        }
    }

    /// The first node that all paths from a node pass which do not end in `exit`, if fewer than
    /// `most` nodes lie before it. Nothing behind `end` is looked at.
    fn cut(
        &self,
        from: NodeId,
        exit: NodeId,
        end: Option<NodeId>,
        most: usize,
        by_led: bool,
    ) -> Option<Cut> {
        // Successors come before a node: the greatest node that is open is on no path from another.
        let mut open: BTreeMap<NodeId, Vec<Edge>> = BTreeMap::from([(from, Vec::new())]);
        let mut closed: Option<NodeId> = None;
        let mut before = Vec::new();
        while before.len() < most {
            let Some((at, _)) = open.pop_last() else {
                return closed.map(|next| Cut { before, next });
            };
            if !before.is_empty() && closed.is_none() {
                let mut others = open.values().flatten();
                if others.all(|edge| by_led && self.written.led_to(*edge, at)) {
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
            for edge in edges(question, matched, unmatched) {
                if edge.to == exit {
                    continue;
                }
                let led = |to: &NodeId| self.written.led_to(edge, *to);
                if end != Some(edge.to) && led(&exit) {
                    continue;
                }
                match end.filter(led) {
                    Some(end) if closed.is_some_and(|other| other != end) => return None,
                    Some(end) => closed = Some(end),
                    None => open.entry(edge.to).or_default().push(edge),
                }
            }
        }
        None
    }

    /// What holds exactly if a request that starts at a node leaves for `yes`; it leaves for one of
    /// the two. `None` if it is too long.
    fn filter(&self, from: NodeId, exits: Exits, budget: &mut Budget) -> Option<Filter> {
        budget.tests = budget.tests.checked_sub(1)?;
        budget.depth = budget.depth.checked_sub(1)?;
        let made = self.filter_within(from, exits, budget);
        budget.depth += 1;
        made
    }

    fn filter_within(&self, from: NodeId, exits: Exits, budget: &mut Budget) -> Option<Filter> {
        let (question, ways) = self.ways(from, exits)?;
        let one = self.question(question);
        let ways = ways.map(|(_, way)| way);
        match &ways {
            [Way::Yes, Way::No] => return Some(one),
            [Way::No, Way::Yes] => return Some(not(one)),
            _ => {}
        }
        if let Some(parts) = self.alternatives(from, exits, budget)? {
            return Some(self.chaining.any(parts));
        }
        if let Some(parts) = self.conditions(from, exits, budget)? {
            return Some(self.chaining.all(parts));
        }
        budget.guards += 1;
        let mut sides = Vec::new();
        for (way, guard) in ways.into_iter().zip([one.clone(), not(one)]) {
            match way {
                Way::Yes => sides.push(guard),
                Way::No => {}
                Way::Within(to) => {
                    let within = self.filter(to, exits, budget)?;
                    sides.push(self.chaining.all(vec![guard, within]));
                }
            }
        }
        Some(self.chaining.any(sides))
    }

    /// The parts one of which must hold. `None` inside if it is but one.
    fn alternatives(
        &self,
        from: NodeId,
        exits: Exits,
        budget: &mut Budget,
    ) -> Option<Option<Vec<Filter>>> {
        let one = |exit, next| Exits {
            yes: exit,
            no: next,
        };
        self.parts(from, exits.yes, exits.no, budget, one)
    }

    /// The parts all of which must hold. `None` inside if it is but one.
    fn conditions(
        &self,
        from: NodeId,
        exits: Exits,
        budget: &mut Budget,
    ) -> Option<Option<Vec<Filter>>> {
        let one = |exit, next| Exits {
            yes: next,
            no: exit,
        };
        self.parts(from, exits.no, exits.yes, budget, one)
    }

    /// Takes a region apart at the nodes that all paths pass which do not leave by `exit`.
    fn parts(
        &self,
        from: NodeId,
        exit: NodeId,
        end: NodeId,
        budget: &mut Budget,
        exits: fn(NodeId, NodeId) -> Exits,
    ) -> Option<Option<Vec<Filter>>> {
        let mut parts = Vec::new();
        let mut at = from;
        while at != end {
            let next = self
                .cut(at, exit, Some(end), usize::MAX, false)
                .map_or(end, |cut| cut.next);
            if next == end
                && let Some(rest) = self.hidden_parts(at, exit, end, budget, exits)
            {
                parts.extend(rest);
                break;
            }
            if next == end && parts.is_empty() {
                return Some(None);
            }
            parts.push(self.filter(at, exits(exit, next), budget)?);
            at = next;
        }
        Some(Some(parts))
    }

    /// As [`Self::parts`], where shortened edges hide the node between the first two: that one is
    /// taken with which no filter has to be asked twice.
    fn hidden_parts(
        &self,
        from: NodeId,
        exit: NodeId,
        end: NodeId,
        budget: &mut Budget,
        exits: fn(NodeId, NodeId) -> Exits,
    ) -> Option<Vec<Filter>> {
        self.hidden(from, exit, end).into_iter().find_map(|next| {
            let mut tried = Budget { ..*budget };
            let first = self.filter(from, exits(exit, next), &mut tried)?;
            let rest = match self.parts(next, exit, end, &mut tried, exits)? {
                Some(rest) => rest,
                None => vec![self.filter(next, exits(exit, end), &mut tried)?],
            };
            (tried.guards == budget.guards).then(|| {
                *budget = tried;
                std::iter::once(first).chain(rest).collect()
            })
        })
    }

    /// As [`Self::cut`], all nodes that would do if the compiler shortened so many edges that a path
    /// which comes to `end` passed one.
    fn hidden(&self, from: NodeId, exit: NodeId, end: NodeId) -> Vec<NodeId> {
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
            let (question, ways) = self.ways(at, exits)?;
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

    /// What a node asks, and what both answers mean.
    fn ways(&self, at: NodeId, exits: Exits) -> Option<(QuestionId, [(Edge, Way); 2])> {
        match self.written.turn(at) {
            Turn::Ask {
                question,
                matched,
                unmatched,
            } => {
                let edges = edges(question, matched, unmatched);
                Some((question, edges.map(|edge| (edge, self.way(edge, exits)))))
            }
            Turn::Decide(_) => None,
        }
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
                is_left |= edge.to == exits.yes;
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
