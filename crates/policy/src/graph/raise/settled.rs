//! Rules for a graph that a compiler wrote, found by settling what each node led to before its edges
//! were shortened.
//!
//! If each node led to the same for all that come to it, and each operation is put together of parts,
//! the compiler makes the very nodes of them again. What does for one operation may not do for
//! another: then that one is settled first.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::filter::Filters;
use super::leads::{Lead, Leads, MOST_NODES};
use super::parts::Parts;
use super::region::Region;
use super::route::route;
use super::spine::End;
use super::told::Telling;
use super::{At, Own, Place, Raising, Taken};
use crate::graph::NodeId;
use crate::graph::written::{Turn, Written};
use crate::rule::{Policy, Version};
use crate::world::{Operation, OperationId, World};

/// Most parts that are looked at for a profile.
const EFFORT: usize = 20_000_000;

/// How often it is begun anew, and how often something else may come of it than what was compiled.
const BEGUN: u32 = 40;
const OTHERS: usize = 4;

/// What it costs to ask a question, and more where one says by it what is not to be seen: that an edge
/// led elsewhere, that it is asked in vain, and that there was a node.
pub(super) const QUESTION: u32 = 16;
const ELSEWHERE: u32 = 12;
const IN_VAIN: u32 = 24;
const UNSEEN: u32 = 40;

/// Rules of a version for a graph that a compiler wrote which compile to it again, if such are found:
/// `made` tells, and may add to them. What stands in front of the operations in `inferred` is taken as added by the
/// compiler where it could be.
pub fn raise_settled(
    written: &Written,
    inferred: &[OperationId],
    version: Version,
    world: &World,
    made: &dyn Fn(Policy) -> Option<Policy>,
) -> Option<Policy> {
    let mut raising = Raising {
        written: written.clone(),
        inferred,
        world,
        version,
        implied: true,
        taken: &mut HashMap::new(),
    };
    let in_table = world.operations().iter().filter(|o| o.in_table);
    let places = in_table.map(|operation| Some((operation, raising.placed(operation).ok()?)));
    let places: Vec<(&Operation, Place)> = places.collect::<Option<_>>()?;
    let each = places.iter().map(|(_, place)| place);
    let order = raising.order(each);
    raising.settled(order, EFFORT, &|raising, settled| {
        let mut filters = Filters::default();
        let owns = places.iter().map(|(operation, place)| {
            let own = raising.own_settled(operation, place, settled, &mut filters);
            (operation.id, own)
        });
        let owns = owns.collect();
        made(raising.policy_of(owns, &filters).1)
    })
}

impl Raising<'_> {
    /// The places at which rules start, in their order.
    pub(super) fn order<'p>(&self, places: impl Iterator<Item = &'p Place>) -> Vec<At> {
        let mut order: Vec<At> = Vec::new();
        for place in places {
            if !self.is_at_base(place) && !order.contains(&place.at()) {
                order.push(place.at());
            }
        }
        order
    }

    /// What comes of places that are settled, once it is what it should be; `None` if it never is, or
    /// more than `effort` parts had to be looked at.
    pub(super) fn settled<T>(
        &mut self,
        mut order: Vec<At>,
        mut effort: usize,
        made: &dyn Fn(&Self, &Settled) -> Option<T>,
    ) -> Option<T> {
        let seen = self.written.turns().len();
        if !self.written.is_compiled() {
            return None;
        }
        let mut leads = Leads::of(&self.written, seen, effort)?;
        let mut with_unseen = Vec::new();
        let mut others = 0;
        for begun in 0..BEGUN {
            let settling = Settling {
                region: self.region(None),
                leads: leads.clone(),
                begun,
                effort: &mut effort,
            };
            match settling.settle(&order) {
                Ok(settled) => {
                    if let Some(made) = made(self, &settled) {
                        return Some(made);
                    }
                    others += 1;
                    if others == OTHERS {
                        return None;
                    }
                }
                Err(Stuck::Exhausted) => return None,
                Err(Stuck::At { place, is_open }) => {
                    let place = order.remove(place);
                    order.insert(0, place);
                    if is_open && with_unseen.contains(&place) {
                        return None;
                    }
                    if is_open {
                        with_unseen.push(place);
                        self.add_unseen(place);
                        leads = Leads::of(&self.written, seen, effort)?;
                    }
                }
            }
        }
        None
    }

    /// Adds nodes that may have been among those of an operation.
    fn add_unseen(&mut self, (start, base): At) {
        let own = self.written.reached(start);
        let behind = base.map(|base| self.written.reached(base));
        let behind = behind.unwrap_or_default();
        let own = own.difference(&behind).copied().collect();
        self.written.add_unseen(&own, MOST_NODES);
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
        let taken = settled.get(&place.at()).filter(|_| !self.is_at_base(place));
        let taken = taken.cloned().unwrap_or((Vec::new(), End::Base));
        self.own(operation, place, taken, filters)
    }
}

/// What each place is taken apart to.
pub(super) type Settled = HashMap<At, Taken>;

/// Why no way was found.
enum Stuck {
    /// There is none for a place, by its number in the order, though nothing else was settled before
    /// if it is open.
    At { place: usize, is_open: bool },
    /// Nothing more is to be looked at.
    Exhausted,
}

struct Settling<'s> {
    region: Region<'s>,
    leads: Leads,
    begun: u32,
    effort: &'s mut usize,
}

impl Settling<'_> {
    /// What all places are taken apart to such that each node led to the same for all of them.
    fn settle(mut self, order: &[At]) -> Result<Settled, Stuck> {
        let written = self.region.written;
        let mut is_open = true;
        loop {
            let cost =
                |at, lead| cost(written, &self.leads, at, lead) + noise(self.begun, at, lead);
            let parts = Parts::of(written, &self.leads, &cost, self.effort);
            let parts = parts.ok_or(Stuck::Exhausted)?;
            let mut all: BTreeMap<NodeId, Lead> = BTreeMap::new();
            let mut settled = Settled::new();
            for (place, at) in order.iter().enumerate() {
                let route = route(&parts, written, at.0, at.1);
                let route = route.ok_or(Stuck::At { place, is_open })?;
                let mut telling = Telling {
                    region: self.region,
                    leads: &self.leads,
                    parts: &parts,
                    led: BTreeMap::new(),
                    double: None,
                };
                let taken = telling.taken(&route);
                let is_open = false;
                let taken = taken.ok_or(Stuck::At { place, is_open })?;
                let Telling { led, double, .. } = telling;
                if let Some(node) = double {
                    all.entry(node).or_insert(led[&node]);
                    break;
                }
                let is_other = |(node, lead)| all.get(node).is_some_and(|one| one != lead);
                if led.iter().any(is_other) {
                    break;
                }
                all.extend(led);
                settled.insert(*at, taken);
            }
            is_open = false;
            let mut is_whole = settled.len() == order.len();
            for (node, lead) in all {
                is_whole &= self.leads.take(node, lead);
            }
            if is_whole {
                return Ok(settled);
            }
        }
    }
}

fn cost(written: &Written, leads: &Leads, at: NodeId, lead: Lead) -> u32 {
    let unseen = if leads.is_seen(at) { 0 } else { UNSEEN };
    let lead = match (lead, written.turn(at)) {
        (
            Lead::Apart(one, other),
            Turn::Ask {
                matched, unmatched, ..
            },
        ) => ELSEWHERE * (u32::from(one != matched) + u32::from(other != unmatched)),
        (Lead::Apart(..), Turn::Decide(_)) => 0,
        (Lead::Vain(..), _) => IN_VAIN,
    };
    QUESTION + unseen + lead
}

/// Lets another way be tried each time that it is begun anew.
fn noise(begun: u32, at: NodeId, lead: Lead) -> u32 {
    let mut hasher = DefaultHasher::new();
    (begun, at, lead).hash(&mut hasher);
    match begun {
        0 => 0,
        _ => hasher.finish() as u32 % (QUESTION / 2 + begun),
    }
}
