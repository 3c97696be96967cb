//! Parts of a graph with one way in and two ways out.

use std::ops::Add;

use super::chain::{Chaining, not};
use super::cut::Search;
use super::spine::NEAR;
use super::{DEEPEST, MOST};
use crate::filter::Filter;
use crate::graph::NodeId;
use crate::graph::written::{Edge, QuestionId, Turn, Written, edges};

/// How much is tried in one filter for hidden boundaries, in tests that are looked at, and what a
/// boundary counts besides.
const TRIES: usize = 50_000;
const TRY: usize = 50;

/// A graph with the node where a more general one begins, which is left whole.
#[derive(Clone, Copy)]
pub(super) struct Region<'w> {
    pub(super) written: &'w Written,
    pub(super) chaining: Chaining<'w>,
    pub(super) base: Option<NodeId>,
    /// A node that edges led to before they were shortened, wherever they can have done.
    pub(super) led: Option<NodeId>,
    /// How many tests it is under.
    pub(super) depth: usize,
}

/// How unlike the nodes that rules compile to are to those that they are read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unlike {
    /// How many questions are left out, which had their answers already.
    pub(super) lost: usize,
    /// How many are asked twice.
    pub(super) guards: usize,
}

impl Add for Unlike {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            lost: self.lost + other.lost,
            guards: self.guards + other.guards,
        }
    }
}

/// How much more of a filter may be made.
#[derive(Clone)]
pub(super) struct Budget {
    pub(super) tests: usize,
    pub(super) depth: usize,
    /// So far.
    pub(super) unlike: Unlike,
    /// How much more may be tried for hidden boundaries.
    tries: usize,
}

impl Budget {
    /// Another to try a boundary with, if one more may be tried.
    pub(super) fn tried(&mut self) -> Option<Self> {
        self.tries = self.tries.checked_sub(TRY)?;
        Some(self.clone())
    }

    /// Counts what was tried with another.
    pub(super) fn count(&mut self, tried: &Self) {
        self.tries = tried.tries;
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            tests: MOST,
            depth: DEEPEST,
            unlike: Unlike::default(),
            tries: TRIES,
        }
    }
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

    /// What an edge means that was not shortened.
    fn way(self, to: NodeId) -> Way {
        match to {
            _ if to == self.yes => Way::Yes,
            _ if to == self.no => Way::No,
            _ => Way::Within(to),
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
#[derive(Clone, Copy)]
pub(super) enum Way {
    Yes,
    No,
    Within(NodeId),
}

impl Way {
    /// Where it leads within the part.
    pub(super) fn within(&self) -> Option<NodeId> {
        match self {
            Self::Within(to) => Some(*to),
            Self::Yes | Self::No => None,
        }
    }
}

impl Region<'_> {
    pub(super) fn question(&self, question: QuestionId) -> Filter {
        self.chaining.question(self.written.tests(question))
    }

    /// What an edge means for a part that is left for these.
    pub(super) fn way(&self, edge: Edge, exits: Exits) -> Way {
        let led = self.led.filter(|to| self.written.led_to(edge, *to));
        match exits.way(edge.to) {
            _ if led == Some(exits.yes) => Way::Yes,
            _ if led == Some(exits.no) => Way::No,
            Way::Within(_) if self.written.led_to(edge, exits.yes) => Way::Yes,
            Way::Within(_) if self.written.led_to(edge, exits.no) => Way::No,
            way => way,
        }
    }

    /// What holds exactly if a request that starts at a node leaves for `yes`; it leaves for one of
    /// the two. `None` if it is too long.
    pub(super) fn filter(&self, from: NodeId, exits: Exits, budget: &mut Budget) -> Option<Filter> {
        budget.tests = budget.tests.checked_sub(1)?;
        budget.depth = budget.depth.checked_sub(1)?;
        budget.tries = budget.tries.saturating_sub(1);
        let made = self.filter_within(from, exits, budget);
        budget.depth += 1;
        made
    }

    fn filter_within(&self, from: NodeId, exits: Exits, budget: &mut Budget) -> Option<Filter> {
        let (question, ways) = self.ways(from, exits)?;
        let one = self.question(question);
        match [&ways[0].1, &ways[1].1] {
            [Way::Yes, Way::No] => return Some(one),
            [Way::No, Way::Yes] => return Some(not(one)),
            // A question with one answer for all, if not one that it had before.
            [Way::Yes, Way::Yes] | [Way::No, Way::No] => {
                let both = vec![one.clone(), not(one)];
                budget.unlike.lost += usize::from(ways[0].0.to != ways[1].0.to);
                return Some(match ways[0].1 {
                    Way::Yes => Filter::Any(both),
                    _ => Filter::All(both),
                });
            }
            _ => {}
        }
        let ways = ways.map(|(_, way)| way);
        let Exits { yes, no } = exits;
        if let Some(parts) = self.parts(from, yes, no, budget, Exits::of_alternative)? {
            return Some(self.chaining.any(parts));
        }
        if let Some(parts) = self.parts(from, no, yes, budget, Exits::of_condition)? {
            return Some(self.chaining.all(parts));
        }
        // Where one answer ends it, the other needs no question more.
        let ended = match ways {
            [Way::Within(to), Way::No] => Some((one.clone(), to, true)),
            [Way::No, Way::Within(to)] => Some((not(one.clone()), to, true)),
            [Way::Yes, Way::Within(to)] => Some((one.clone(), to, false)),
            [Way::Within(to), Way::Yes] => Some((not(one.clone()), to, false)),
            _ => None,
        };
        if let Some((first, to, is_both)) = ended {
            let parts = vec![first, self.filter(to, exits, budget)?];
            return Some(match is_both {
                true => self.chaining.all(parts),
                false => self.chaining.any(parts),
            });
        }
        budget.unlike.guards += 1;
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

    /// As [`Self::filter`] of a part before another, if need be as though edges that end elsewhere had
    /// led to that before they were shortened.
    fn filter_or_led(
        &self,
        from: NodeId,
        next: NodeId,
        exits: Exits,
        budget: &mut Budget,
    ) -> Option<Filter> {
        let mut tried = budget.clone();
        let plain = self.filter(from, exits, &mut tried);
        budget.count(&tried);
        let plain = plain?;
        let cost = |budget: &Budget| budget.unlike;
        if cost(&tried) > cost(budget)
            && let Some(Budget { tries, .. }) = tried.tried()
        {
            let mut other = Budget {
                tries,
                ..budget.clone()
            };
            let region = Region {
                led: Some(next),
                ..*self
            };
            let led = region.filter(from, exits, &mut other);
            tried.count(&other);
            if let Some(led) = led.filter(|_| cost(&other) < cost(&tried)) {
                *budget = other;
                return Some(led);
            }
        }
        *budget = tried;
        Some(plain)
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
            let cut = |most| {
                let search = Search {
                    exit,
                    end: Some(end),
                    most,
                    by_led: false,
                };
                self.cut(at, search).map(|cut| cut.next)
            };
            // Near ones first: where the whole is one part, each would be looked for to its end.
            let mut next = cut(NEAR);
            if next.is_none_or(|next| next == end) {
                let hidden = self.hidden(at, exit, end);
                if let Some(rest) = self.hidden_parts(at, exit, end, budget, exits, &hidden) {
                    parts.extend(rest);
                    break;
                }
                let part = self.hidden_part(at, exit, budget, exits, &hidden);
                if let Some((first, next)) = part {
                    parts.push(first);
                    at = next;
                    continue;
                }
                next = next.or_else(|| cut(usize::MAX));
            }
            let next = next.unwrap_or(end);
            if next == end && parts.is_empty() {
                return Some(None);
            }
            parts.push(match next == end {
                true => self.filter(at, exits(exit, next), budget)?,
                false => self.filter_or_led(at, next, exits(exit, next), budget)?,
            });
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
                // The compiler leaves out a node whose edges it shortens to the same.
                let is_vain = matched == unmatched;
                let way = |edge: Edge| match is_vain {
                    true => exits.way(edge.to),
                    false => self.way(edge, exits),
                };
                Some((question, edges.map(|edge| (edge, way(edge)))))
            }
            Turn::Decide(_) => None,
        }
    }
}
