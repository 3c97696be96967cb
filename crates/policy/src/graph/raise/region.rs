//! Parts of a graph with one way in and two ways out.

use std::collections::BTreeSet;

use super::filter::Filters;
use super::{DEEPEST, FilterKey, MOST, as_written};
use crate::filter::Filter;
use crate::graph::{Canon, NodeId, OutcomeId, Step};
use crate::world::{FilterId, World};

/// A graph with the nodes where a more general one begins, which is left whole.
pub(super) struct Region<'c> {
    canon: &'c Canon,
    world: &'c World,
    bases: Vec<NodeId>,
    /// How many tests it is under.
    depth: usize,
}

/// How much more of a filter may be made.
struct Budget {
    tests: usize,
    depth: usize,
}

impl<'c> Region<'c> {
    pub(super) fn new(canon: &'c Canon, world: &'c World, bases: Vec<NodeId>) -> Self {
        Self {
            canon,
            world,
            bases,
            depth: 0,
        }
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
        while !self.bases.contains(&at) {
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
                let mut budget = Budget {
                    tests: MOST,
                    depth: DEEPEST,
                };
                let filter = self.filter(at, decided, next, &mut budget)?;
                found.push((filters.add(filter), outcome));
                at = next;
                continue;
            }
            // Nothing but the test itself tells the two sides apart: the smaller one is decided
            // under it, to the end.
            let mut whole = Region::new(self.canon, self.world, Vec::new());
            whole.depth = self.depth + 1;
            if whole.depth > DEEPEST {
                return None;
            }
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
                let both = self.all(vec![guard.clone(), filters.get(key).clone()]);
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
        for (outcome, _) in (0..).map(OutcomeId).zip(self.canon.outcomes()) {
            let Some(exit) = self.canon.decision(self.canon.outcome(outcome)) else {
                continue;
            };
            let Some(cut) = self.cut(at, exit, &[], most) else {
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

    /// Whether a segment of several filters that ends in a decision reads as one `require-all`: those
    /// come first that the compiler puts first. `None` of other segments.
    fn is_one_condition(&self, cut: &Cut) -> Option<bool> {
        if !matches!(self.canon.step(cut.next), Step::Decide(_)) {
            return None;
        }
        let tests = cut
            .before
            .iter()
            .filter_map(|at| match self.canon.step(*at) {
                Step::Test { test, .. } => Some(self.canon.test(test).filter),
                Step::Decide(_) => None,
            });
        let filters: Vec<FilterId> = tests.collect();
        let costs = filters.iter().map(|id| self.world.filter(*id).cost);
        let is_mixed = filters.iter().any(|id| *id != filters[0]);
        is_mixed.then(|| costs.is_sorted_by(|a, b| a >= b))
    }

    /// How much more the edges out of a segment are as those of plain tests than the other way, in
    /// thousandths.
    fn reads(&self, cut: &Cut, exit: NodeId) -> i64 {
        let (mut plain, mut all) = (0, 0);
        for at in &cut.before {
            let Step::Test {
                matched, unmatched, ..
            } = self.canon.step(*at)
            else {
                continue;
            };
            for (to, wanted) in [(matched, exit), (unmatched, cut.next)] {
                if to == exit || to == cut.next {
                    all += 1;
                    plain += if to == wanted { 1 } else { -1 };
                }
            }
        }
        plain * 1000 / all.max(1)
    }

    /// The first node that all paths from a node pass which do not end in `exit`, if fewer than
    /// `most` nodes lie before it. Nothing behind the base or `ends` is looked at.
    fn cut(&self, from: NodeId, exit: NodeId, ends: &[NodeId], most: usize) -> Option<Cut> {
        // Successors come before a node: the greatest node that is open is on no path from another.
        let mut open = BTreeSet::from([from]);
        let mut closed: Option<NodeId> = None;
        let mut before = Vec::new();
        while before.len() < most {
            let Some(at) = open.pop_last() else {
                return closed.map(|next| Cut { before, next });
            };
            if !before.is_empty() && open.is_empty() && closed.is_none() {
                return Some(Cut { before, next: at });
            }
            match self.canon.step(at) {
                Step::Test {
                    matched, unmatched, ..
                } if !self.bases.contains(&at) && !ends.contains(&at) => {
                    before.push(at);
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
    fn filter(&self, from: NodeId, yes: NodeId, no: NodeId, budget: &mut Budget) -> Option<Filter> {
        budget.tests = budget.tests.checked_sub(1)?;
        budget.depth = budget.depth.checked_sub(1)?;
        let made = self.filter_within(from, yes, no, budget);
        budget.depth += 1;
        made
    }

    fn filter_within(
        &self,
        from: NodeId,
        yes: NodeId,
        no: NodeId,
        budget: &mut Budget,
    ) -> Option<Filter> {
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
            return Some(any(as_written(parts, self.world)));
        }
        if let Some(parts) = self.parts(from, no, yes, budget, Self::condition)? {
            return Some(self.all(parts));
        }
        let mut side = |to: NodeId, guard: Filter| {
            Some(match to {
                to if to == yes => vec![guard],
                to if to == no => Vec::new(),
                to => vec![self.all(vec![guard, self.filter(to, yes, no, budget)?])],
            })
        };
        let mut sides = side(matched, one.clone())?;
        sides.extend(side(unmatched, Filter::Not(Box::new(one)))?);
        Some(any(sides))
    }

    /// `require-all`, without one in another. What is excluded in a row is excluded at once. The
    /// compiler asks for the costliest first; an order that it would not ask in is said by what
    /// must not hold, as it leaves alternatives in theirs.
    fn all(&self, parts: Vec<Filter>) -> Filter {
        let mut flat: Vec<Filter> = Vec::new();
        let mut excluded: Vec<Filter> = Vec::new();
        let inner = parts.into_iter().flat_map(|part| match part {
            Filter::All(inner) => inner,
            other => vec![other],
        });
        for part in inner.map(Some).chain([None]) {
            match part {
                Some(Filter::Not(part)) => match *part {
                    // Back in the order in which they are asked.
                    Filter::Any(inner) => excluded.extend(as_written(inner, self.world)),
                    other => excluded.push(other),
                },
                part => {
                    if !excluded.is_empty() {
                        let asked = std::mem::take(&mut excluded);
                        flat.push(not(any(as_written(asked, self.world))));
                    }
                    flat.extend(part);
                }
            }
        }
        let costs = flat.iter().map(|part| part.cost(self.world));
        match flat.len() {
            1 => flat.remove(0),
            _ if costs.is_sorted_by(|a, b| a >= b) => Filter::All(flat),
            _ => not(any(flat.into_iter().map(not).collect())),
        }
    }

    /// Takes a region apart at the nodes that all paths pass which do not leave by `exit`. `None`
    /// inside if there is none.
    fn parts(
        &self,
        from: NodeId,
        exit: NodeId,
        end: NodeId,
        budget: &mut Budget,
        part: fn(&Self, NodeId, NodeId, NodeId, &mut Budget) -> Option<Filter>,
    ) -> Option<Option<Vec<Filter>>> {
        let mut parts = Vec::new();
        let mut at = from;
        while at != end {
            let next = self
                .cut(at, exit, &[end], usize::MAX)
                .map_or(end, |cut| cut.next);
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
        budget: &mut Budget,
    ) -> Option<Filter> {
        self.filter(from, exit, next, budget)
    }

    /// A part that leaves if it does not hold.
    fn condition(
        &self,
        from: NodeId,
        exit: NodeId,
        next: NodeId,
        budget: &mut Budget,
    ) -> Option<Filter> {
        self.filter(from, next, exit, budget)
    }
}

/// A part of a graph that is left for one node, or decided.
struct Cut {
    before: Vec<NodeId>,
    next: NodeId,
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

/// What holds exactly if a filter does not.
fn not(filter: Filter) -> Filter {
    match filter {
        Filter::Not(inner) => *inner,
        other => Filter::Not(Box::new(other)),
    }
}
