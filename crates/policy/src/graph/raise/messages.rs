//! Rules of a message filter. Unlike in a profile, an operation that decides as the one it falls back
//! to has to be named: the filter is about those that its rules name.

use std::collections::HashMap;

use super::filter::Filters;
use super::leads::{Leads, NEAREST};
use super::{At, Place, RaiseError, Raising, Refusal, Taken};
use crate::graph::NodeId;
use crate::graph::written::Written;
use crate::rule::{Rule, Version};
use crate::world::{Operation, OperationId, World};

/// Most parts that are looked at, and ways that nodes may have led.
const EFFORT: usize = 500_000;

/// A message filter in a graph that holds those of several rules.
#[derive(Clone, Debug)]
pub struct Messages {
    /// Where each operation of the world starts.
    pub entries: Vec<NodeId>,
    /// The operations that it is about. The others are to start at what they come to without rules.
    pub about: Vec<OperationId>,
}

/// Rules of a message filter, oldest first, that decide as a graph does, which holds no other.
///
/// # Errors
/// If too many rules would be needed.
pub fn raise_messages(
    written: &Written,
    about: &[OperationId],
    world: &World,
) -> Result<Vec<Rule>, RaiseError> {
    let mut taken = HashMap::new();
    let mut raising = of_messages(written, &mut taken, world);
    raising.messages(about).map_err(|refusal| match refusal {
        Refusal::TooLong(name) => RaiseError(name),
        Refusal::Implied => unreachable!("the system adds nothing to a message filter"),
    })
}

/// As [`raise_messages`], of all message filters of a profile, if nodes of theirs may have led in
/// several ways and are settled such that the compiler makes all of them again.
pub fn settle_messages(
    written: &Written,
    all: &[Messages],
    world: &World,
) -> Option<Vec<Vec<Rule>>> {
    let leads = Leads::of(written, NEAREST[0], EFFORT)?;
    if !leads.are_doubtful() && !written.may_lack_nodes() {
        return None;
    }
    let mut taken = HashMap::new();
    let mut raising = of_messages(written, &mut taken, world);
    let mut places: Vec<Vec<(&Operation, Place)>> = Vec::new();
    for one in all {
        raising.written = std::mem::take(&mut raising.written).finish(one.entries.clone());
        places.push(raising.message_places(&one.about).ok()?);
    }
    let mut effort = EFFORT;
    let order = raising.order(places.iter().flatten().map(|(_, place)| place));
    raising.settled(order, &mut effort, &|raising, settled| {
        let each = places.iter().map(|places| {
            let mut filters = Filters::default();
            let owns = places.iter().map(|(operation, place)| {
                let own = raising.own_settled(operation, place, settled, &mut filters);
                (operation.id, own)
            });
            let owns: Vec<_> = owns.collect();
            raising.of_owns(owns.into_iter(), &filters).1
        });
        Some(each.collect())
    })
}

fn of_messages<'c>(
    written: &Written,
    taken: &'c mut HashMap<At, Option<Taken>>,
    world: &'c World,
) -> Raising<'c> {
    Raising {
        written: written.clone(),
        inferred: &[],
        world,
        version: Version::V1,
        implied: false,
        taken,
    }
}

impl<'c> Raising<'c> {
    fn messages(&mut self, about: &[OperationId]) -> Result<Vec<Rule>, Refusal> {
        let places = self.message_places(about)?;
        let mut filters = Filters::default();
        let owns = places.iter().map(|(operation, place)| {
            let own = self.own_at(operation, place, &mut filters)?;
            Ok((operation.id, own))
        });
        let owns: Vec<_> = owns.collect::<Result<_, _>>()?;
        Ok(self.of_owns(owns.into_iter(), &filters).1)
    }

    /// Where the rules about messages stand, as though they fell back to nothing where none would be
    /// needed.
    fn message_places(
        &mut self,
        about: &[OperationId],
    ) -> Result<Vec<(&'c Operation, Place)>, Refusal> {
        let world = self.world;
        let places = about.iter().map(|id| {
            let operation = world.operation(*id);
            let mut place = self.placed(operation)?;
            place.base = place.base.filter(|base| *base != place.start.at);
            Ok((operation, place))
        });
        places.collect()
    }
}
