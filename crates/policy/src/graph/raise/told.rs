//! Parts of a graph as filters of which the compiler makes the very nodes.

use std::collections::BTreeMap;

use super::chain::not;
use super::leads::{Lead, Leads};
use super::parts::{Made, PartId, Parts, Ways};
use super::region::{Exits, Region};
use super::route::Route;
use super::{DEEPEST, Taken};
use crate::filter::{Argument, Filter, Test};
use crate::graph::written::{QuestionId, Turn};
use crate::graph::{NodeId, OutcomeId};

/// Tells what parts say, and notes how nodes led for it.
pub(super) struct Telling<'t> {
    pub(super) region: Region<'t>,
    pub(super) leads: &'t Leads,
    pub(super) parts: &'t Parts,
    pub(super) led: BTreeMap<NodeId, Lead>,
    /// A node that would have to have led two ways.
    pub(super) double: Option<NodeId>,
}

impl Telling<'_> {
    /// The filters of a route, each with what it decides, after what a node in front of them led to;
    /// `None` if they nest too deep.
    pub(super) fn taken(&mut self, front: Option<(NodeId, Lead)>, route: &Route) -> Option<Taken> {
        let mut filters = Vec::new();
        if let Some((at, lead)) = front {
            self.note(at, lead);
            filters.extend(self.came_to_nothing(at, lead)?);
        }
        for step in &route.steps {
            let filter = self.filter(step.part, step.exits, DEEPEST)?;
            filters.push((filter, step.outcome));
        }
        Some((filters, route.end))
    }

    /// A rule of which nothing is left, if a node in front of all others led to such a one.
    fn came_to_nothing(&self, at: NodeId, lead: Lead) -> Option<Option<(Filter, OutcomeId)>> {
        let decides = match lead {
            Lead::Hidden(decides, _) | Lead::Vain(_, Some(decides)) => decides,
            Lead::Apart(..) | Lead::Vain(_, None) => return Some(None),
        };
        let written = self.region.written;
        let Turn::Ask { question, .. } = written.turn(at) else {
            return None;
        };
        let never = self.never(question, self.leads.alike_before(at))?;
        Some(Some((never, written.decided(decides)?)))
    }

    /// What holds exactly if a part is left for `yes`.
    fn filter(&mut self, id: PartId, exits: Exits, depth: usize) -> Option<Filter> {
        let depth = depth.checked_sub(1)?;
        // Parts in a row are one filter: all of them, or any.
        let mut row = Vec::new();
        let mut is_row_of_any = None;
        let mut id = id;
        loop {
            let part = self.parts.part(id);
            let (before, behind) = match part.made {
                Made::Question(lead) => {
                    row.push(self.question(part.from, lead, exits)?);
                    break;
                }
                Made::Joined(before, behind) => (before, behind),
            };
            let next = self.parts.part(behind).from;
            let is_any = match self.parts.part(before).ways {
                Ways::Two(one, other) => (if one == next { other } else { one }) == exits.yes,
                // In vain: both do.
                Ways::One(_) => is_row_of_any.unwrap_or(false),
            };
            if is_row_of_any.is_some_and(|other| other != is_any) {
                row.push(self.filter(id, exits, depth)?);
                break;
            }
            is_row_of_any = Some(is_any);
            let inner = match is_any {
                true => Exits { no: next, ..exits },
                false => Exits { yes: next, ..exits },
            };
            row.push(self.filter(before, inner, depth)?);
            id = behind;
        }
        let chaining = &self.region.chaining;
        match is_row_of_any {
            None => row.pop(),
            Some(true) => Some(chaining.any(row)),
            Some(false) => Some(chaining.all(row)),
        }
    }

    fn question(&mut self, at: NodeId, lead: Lead, exits: Exits) -> Option<Filter> {
        let region = self.region;
        let Turn::Ask {
            question,
            matched,
            unmatched,
        } = region.written.turn(at)
        else {
            return None;
        };
        let one = region.question(question);
        let to = match lead {
            Lead::Apart(yes, no) | Lead::Hidden(yes, no) => {
                self.note(at, lead);
                let filter = if yes == exits.yes {
                    one.clone()
                } else {
                    not(one.clone())
                };
                // What is asked again there makes equal nodes different already.
                let is_kept = [matched, unmatched]
                    .iter()
                    .any(|to| self.asks(*to, question));
                if is_kept || matches!(lead, Lead::Apart(..)) {
                    return self.edges_kept(filter, at, [yes, no], exits);
                }
                let never = self.never(question, self.leads.alike_before(at))?;
                return Some(match yes == exits.yes {
                    true => region.chaining.any(vec![filter, never]),
                    false => region.chaining.all(vec![filter, not(never)]),
                });
            }
            Lead::Vain(to, _) => to,
        };
        let answer = to == exits.yes;
        let besides = if answer { exits.no } else { exits.yes };
        self.note(at, Lead::Vain(to, Some(besides)));
        // The node comes to be the same whether it holds always or never.
        let is_kept = |edge: NodeId| edge == to && self.asks(to, question);
        let number = self.leads.alike_before(at);
        let never = || self.never(question, number);
        let always = match [matched, unmatched].map(is_kept) {
            [true, false] => [not(one), not(never()?)],
            [true, true] => [region.chaining.all(vec![one, not(never()?)]), not(never()?)],
            [false, false] if matched != unmatched || self.asks(to, question) => {
                [one.clone(), not(one)]
            }
            _ => match never() {
                Some(never) => [one, not(never)],
                None => [one.clone(), not(one)],
            },
        };
        Some(match answer {
            true => region.chaining.any(always.to_vec()),
            false => region.chaining.all(always.map(not).to_vec()),
        })
    }

    /// A filter whose node led straight to nodes that ask the same again: the compiler would have
    /// shortened the edges to them, but for what it took away between.
    fn edges_kept(
        &self,
        filter: Filter,
        at: NodeId,
        led: [NodeId; 2],
        exits: Exits,
    ) -> Option<Filter> {
        let Region {
            written, chaining, ..
        } = self.region;
        let Turn::Ask {
            question,
            matched,
            unmatched,
        } = written.turn(at)
        else {
            return None;
        };
        let edges = [matched, unmatched].into_iter().zip(led);
        let mut straight = edges.filter(|(to, led)| to == led).map(|(to, _)| to);
        straight.try_fold(filter, |filter, to| {
            if !self.asks(to, question) || (to != exits.no && to != exits.yes) {
                return Some(filter);
            }
            let never = self.never(question, self.leads.alike_before(at))?;
            Some(match to == exits.no {
                true => chaining.any(vec![filter, never]),
                false => chaining.all(vec![filter, not(never)]),
            })
        })
    }

    fn asks(&self, at: NodeId, question: QuestionId) -> bool {
        let turn = self.region.written.turn(at);
        matches!(turn, Turn::Ask { question: asked, .. } if asked == question)
    }

    /// A filter that contradicts itself, of the same value as a question, or of the user, which all
    /// operations have: of several the one with a number.
    fn never(&self, question: QuestionId, number: usize) -> Option<Filter> {
        let written = self.region.written;
        let user = || {
            let filter = self.region.chaining.world.filter_named("uid")?.id;
            let argument = Argument::Integer(0);
            written.other_test(&Test { filter, argument }, number)
        };
        let other = written.other_test(&written.tests(question)[0], number);
        let other = Filter::Test(other.or_else(user)?);
        Some(Filter::All(vec![other.clone(), not(other)]))
    }

    fn note(&mut self, at: NodeId, lead: Lead) {
        // What is not to be seen may be several nodes.
        if self.region.written.is_original(at)
            && self.led.insert(at, lead).is_some_and(|one| one != lead)
        {
            self.double.get_or_insert(at);
        }
    }
}
