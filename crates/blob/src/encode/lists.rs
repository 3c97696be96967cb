//! The rules of each operation, in the order in which they are asked.

use std::borrow::Cow;
use std::collections::VecDeque;

use lapbelt_policy::filter::Filter;
use lapbelt_policy::world::{OperationId, World};

use super::graph::NodeId;

/// A filter with the rule it is of; `None` for a rule that the system adds.
#[derive(Clone, Debug)]
pub(super) struct Asked<'a> {
    pub(super) filter: Cow<'a, Filter>,
    pub(super) rule: Option<u32>,
}

/// Rules one after the other with the same end, as one.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    /// Alternatives, those of the newest rule first.
    pub(super) alternatives: VecDeque<Asked<'a>>,
    pub(super) end: NodeId,
}

/// The rules of one operation.
#[derive(Clone, Debug, Default)]
pub(super) struct List<'a> {
    /// Oldest first.
    pub(super) entries: Vec<Entry<'a>>,
    /// The newest rule without filters.
    pub(super) unconditional: Option<NodeId>,
}

/// The rules of all operations.
pub(super) struct Lists<'a> {
    table: Vec<List<'a>>,
}

impl Asked<'_> {
    pub(super) fn part(&self) -> (&Filter, Option<u32>) {
        (&self.filter, self.rule)
    }
}

impl<'a> Lists<'a> {
    pub(super) fn new(world: &World) -> Self {
        Self {
            table: vec![List::default(); world.operations().len()],
        }
    }

    /// Takes the rules of an operation out.
    pub(super) fn take(&mut self, operation: OperationId) -> List<'a> {
        std::mem::take(&mut self.table[usize::from(operation.0)])
    }

    /// Adds a rule for an operation. Without filters it replaces the one that was unconditional;
    /// with filters it comes first, together with the rule that came first if both end alike.
    pub(super) fn add(
        &mut self,
        operation: OperationId,
        end: NodeId,
        filters: impl DoubleEndedIterator<Item = Asked<'a>>,
    ) {
        let list = &mut self.table[usize::from(operation.0)];
        let mut filters = filters.rev().peekable();
        if filters.peek().is_none() {
            list.unconditional = Some(end);
            return;
        }
        match list.entries.last_mut() {
            Some(newest) if newest.end == end => {
                filters.for_each(|asked| newest.alternatives.push_front(asked));
            }
            _ => list.entries.push(Entry {
                alternatives: filters.rev().collect(),
                end,
            }),
        }
    }
}
