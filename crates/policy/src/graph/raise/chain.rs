//! Filters put together such that a compiler asks what was asked, in the same order.
//!
//! The system's compiler asks alternatives in the order given, but joins those over one filter into
//! one question in the place of the first, leaves out what was said before, and asks the costliest
//! of several conditions first.

use std::collections::HashSet;

use crate::filter::{Argument, Filter, Test};
use crate::pattern::Pattern;
use crate::world::{FilterId, World};

/// How filters are put together.
#[derive(Clone, Copy)]
pub(super) struct Chaining<'w> {
    pub(super) world: &'w World,
    /// Whether questions that stand apart must stay apart.
    pub(super) apart: bool,
}

/// What the alternatives so far ask.
#[derive(Default)]
pub(super) struct Said {
    joined: HashSet<FilterId>,
    all: HashSet<Filter>,
}

impl Chaining<'_> {
    /// What a question asks.
    pub(super) fn question(&self, tests: &[Test]) -> Filter {
        match tests {
            [one] => Filter::Test(one.clone()),
            _ => Filter::Any(tests.iter().cloned().map(Filter::Test).collect()),
        }
    }

    /// `require-any`, without one in another.
    pub(super) fn any(&self, parts: Vec<Filter>) -> Filter {
        let mut flat = self.alternatives(parts, &mut Said::default());
        match flat.len() {
            1 => flat.remove(0),
            _ => Filter::Any(flat),
        }
    }

    /// Alternatives that are asked in this order after others.
    pub(super) fn alternatives(&self, parts: Vec<Filter>, said: &mut Said) -> Vec<Filter> {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Filter::Any(inner) if self.joined(&inner).is_none() => {
                    flat.extend(self.alternatives(inner, said));
                }
                part => flat.push(self.said_apart(part, said)),
            }
        }
        flat
    }

    /// A part that the compiler would join with what is said already, such that it does not.
    fn said_apart(&self, mut part: Filter, said: &mut Said) -> Filter {
        let mut is_new = |part: &Filter| match self.joined(std::slice::from_ref(part)) {
            Some(filter) => said.joined.insert(filter),
            None => said.all.insert(part.clone()),
        };
        while !is_new(&part) && self.apart {
            part = Filter::Not(Box::new(Filter::Not(Box::new(part))));
        }
        part
    }

    /// The filter that all of some alternatives ask in one question.
    fn joined(&self, parts: &[Filter]) -> Option<FilterId> {
        let mut of_all = None;
        for part in parts {
            let one = match part {
                Filter::Test(test) => self.is_joined(test).then_some(test.filter),
                Filter::Any(inner) => self.joined(inner),
                Filter::All(_) | Filter::Not(_) => None,
            };
            if one.is_none() || of_all.is_some_and(|all| Some(all) != one) {
                return None;
            }
            of_all = one;
        }
        of_all
    }

    fn is_joined(&self, test: &Test) -> bool {
        let takes = match &test.argument {
            Argument::Pattern(Pattern::Regex(_)) => false,
            Argument::Pattern(_) | Argument::Integer(_) => true,
            _ => false,
        };
        takes && self.world.filter(test.filter).merged
    }

    /// Notes what the system says before the alternatives.
    pub(super) fn note(&self, test: &Test, said: &mut Said) {
        if self.is_joined(test) {
            said.joined.insert(test.filter);
        }
        said.all.insert(Filter::Test(test.clone()));
    }

    /// `require-all`, without one in another. An order that the compiler would not ask in is said by
    /// what must not hold, as it leaves alternatives in theirs.
    pub(super) fn all(&self, parts: Vec<Filter>) -> Filter {
        let inner = parts.into_iter().flat_map(|part| match part {
            Filter::All(inner) => inner,
            other => vec![other],
        });
        let mut flat: Vec<Filter> = inner.collect();
        if flat.len() == 1 {
            return flat.remove(0);
        }
        if self.is_in_order(&flat) {
            return Filter::All(flat);
        }
        let mut grouped = self.excluded_at_once(&flat);
        if grouped.len() == 1 {
            return grouped.remove(0);
        }
        if self.is_in_order(&grouped) {
            return Filter::All(grouped);
        }
        not(self.any(flat.into_iter().map(not).collect()))
    }

    fn is_in_order(&self, parts: &[Filter]) -> bool {
        let costs = parts.iter().map(|part| part.cost(self.world));
        costs.is_sorted_by(|a, b| a >= b)
    }

    /// Conditions with those in a row that must not hold as one.
    fn excluded_at_once(&self, parts: &[Filter]) -> Vec<Filter> {
        let is_not = |part: &Filter| matches!(part, Filter::Not(_));
        let runs = parts.chunk_by(|a, b| is_not(a) && is_not(b));
        runs.map(|run| match run {
            [one] => one.clone(),
            many => not(self.any(many.iter().cloned().map(not).collect())),
        })
        .collect()
    }
}

/// What holds exactly if a filter does not.
pub(super) fn not(filter: Filter) -> Filter {
    match filter {
        Filter::Not(inner) => *inner,
        other => Filter::Not(Box::new(other)),
    }
}
