//! Filters for what the compiler took away after it had made nodes of it: equal nodes, questions with
//! one answer for all and edges that were not shortened are all that is left.

use std::collections::BTreeSet;

use super::chain::not;
use super::region::{Budget, Exits, Region, Twice, Way};
use crate::filter::Filter;
use crate::graph::NodeId;
use crate::graph::written::{Edge, QuestionId, Turn};

/// A filter whose node comes to stand beside an equal one: equal nodes are joined before edges are
/// shortened, so one had an edge to another.
pub(super) fn asked_twice(filter: Filter, is_not: bool, twice: Twice) -> Filter {
    let once = Filter::Not(Box::new(filter.clone()));
    let both = vec![filter, Filter::Not(Box::new(once))];
    if is_not == (twice == Twice::Matched) {
        Filter::Any(both)
    } else {
        Filter::All(both)
    }
}

impl Region<'_> {
    /// A filter whose node has edges to nodes that ask the same again: the compiler would have
    /// shortened them, but for what it took away between.
    pub(super) fn edges_kept(
        &self,
        filter: Filter,
        question: QuestionId,
        ways: &[(Edge, Way); 2],
        exits: Exits,
        budget: &Budget,
    ) -> Filter {
        ways.iter().fold(filter, |filter, (edge, way)| {
            let asks_again = matches!(self.written.turn(edge.to),
                Turn::Ask { question: again, .. } if again == question);
            let is_exit = edge.to == exits.yes || edge.to == exits.no;
            if !asks_again || !is_exit || budget.kept.contains(&edge.to) {
                return filter;
            }
            match (self.never(question, 0), way) {
                (Some(never), Way::No) => Filter::Any(vec![filter, never]),
                (Some(never), Way::Yes) => Filter::All(vec![filter, not(never)]),
                _ => filter,
            }
        })
    }

    /// Whether two nodes ask the same and lead to the same, and the first is there for the other's
    /// sake: one at which an operation starts is there for its own, or to which one comes that does not
    /// come to the other. (Edges to the more general operation may all be shortened.)
    pub(super) fn is_equal(&self, one: NodeId, other: NodeId) -> bool {
        self.written.turn(one) == self.written.turn(other)
            && match Some(other) == self.base {
                true => !self.written.entries().contains(&one),
                false => !self.written.has_own(one, other),
            }
    }

    /// What the compiler must have taken away between a part and the next, to which an edge leads that
    /// has the answer to its question already: it would have been shortened.
    pub(super) fn asked_again(&self, from: NodeId, next: NodeId, exits: Exits) -> Option<Filter> {
        let Turn::Ask {
            question: again, ..
        } = self.written.turn(next)
        else {
            return None;
        };
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        let mut is_led_to = false;
        while let Some(at) = open.pop() {
            for (edge, _) in self.ways(at, exits).into_iter().flat_map(|(_, ways)| ways) {
                is_led_to |= edge.to == next && edge.question == again;
                // What was taken away stood before one edge, and not before this.
                if edge.to != next && self.written.led_to(edge, next) {
                    return None;
                }
                // Successors come before a node.
                let is_within = edge.to > next && edge.to != exits.yes && edge.to != exits.no;
                if is_within && seen.insert(edge.to) {
                    open.push(edge.to);
                }
            }
        }
        let never = is_led_to.then(|| self.never(again, 0))??;
        Some(if exits.no == next { never } else { not(never) })
    }

    /// A filter that contradicts itself, of the same value as a question.
    fn never(&self, question: QuestionId, number: usize) -> Option<Filter> {
        let one = &self.written.tests(question)[0];
        let other = self.written.other_test(one, number)?;
        let other = Filter::Test(other);
        Some(Filter::All(vec![other.clone(), not(other)]))
    }

    /// A question with one answer for all. The compiler leaves such a node where it found only after
    /// it had made it that what comes behind contradicts itself. Where equal ones stand, each had
    /// something else behind it.
    pub(super) fn asked_in_vain(&self, from: NodeId, question: QuestionId, answer: bool) -> Filter {
        let one = self.question(question);
        match (
            self.never(question, self.written.equals_before(from)),
            answer,
        ) {
            (Some(never), true) => self.chaining.any(vec![one, not(never)]),
            (Some(never), false) => self.chaining.all(vec![one, never]),
            (None, true) => Filter::Any(vec![one.clone(), not(one)]),
            (None, false) => Filter::All(vec![one.clone(), not(one)]),
        }
    }

    /// A question with one answer for all before a node that asks it again: one edge was shortened,
    /// and the other not, for what the compiler took away between later.
    pub(super) fn asked_before(
        &self,
        question: QuestionId,
        answer: bool,
        to: [NodeId; 2],
        exit: NodeId,
    ) -> Option<Filter> {
        let one = self.question(question);
        let kept = match to.map(|to| to == exit) {
            [true, false] => one,
            [false, true] => not(one),
            _ => return None,
        };
        let never = self.never(question, 0)?;
        Some(match answer {
            true => Filter::Any(vec![not(kept), not(never)]),
            false => Filter::All(vec![kept, never]),
        })
    }
}
