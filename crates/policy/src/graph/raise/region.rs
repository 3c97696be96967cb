//! Parts of a graph with one way in and two ways out.

use std::collections::BTreeMap;

use super::chain::{Chaining, not};
use crate::filter::Filter;
use crate::graph::written::{Edge, QuestionId, Turn, Written, edges};
use crate::graph::{NodeId, OutcomeId};

/// A graph with the node where a more general one begins, which is left whole.
pub(super) struct Region<'w> {
    pub(super) written: &'w Written,
    pub(super) chaining: Chaining<'w>,
    pub(super) base: Option<NodeId>,
    /// Which of the readings of a segment is taken.
    pub(super) reading: Reading,
    /// A node that edges led to before they were shortened, wherever they can have done.
    pub(super) led: Option<NodeId>,
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

/// How much more of a filter may be made.
pub(super) struct Budget {
    pub(super) tests: usize,
    pub(super) depth: usize,
    /// How many questions were asked twice so far.
    pub(super) guards: usize,
    /// How many more hidden boundaries may be tried.
    pub(super) tries: usize,
}

/// A part of a graph that is left for one node, or decided.
pub(super) struct Cut {
    pub(super) before: Vec<NodeId>,
    pub(super) next: NodeId,
}

/// Where a part of a graph is left.
#[derive(Clone, Copy)]
pub(super) struct Exits {
    pub(super) yes: NodeId,
    pub(super) no: NodeId,
}

impl Exits {
    /// Those of an alternative: if it holds nothing else is asked.
    fn of_alternative(exit: NodeId, next: NodeId) -> Self {
        Self {
            yes: exit,
            no: next,
        }
    }

    /// Those of a condition: if it does not hold nothing else is asked.
    fn of_condition(exit: NodeId, next: NodeId) -> Self {
        Self {
            yes: next,
            no: exit,
        }
    }
}

/// What an edge means for a part.
pub(super) enum Way {
    Yes,
    No,
    Within(NodeId),
}

impl Region<'_> {
    pub(super) fn question(&self, question: QuestionId) -> Filter {
        self.chaining.question(self.written.tests(question))
    }

    /// What an edge means for a part that is left for these.
    pub(super) fn way(&self, edge: Edge, exits: Exits) -> Way {
        let led = self.led.filter(|to| self.written.led_to(edge, *to));
        match edge.to {
            _ if led == Some(exits.yes) => Way::Yes,
            _ if led == Some(exits.no) => Way::No,
            to if to == exits.yes => Way::Yes,
            to if to == exits.no => Way::No,
            _ if self.written.led_to(edge, exits.yes) => Way::Yes,
            _ if self.written.led_to(edge, exits.no) => Way::No,
            to => Way::Within(to),
        }
    }

    /// The first node that all paths from a node pass which do not end in `exit`, if fewer than
    /// `most` nodes lie before it; with `by_led` also one that paths passed before edges were
    /// shortened. Nothing behind `end` is looked at.
    pub(super) fn cut(
        &self,
        from: NodeId,
        exit: NodeId,
        end: Option<NodeId>,
        most: usize,
        by_led: bool,
    ) -> Option<Cut> {
        // Successors come before a node: the greatest node that is open is on no path from another.
        let exits = Exits {
            yes: exit,
            no: end.unwrap_or(exit),
        };
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
                match self.way(edge, exits) {
                    Way::Yes => {}
                    Way::No if closed.is_some_and(|other| other != exits.no) => return None,
                    Way::No => closed = Some(exits.no),
                    Way::Within(to) => open.entry(to).or_default().push(edge),
                }
            }
        }
        None
    }

    /// What holds exactly if a request that starts at a node leaves for `yes`; it leaves for one of
    /// the two. `None` if it is too long.
    pub(super) fn filter(&self, from: NodeId, exits: Exits, budget: &mut Budget) -> Option<Filter> {
        budget.tests = budget.tests.checked_sub(1)?;
        budget.depth = budget.depth.checked_sub(1)?;
        let made = self.filter_within(from, exits, budget);
        budget.depth += 1;
        made
    }

    fn filter_within(&self, from: NodeId, exits: Exits, budget: &mut Budget) -> Option<Filter> {
        let (question, ways) = self.ways(from, exits)?;
        let one = self.question(question);
        let is_vain = ways[0].0.to == ways[1].0.to;
        let ways = ways.map(|(_, way)| way);
        match &ways {
            [Way::Yes, Way::No] => return Some(one),
            [Way::No, Way::Yes] => return Some(not(one)),
            [Way::Yes, Way::Yes] if is_vain => return Some(self.asked_in_vain(question, true)),
            [Way::No, Way::No] if is_vain => return Some(self.asked_in_vain(question, false)),
            _ => {}
        }
        let Exits { yes, no } = exits;
        if let Some(parts) = self.parts(from, yes, no, budget, Exits::of_alternative)? {
            return Some(self.chaining.any(parts));
        }
        if let Some(parts) = self.parts(from, no, yes, budget, Exits::of_condition)? {
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

    /// A question with one answer for all. The compiler leaves such a node where it found only after
    /// it had made it that what comes behind contradicts itself.
    fn asked_in_vain(&self, question: QuestionId, answer: bool) -> Filter {
        let one = self.question(question);
        let tests = self.written.tests(question);
        let Some(other) = self.written.other_test(&tests[0]).map(Filter::Test) else {
            return match answer {
                true => Filter::Any(vec![one.clone(), not(one)]),
                false => Filter::All(vec![one.clone(), not(one)]),
            };
        };
        let never = vec![other.clone(), not(other)];
        match answer {
            true => self.chaining.any(vec![one, not(Filter::All(never))]),
            false => self.chaining.all(vec![one, Filter::All(never)]),
        }
    }

    /// Takes a region apart at the nodes that all paths pass which do not leave by `exit`; `None`
    /// inside if it is but one part.
    pub(super) fn parts(
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

    /// What a node asks, and what both answers mean.
    pub(super) fn ways(&self, at: NodeId, exits: Exits) -> Option<(QuestionId, [(Edge, Way); 2])> {
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
}
