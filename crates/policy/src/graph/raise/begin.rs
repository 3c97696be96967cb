//! Where the rules of operations begin that are settled, and what they become.

use std::collections::HashMap;

use super::filter::Filters;
use super::spine::End;
use super::{Own, Place, Raising, Taken};
use crate::filter::Filter;
use crate::graph::written::Turn;
use crate::graph::{NodeId, OutcomeId};
use crate::world::Operation;

/// Where rules start that are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Begin {
    /// A node that asks what the system added, and led to where they start.
    pub(super) front: Option<NodeId>,
    /// Where it leads now, or where they start.
    pub(super) at: NodeId,
    /// Where what the operation falls back to starts, if it may.
    pub(super) base: Option<NodeId>,
    /// Whether no rule can allow anything.
    pub(super) refuses: bool,
}

/// What each place is taken apart to.
pub(super) type Settled = HashMap<Begin, Taken>;

impl Raising<'_> {
    /// The places at which rules start, in their order.
    pub(super) fn order<'p>(&self, places: impl Iterator<Item = &'p Place>) -> Vec<Begin> {
        let mut order: Vec<Begin> = Vec::new();
        for begin in places.filter_map(|place| self.begin(place)) {
            if !order.contains(&begin) {
                order.push(begin);
            }
        }
        order
    }

    /// Where rules start that are to be settled.
    fn begin(&self, place: &Place) -> Option<Begin> {
        let node = place.start.front;
        let (front, at) = match node.map(|node| self.written.turn(node)) {
            Some(Turn::Ask { unmatched, .. }) => (node, unmatched),
            _ if self.is_at_base(place) => return None,
            _ => (None, place.start.at),
        };
        Some(Begin {
            front,
            at,
            base: place.base,
            refuses: place.refuses,
        })
    }

    /// What an operation needs if all places are settled so.
    pub(super) fn own_settled(
        &self,
        operation: &Operation,
        place: &Place,
        settled: &Settled,
        filters: &mut Filters,
    ) -> Own {
        // What has no rules of its own is not settled.
        let taken = self.begin(place).map(|begin| settled[&begin].clone());
        let (mut filtered, end) = taken.unwrap_or((Vec::new(), End::Base));
        filtered.splice(0..0, self.asked_besides(place));
        self.own(operation, place, (filtered, end), filters)
    }

    /// What was asked in one question with what the system added.
    fn asked_besides(&self, place: &Place) -> Option<(Filter, OutcomeId)> {
        place.start.front.filter(|_| place.start.by.is_none())?;
        let Turn::Ask {
            question, matched, ..
        } = self.written.turn(place.start.at)
        else {
            return None;
        };
        let outcome = self.written.decided(matched)?;
        Some((self.region(None).question(question), outcome))
    }
}
