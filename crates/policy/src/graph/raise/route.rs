//! Of all ways through the parts of a graph the cheapest from where an operation starts to where it
//! ends.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::begin::Begin;
use super::length::RULE;
use super::parts::{PartId, Parts, Ways};
use super::region::Exits;
use super::settled::QUESTION;
use super::spine::End;
use crate::graph::written::Written;
use crate::graph::{NodeId, OutcomeId};
use crate::rule::Action;

/// The parts on the way through an operation, each with what it decides, and what is behind the last.
pub(super) struct Route {
    pub(super) steps: Vec<Step>,
    pub(super) end: End,
    pub(super) cost: u32,
}

/// A part that decides, or goes on.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) part: PartId,
    pub(super) exits: Exits,
    pub(super) outcome: OutcomeId,
}

/// A node behind a part, with what that one decides.
pub(super) type Place = (NodeId, Option<OutcomeId>);

/// The cheapest way from a node, and what was decided before it, to a decision, or to where the more
/// general operation begins. Nothing is allowed by one that refuses.
pub(super) fn route(
    parts: &Parts,
    written: &Written,
    start: Place,
    begin: &Begin,
) -> Option<Route> {
    let Begin { base, refuses, .. } = *begin;
    // By place: what it costs to come there, and how.
    let mut best: BTreeMap<Place, (u32, Option<(Place, Step)>)> = BTreeMap::new();
    let mut ends: Option<(u32, Place, End)> = None;
    let mut open = BinaryHeap::from([Reverse((0, start))]);
    best.insert(start, (0, None));
    while let Some(Reverse((cost, place))) = open.pop() {
        let (at, last) = place;
        if best[&place].0 < cost {
            continue;
        }
        let is_refused = |outcome| refuses && written.outcome(outcome).action == Action::Allow;
        let end = match written.decided(at) {
            _ if Some(at) == base => Some((0, End::Base)),
            Some(outcome) if is_refused(outcome) => continue,
            Some(outcome) => Some((QUESTION * (RULE as u32 + 1), End::Decided(outcome))),
            None => None,
        };
        if let Some((more, end)) = end {
            if ends.is_none_or(|(known, ..)| cost + more < known) {
                ends = Some((cost + more, place, end));
            }
            continue;
        }
        for (part, ways) in parts
            .from(at)
            .map(|(id, part)| ((id, part.cost), part.ways))
        {
            for (outcome, exits) in decides(ways, written, base) {
                if is_refused(outcome) {
                    continue;
                }
                let rule = match last == Some(outcome) {
                    true => 0,
                    false => QUESTION * RULE as u32,
                };
                let cost = cost + part.1 + rule;
                let next = (exits.no, Some(outcome));
                if best.get(&next).is_none_or(|known| cost < known.0) {
                    let step = Step {
                        part: part.0,
                        exits,
                        outcome,
                    };
                    best.insert(next, (cost, Some((place, step))));
                    open.push(Reverse((cost, next)));
                }
            }
        }
    }
    let (cost, last, end) = ends?;
    let mut steps = Vec::new();
    let mut place = last;
    while let Some((before, step)) = best[&place].1 {
        steps.push(step);
        place = before;
    }
    steps.reverse();
    Some(Route { steps, end, cost })
}

/// What a part can decide if it holds, and where it goes on.
fn decides(ways: Ways, written: &Written, base: Option<NodeId>) -> Vec<(OutcomeId, Exits)> {
    let mut decides = Vec::new();
    let mut add = |outcome: OutcomeId, no: NodeId| {
        let yes = written.node_of(outcome);
        if yes != no {
            decides.push((outcome, Exits { yes, no }));
        }
    };
    match ways {
        Ways::Two(one, other) => {
            for (yes, no) in [(one, other), (other, one)] {
                if let Some(outcome) = written.decided(yes) {
                    add(outcome, no);
                }
            }
        }
        // What never holds decides anything; nothing comes to what is behind what always does.
        Ways::One(to) => {
            for (outcome, _) in written.decisions() {
                add(outcome, to);
            }
            if let (Some(outcome), Some(base)) = (written.decided(to), base) {
                add(outcome, base);
            }
        }
    }
    decides
}
