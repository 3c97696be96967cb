//! Rules for a graph that a compiler wrote, found by settling what each node led to before its edges
//! were shortened.
//!
//! If each node led to the same for all that come to it, and each operation is put together of parts,
//! the compiler makes the very nodes of them again. What does for one operation may not do for
//! another: then that one is settled first. Where there is no way even so, or none is found a few
//! times, nodes are added that are not there, as all edges to them may have been shortened.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::begin::{Begin, Settled};
use super::filter::Filters;
use super::leads::{Lead, Leads, MOST_NODES, NEAREST, Nearest};
use super::parts::Parts;
use super::region::Region;
use super::route::{Route, route};
use super::told::Telling;
use super::{Place, Raising};
use crate::graph::written::{Turn, Written};
use crate::graph::{NodeId, Outcome};
use crate::rule::{Action, Modifier, Policy, Version};
use crate::world::{Operation, OperationId, World};

/// Most parts that are looked at for a profile.
pub const SETTLING: usize = 20_000_000;

/// How often it is begun anew, and how often something else may come of it than what was compiled.
const BEGUN: u32 = 200;
const OTHERS: usize = 4;

/// How often there is no way for a place before nodes are added that are not there.
const OFTEN: usize = 3;

/// What it costs to ask a question, and more where one says by it what is not to be seen: that an edge
/// led elsewhere, that it is asked in vain, what came to nothing, and that there was a node.
pub(super) const QUESTION: u32 = 16;
const ELSEWHERE: u32 = 12;
const IN_VAIN: u32 = 24;
const HIDDEN: u32 = 20;
const UNSEEN: u32 = 40;

/// Rules of a version for a graph that a compiler wrote which compile to it again, if such are found:
/// `is_it` tells. What stands in front of the operations in `inferred` is taken as added by the
/// compiler where it could be, and rules that the system adds are left out, unless `implied` is false.
/// No more parts are looked at than `effort`, which becomes what is left of it.
pub fn raise_settled(
    written: &Written,
    inferred: &[OperationId],
    implied: bool,
    version: Version,
    world: &World,
    effort: &mut usize,
    is_it: &dyn Fn(&Policy) -> bool,
) -> Option<Policy> {
    let mut raising = Raising {
        written: written.clone(),
        inferred,
        world,
        version,
        implied,
        taken: &mut HashMap::new(),
    };
    let in_table = world.operations().iter().filter(|o| o.in_table);
    let places = in_table.map(|operation| Some((operation, raising.placed(operation).ok()?)));
    let places: Vec<(&Operation, Place)> = places.collect::<Option<_>>()?;
    let each = places.iter().map(|(_, place)| place);
    let order = raising.order(each);
    raising.settled(order, effort, &|raising, settled| {
        let mut filters = Filters::default();
        let owns = places.iter().map(|(operation, place)| {
            let own = raising.own_settled(operation, place, settled, &mut filters);
            (operation.id, own)
        });
        let owns = owns.collect();
        let policy = raising.policy_of(owns, &filters).1;
        is_it(&policy).then_some(policy)
    })
}

impl Raising<'_> {
    /// What nodes may have led to.
    fn leads(&self, order: &[Begin], nearest: Nearest, effort: usize) -> Option<Leads> {
        let mut leads = Leads::of(&self.written, nearest, effort)?;
        let fronts = order.iter().filter_map(|begin| begin.front);
        fronts.for_each(|node| leads.look_in_front(node));
        Some(leads)
    }

    /// What comes of places that are settled, once it is what it should be; `None` if it never is, or
    /// more than `effort` parts had to be looked at.
    pub(super) fn settled<T>(
        &mut self,
        order: Vec<Begin>,
        effort: &mut usize,
        made: &dyn Fn(&Self, &Settled) -> Option<T>,
    ) -> Option<T> {
        if !self.written.is_compiled() {
            return None;
        }
        self.add_refusals();
        let mut found = None;
        for nearest in NEAREST {
            found = found.or_else(|| self.settled_among(nearest, order.clone(), effort, made));
            if found.is_none() && self.written.pin_shared() {
                found = self.settled_among(nearest, order.clone(), effort, made);
            }
        }
        found
    }

    /// As [`Self::settled`], if edges led to the nearest that they may have.
    fn settled_among<T>(
        &mut self,
        nearest: Nearest,
        mut order: Vec<Begin>,
        effort: &mut usize,
        made: &dyn Fn(&Self, &Settled) -> Option<T>,
    ) -> Option<T> {
        let mut leads = self.leads(&order, nearest, *effort)?;
        let mut stuck = Vec::new();
        let mut with_unseen = Vec::new();
        let mut others = 0;
        for begun in 0..BEGUN {
            let settling = Settling {
                region: self.region(None),
                leads: leads.clone(),
                begun,
                effort: &mut *effort,
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
                    stuck.push(place);
                    let added = with_unseen.iter().filter(|other| **other == place);
                    let vain = match added.count() {
                        0 => false,
                        1 => true,
                        _ if is_open => return None,
                        _ => continue,
                    };
                    let times = stuck.iter().filter(|other| **other == place).count();
                    if is_open || times.is_multiple_of(OFTEN) {
                        with_unseen.push(place);
                        self.add_unseen(place, vain);
                        leads = self.leads(&order, nearest, *effort)?;
                    }
                }
            }
        }
        None
    }

    /// Adds decisions for rules that no request comes to, so that there is one where another follows.
    fn add_refusals(&mut self) {
        let mut refused = Outcome::plain(Action::Deny);
        self.written.decide(&refused);
        if let Some(quiet) = self.world.modifier_named("no-report") {
            refused.modifiers.push(Modifier {
                modifier: quiet.id,
                argument: None,
            });
            self.written.decide(&refused);
        }
    }

    /// Adds nodes that may have been among those of an operation.
    fn add_unseen(&mut self, begin: Begin, vain: bool) {
        let own = self.written.reached(begin.at);
        let behind = begin.base.map(|base| self.written.reached(base));
        let behind = behind.unwrap_or_default();
        let own = own.difference(&behind).copied().collect();
        self.written.add_unseen(&own, vain, MOST_NODES);
    }
}

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
    fn settle(mut self, order: &[Begin]) -> Result<Settled, Stuck> {
        let written = self.region.written;
        let mut is_open = true;
        loop {
            let cost = |at, lead| cost(written, at, lead) + noise(self.begun, at, lead);
            let parts = Parts::of(written, &self.leads, &cost, self.effort);
            let parts = parts.ok_or(Stuck::Exhausted)?;
            let mut all: BTreeMap<NodeId, Lead> = BTreeMap::new();
            let mut settled = Settled::new();
            for (place, begin) in order.iter().enumerate() {
                let way = self.way(&parts, begin, &cost);
                let (front, route) = way.ok_or(Stuck::At { place, is_open })?;
                let mut telling = Telling {
                    region: self.region,
                    leads: &self.leads,
                    parts: &parts,
                    led: BTreeMap::new(),
                    double: None,
                };
                let taken = telling.taken(front, &route);
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
                settled.insert(*begin, taken);
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

    /// The cheapest way through the rules of an operation, with what the node in front of them led to.
    fn way(
        &self,
        parts: &Parts,
        begin: &Begin,
        cost: &dyn Fn(NodeId, Lead) -> u32,
    ) -> Option<(Option<(NodeId, Lead)>, Route)> {
        let written = self.region.written;
        let Some(node) = begin.front else {
            let route = route(parts, written, (begin.at, None), begin)?;
            return Some((None, route));
        };
        let Turn::Ask { matched, .. } = written.turn(node) else {
            return None;
        };
        let said = written.decided(matched)?;
        let ways = self.leads.at(node).iter().filter_map(|lead| {
            let (lead, start) = match *lead {
                Lead::Apart(yes, no) | Lead::Hidden(yes, no) if yes == matched => {
                    (*lead, (no, Some(said)))
                }
                Lead::Vain(to, None) if to == matched => {
                    let others = written.decisions().filter(|(other, _)| *other != said);
                    let is_allow = |id| written.outcome(id).action == Action::Allow;
                    let (other, besides) = others.min_by_key(|(other, _)| is_allow(*other))?;
                    (Lead::Vain(to, Some(besides)), (to, Some(other)))
                }
                Lead::Vain(to, Some(besides)) if to == matched => {
                    (*lead, (to, Some(written.decided(besides)?)))
                }
                _ => return None,
            };
            let route = route(parts, written, start, begin)?;
            Some((route.cost.saturating_add(cost(node, lead)), lead, route))
        });
        let (_, lead, route) = ways.min_by_key(|(cost, ..)| *cost)?;
        Some((Some((node, lead)), route))
    }
}

fn cost(written: &Written, at: NodeId, lead: Lead) -> u32 {
    let unseen = if written.is_original(at) { 0 } else { UNSEEN };
    let lead = match (lead, written.turn(at)) {
        (
            Lead::Apart(one, other),
            Turn::Ask {
                matched, unmatched, ..
            },
        ) => ELSEWHERE * (u32::from(one != matched) + u32::from(other != unmatched)),
        (Lead::Apart(..), Turn::Decide(_)) => 0,
        (Lead::Vain(..), _) => IN_VAIN,
        (Lead::Hidden(..), _) => HIDDEN,
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
