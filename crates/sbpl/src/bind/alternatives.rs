//! The value of a filter form: alternatives, bounded in depth and size.

use lapbelt_policy::filter::{Argument, Filter};
use lapbelt_policy::origin::Origin;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::RuleFilter;

use crate::diag::Code;
use crate::eval::fault::Mistake;
use crate::eval::heap::Heap;

/// Deepest nesting of filters; everything that walks a policy recurses on them.
const DEPTH: usize = 100;

/// Filters of which one must hold.
#[derive(Clone, Debug)]
pub(super) struct Alternatives(Vec<RuleFilter>);

impl Alternatives {
    /// Takes filters made of ones that were taken before, and claims their memory.
    ///
    /// # Errors
    /// Nesting deeper than the limit, or too much memory.
    pub(super) fn new(filters: Vec<RuleFilter>, heap: &mut Heap) -> Result<Self, Mistake> {
        let alternatives = Self(filters);
        alternatives.claim(heap)?;
        if alternatives.0.iter().any(|one| depth(&one.filter) > DEPTH) {
            return Err(Mistake::new(Code::Limit, "filters are nested too deep"));
        }
        Ok(alternatives)
    }

    /// A single filter.
    pub(super) fn one(
        filter: Filter,
        origin: Option<Origin>,
        heap: &mut Heap,
    ) -> Result<Self, Mistake> {
        Self::new(vec![RuleFilter { filter, origin }], heap)
    }

    /// Claims memory for one more copy.
    pub(super) fn claim(&self, heap: &mut Heap) -> Result<(), Mistake> {
        heap.claim(self.0.iter().map(|one| size(&one.filter)).sum())
    }

    pub(super) fn filters(&self) -> &[RuleFilter] {
        &self.0
    }

    /// As one filter.
    pub(super) fn any(&self) -> Filter {
        match self.0.as_slice() {
            [one] => one.filter.clone(),
            many => Filter::Any(many.iter().map(|one| one.filter.clone()).collect()),
        }
    }
}

fn depth(filter: &Filter) -> usize {
    match filter {
        Filter::Test(_) => 1,
        Filter::Any(inner) | Filter::All(inner) => 1 + inner.iter().map(depth).max().unwrap_or(0),
        Filter::Not(inner) => 1 + depth(inner),
    }
}

/// Bytes of memory a filter of a rule takes, roughly.
pub(super) fn size(filter: &Filter) -> usize {
    let inside = match filter {
        Filter::Test(test) => match &test.argument {
            Argument::Text(text)
            | Argument::Pattern(
                Pattern::Literal(text) | Pattern::Prefix(text) | Pattern::Subpath(text),
            ) => text.len(),
            // Regular expressions are shared between copies.
            _ => 0,
        },
        Filter::Any(inner) | Filter::All(inner) => inner.iter().map(size).sum(),
        Filter::Not(inner) => size(inner),
    };
    size_of::<RuleFilter>() + inside
}
