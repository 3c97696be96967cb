//! Rules of a message filter. Unlike in a profile, an operation that decides as the one it falls back
//! to has to be named: the filter is about those that its rules name.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use super::cut::VAIN;
use super::filter::Filters;
use super::front::without;
use super::region::Twice;
use super::{Own, RaiseError, Raising, Reading, Refusal};
use crate::graph::written::{Anyway, Written};
use crate::rule::{Rule, Version};
use crate::world::{Operation, OperationId, World};

/// Rules of a message filter that is about some operations, oldest first, and decides them as a graph
/// does. The others are to start there at what they come to without rules.
///
/// # Errors
/// If too many rules would be needed.
pub fn raise_messages(
    written: &Written,
    about: &[OperationId],
    world: &World,
) -> Result<Vec<Rule>, RaiseError> {
    let mut written = written.clone();
    written.find_again(&HashSet::new(), Anyway::First);
    let raising = Raising {
        written,
        inferred: &[],
        world,
        version: Version::V1,
        implied: false,
        twice: Twice::Unmatched,
        vain: VAIN,
        reading: Reading::Plain,
        breadth: 1,
        effort: Cell::new(usize::MAX),
        taken: &mut HashMap::new(),
    };
    raising.messages(about).map_err(|refusal| match refusal {
        Refusal::TooLong(name) => RaiseError(name),
        Refusal::Implied => unreachable!("the system adds nothing to a message filter"),
    })
}

impl Raising<'_> {
    fn messages(mut self, about: &[OperationId]) -> Result<Vec<Rule>, Refusal> {
        let mut filters = Filters::default();
        let mut owns = Vec::new();
        for id in about {
            let operation = self.world.operation(*id);
            let own = match self.ways_of(operation, &mut filters)?.swap_remove(0) {
                own if own == Own::default() => self.whole(operation, &mut filters)?,
                own => own,
            };
            owns.push((*id, own));
        }
        Ok(self.of_owns(owns.into_iter(), &filters).1)
    }

    /// What an operation needs if it falls back to nothing.
    fn whole(&mut self, operation: &Operation, filters: &mut Filters) -> Result<Own, Refusal> {
        let entry = self.written.entries()[usize::from(operation.id.0)];
        let start = without(&mut self.written, entry, &[]);
        let mut ways = self.from(operation, start, None, &[], filters)?;
        Ok(ways.swap_remove(0))
    }
}
