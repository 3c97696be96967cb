//! Parts of a graph with one way in and two ways out.

use std::collections::BTreeSet;

use super::filter::Filters;
use super::{FilterKey, MOST};
use crate::filter::Filter;
use crate::graph::{Canon, NodeId, OutcomeId, Step};

/// A graph with the node where a more general one begins, which is left whole.
pub(super) struct Region<'c> {
    canon: &'c Canon,
    base: Option<NodeId>,
}

impl<'c> Region<'c> {
    pub(super) fn new(canon: &'c Canon, base: Option<NodeId>) -> Self {
        Self { canon, base }
    }

    /// Adds the filters that are asked from `from` on, in their order, each with what it decides,
    /// and gives the node behind the last: the base or a decision. `None` if there are too many.
    pub(super) fn take_apart(
        &self,
        from: NodeId,
        filters: &mut Filters,
        found: &mut Vec<(FilterKey, OutcomeId)>,
    ) -> Option<NodeId> {
        let mut at = from;
        while Some(at) != self.base {
            let Step::Test {
                test,
                matched,
                unmatched,
            } = self.canon.step(at)
            else {
                break;
            };
            if found.len() > MOST {
                return None;
            }
            if let Some((next, outcome)) = self.segment(at) {
                let decided = self.canon.decision(self.canon.outcome(outcome))?;
                let mut budget = MOST;
                let filter = self.filter(at, decided, next, &mut budget)?;
                found.push((filters.add(filter), outcome));
                at = next;
                continue;
            }
            // Nothing but the test itself tells the two sides apart: the smaller one is decided
            // under it, to the end.
            let whole = Region::new(self.canon, None);
            let sizes = [matched, unmatched].map(|side| self.canon.reachable(&[side]).len());
            let test = Filter::Test(self.canon.test(test).clone());
            let (guard, inner, next) = if sizes[0] <= sizes[1] {
                (test, matched, unmatched)
            } else {
                (Filter::Not(Box::new(test)), unmatched, matched)
            };
            let mut guarded = Vec::new();
            let end = whole.take_apart(inner, filters, &mut guarded)?;
            for (key, outcome) in guarded {
                let both = all(vec![guard.clone(), filters.get(key).clone()]);
                found.push((filters.add(both), outcome));
            }
            let Step::Decide(outcome) = self.canon.step(end) else {
                return None;
            };
            found.push((filters.add(guard), outcome));
            at = next;
        }
        Some(at)
    }

    /// The next node of the spine, and what is decided before it.
    fn segment(&self, at: NodeId) -> Option<(NodeId, OutcomeId)> {
        // Near ones first: a segment is as long as a filter, the graph as a profile.
        [16, 512, usize::MAX]
            .into_iter()
            .find_map(|most| self.segment_within(at, most))
    }

    fn segment_within(&self, at: NodeId, mut most: usize) -> Option<(NodeId, OutcomeId)> {
        let mut best = None;
        for (outcome, _) in (0..).map(OutcomeId).zip(self.canon.outcomes()) {
            let decided = self.canon.decision(self.canon.outcome(outcome));
            let found = decided.and_then(|decided| self.cut(at, decided, &[], most));
            if let Some((size, next)) = found {
                most = size;
                best = Some((next, outcome));
            }
        }
        best
    }

    /// The first node that all paths from a node pass which do not end in `exit`, and how many nodes
    /// lie before it, if fewer than `most`. Nothing behind the base or `ends` is looked at.
    fn cut(
        &self,
        from: NodeId,
        exit: NodeId,
        ends: &[NodeId],
        most: usize,
    ) -> Option<(usize, NodeId)> {
        // Successors come before a node: the greatest node that is open is on no path from another.
        let mut open = BTreeSet::from([from]);
        let mut closed: Option<NodeId> = None;
        let mut size = 0;
        while size < most {
            let Some(at) = open.pop_last() else {
                return closed.map(|end| (size, end));
            };
            if size > 0 && open.is_empty() && closed.is_none() {
                return Some((size, at));
            }
            match self.canon.step(at) {
                Step::Test {
                    matched, unmatched, ..
                } if Some(at) != self.base && !ends.contains(&at) => {
                    size += 1;
                    open.extend([matched, unmatched].into_iter().filter(|to| *to != exit));
                }
                // An end: all else must come to it as well.
                _ => {
                    if closed.is_some_and(|end| end != at) {
                        return None;
                    }
                    closed = Some(at);
                }
            }
        }
        None
    }

    /// What holds exactly if a request that starts at a node comes to `yes` and not to `no`; it
    /// comes to one of them. `None` if it is too long.
    fn filter(&self, from: NodeId, yes: NodeId, no: NodeId, budget: &mut usize) -> Option<Filter> {
        *budget = budget.checked_sub(1)?;
        let Step::Test {
            test,
            matched,
            unmatched,
        } = self.canon.step(from)
        else {
            return None;
        };
        let one = Filter::Test(self.canon.test(test).clone());
        if (matched, unmatched) == (yes, no) {
            return Some(one);
        }
        if (matched, unmatched) == (no, yes) {
            return Some(Filter::Not(Box::new(one)));
        }
        if let Some(parts) = self.parts(from, yes, no, budget, Self::alternative)? {
            return Some(any(parts));
        }
        if let Some(parts) = self.parts(from, no, yes, budget, Self::condition)? {
            return Some(all(parts));
        }
        let mut side = |to: NodeId, guard: Filter| {
            Some(match to {
                to if to == yes => vec![guard],
                to if to == no => Vec::new(),
                to => vec![all(vec![guard, self.filter(to, yes, no, budget)?])],
            })
        };
        let mut sides = side(matched, one.clone())?;
        sides.extend(side(unmatched, Filter::Not(Box::new(one)))?);
        Some(any(sides))
    }

    /// Takes a region apart at the nodes that all paths pass which do not leave by `exit`. `None`
    /// inside if there is none.
    fn parts(
        &self,
        from: NodeId,
        exit: NodeId,
        end: NodeId,
        budget: &mut usize,
        part: fn(&Self, NodeId, NodeId, NodeId, &mut usize) -> Option<Filter>,
    ) -> Option<Option<Vec<Filter>>> {
        let mut parts = Vec::new();
        let mut at = from;
        while at != end {
            let next = self
                .cut(at, exit, &[end], usize::MAX)
                .map_or(end, |cut| cut.1);
            if next == end && parts.is_empty() {
                return Some(None);
            }
            parts.push(part(self, at, exit, next, budget)?);
            at = next;
        }
        Some(Some(parts))
    }

    /// A part that leaves if it holds.
    fn alternative(
        &self,
        from: NodeId,
        exit: NodeId,
        next: NodeId,
        budget: &mut usize,
    ) -> Option<Filter> {
        self.filter(from, exit, next, budget)
    }

    /// A part that leaves if it does not hold.
    fn condition(
        &self,
        from: NodeId,
        exit: NodeId,
        next: NodeId,
        budget: &mut usize,
    ) -> Option<Filter> {
        self.filter(from, next, exit, budget)
    }
}

/// `require-any`, without one in another.
fn any(parts: Vec<Filter>) -> Filter {
    let flat = parts.into_iter().flat_map(|part| match part {
        Filter::Any(inner) => inner,
        other => vec![other],
    });
    let mut flat: Vec<Filter> = flat.collect();
    match flat.len() {
        1 => flat.remove(0),
        _ => Filter::Any(flat),
    }
}

/// `require-all`, without one in another. What is excluded in a row is excluded at once.
fn all(parts: Vec<Filter>) -> Filter {
    let mut flat: Vec<Filter> = Vec::new();
    let inner = parts.into_iter().flat_map(|part| match part {
        Filter::All(inner) => inner,
        other => vec![other],
    });
    for part in inner {
        match (flat.last_mut(), part) {
            (Some(Filter::Not(before)), Filter::Not(part)) => {
                let earlier = std::mem::replace(&mut **before, Filter::Any(Vec::new()));
                **before = any(vec![earlier, *part]);
            }
            (_, part) => flat.push(part),
        }
    }
    match flat.len() {
        1 => flat.remove(0),
        _ => Filter::All(flat),
    }
}
