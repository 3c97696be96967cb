//! Graph to rules: the shortest profile that a person would write for what a graph decides.
//!
//! The graph of an operation is taken apart along its spine: the nodes that every path passes which
//! has not been decided yet. What lies between two of them decides one way or goes on, so it is the
//! filter of one rule. The spine ends where the graph of the more general operation begins, or an
//! own default, which then need no rule; else in an unconditional one. The rules for a compiled
//! graph ask what its nodes ask, in their order, so that they compile to the same nodes again unless
//! no rules were compiled to it.

mod added;
mod begin;
mod chain;
mod cut;
mod filter;
mod front;
mod hidden;
mod leads;
mod length;
mod messages;
mod parts;
mod region;
mod route;
mod said;
mod settled;
mod shared;
mod shortest;
mod spine;
mod told;

use std::collections::{BTreeMap, HashMap};

use super::written::Written;
use super::{NodeId, Outcome, OutcomeId};
use crate::filter::{Filter, Test};
use crate::rule::{Action, Policy, Rule, RuleFilter, Version};
use crate::world::{Operation, OperationId, World};
pub use added::inferred_in_front;
use chain::{Chaining, Said};
use filter::Filters;
use front::{Start, without};
use length::{RULE, words};
pub use messages::{Messages, raise_messages, settle_messages};
use region::Region;
use said::said;
pub use settled::{SETTLING, raise_settled};
use spine::{End, Found};

/// Most filters that one operation's rules may have, and most tests in one filter: graphs that no
/// rules were lowered to can need more than anyone could read.
const MOST: usize = 20_000;

/// How deep filters may nest: they are made, and read again, by recursion.
const DEEPEST: usize = 100;

/// The tests of a graph are entangled such that rules would be endless: those of this operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules of {0} would be too long to write down")]
pub struct RaiseError(pub String);

/// Rules whose graph in `world` decides as a graph does, in several versions of the language, those that
/// need the fewest rules first; own defaults are left
/// out, and rules that the system adds anyway, unless the policies are to opt out of them. What
/// stands in front of the operations in `inferred` is taken as added by the compiler where it could
/// be. None if the system adds what decides otherwise. What was found before of the same graph need
/// not be found again.
///
/// # Errors
/// If too many rules would be needed.
pub fn raise(
    written: &Written,
    inferred: &[OperationId],
    implied: bool,
    world: &World,
    known: &mut Known,
) -> Result<Vec<Policy>, RaiseError> {
    let mut found: Vec<(usize, Policy)> = Vec::new();
    let mut error = None;
    for version in [Version::V1, Version::V2, Version::V3] {
        let raising = Raising {
            written: written.clone(),
            inferred,
            world,
            version,
            implied,
            taken: &mut known.0,
        };
        match raising.policy() {
            Ok(one) => found.push(one),
            Err(Refusal::Implied) => {}
            Err(Refusal::TooLong(name)) => error = Some(RaiseError(name)),
        }
    }
    if let (true, Some(error)) = (found.is_empty(), error) {
        return Err(error);
    }
    found.sort_by_key(|(size, _)| *size);
    Ok(found.into_iter().map(|(_, policy)| policy).collect())
}

/// Why one way to write rules does not do.
enum Refusal {
    TooLong(String),
    /// Rules that the system adds decide otherwise.
    Implied,
}

struct Raising<'c> {
    written: Written,
    inferred: &'c [OperationId],
    world: &'c World,
    version: Version,
    implied: bool,
    /// What was taken apart, whatever the version and what is added, by where it starts and what is behind it.
    taken: &'c mut HashMap<At, Option<Taken>>,
}

/// What the operations of a graph need, as far as that was found.
#[derive(Debug, Default)]
pub struct Known(HashMap<At, Option<Taken>>);

/// Where an operation's rules start, and what they fall back to.
type At = (NodeId, Option<NodeId>);

/// The filters of an operation as they are asked, newest first, and what is behind them.
type Taken = (Vec<(Filter, OutcomeId)>, End);

/// Where the own rules of an operation stand: behind what the system added, and before what it falls
/// back to.
struct Place {
    start: Start,
    base: Option<NodeId>,
    added: Vec<(Test, Action)>,
    /// Whether no rule can allow anything, not even what no request comes to.
    refuses: bool,
}

impl Place {
    fn at(&self) -> At {
        (self.start.at, self.base)
    }
}

/// What an operation needs besides what it falls back to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Own {
    /// In the order they are asked, newest first.
    filtered: Vec<(FilterKey, OutcomeId)>,
    unconditional: Option<OutcomeId>,
}

/// Index of a filter among those found.
type FilterKey = u32;

impl Raising<'_> {
    /// The policy, and how many filters and unconditional rules its operations have.
    fn policy(mut self) -> Result<(usize, Policy), Refusal> {
        let mut filters = Filters::default();
        let world = self.world;
        let in_table = world.operations().iter().filter(|o| o.in_table);
        let owns = in_table.map(|operation| {
            let own = self.own_of(operation, &mut filters)?;
            Ok((operation.id, own))
        });
        let owns: Vec<_> = owns.collect::<Result<_, _>>()?;
        Ok(self.policy_of(owns, &filters))
    }

    /// The policy of what each operation needs, and how many filters and unconditional rules that is.
    fn policy_of(&self, owns: Vec<(OperationId, Own)>, filters: &Filters) -> (usize, Policy) {
        let needing = owns.into_iter().filter(|(_, own)| *own != Own::default());
        let (size, rules) = self.of_owns(needing, filters);
        let mut policy = Policy {
            version: self.version,
            rules,
            sources: Vec::new(),
            implied: self.implied,
        };
        let needed = self.needed(&policy);
        policy.rules.extend(needed);
        (size, policy)
    }

    /// How many filters and unconditional rules operations have, and their rules, oldest first: those
    /// that need the same have them together.
    fn of_owns(
        &self,
        owns: impl Iterator<Item = (OperationId, Own)>,
        filters: &Filters,
    ) -> (usize, Vec<Rule>) {
        let mut groups: Vec<(Own, Vec<OperationId>)> = Vec::new();
        let mut index: BTreeMap<Own, usize> = BTreeMap::new();
        for (operation, own) in owns {
            // The default is said by itself.
            let at = match operation == self.world.root() {
                true => groups.len(),
                false => *index.entry(own.clone()).or_insert(groups.len()),
            };
            match groups.get_mut(at) {
                Some(group) => group.1.push(operation),
                None => groups.push((own, vec![operation])),
            }
        }
        let mut rules = Vec::new();
        let mut size = 0;
        for (own, operations) in groups {
            let each = own.filtered.len() + usize::from(own.unconditional.is_some());
            size += each * operations.len();
            rules = shared::merged(rules, self.rules(&own, &operations, filters));
        }
        (size, rules)
    }

    /// Oldest first.
    fn rules(&self, own: &Own, operations: &[OperationId], filters: &Filters) -> Vec<Rule> {
        let rule = |outcome: OutcomeId, filters: Vec<RuleFilter>| {
            let outcome = self.written.outcome(outcome);
            Rule {
                action: outcome.action,
                operations: operations.to_vec(),
                filters,
                modifiers: outcome.modifiers.clone(),
                origin: None,
            }
        };
        let unconditional = own.unconditional.map(|outcome| rule(outcome, Vec::new()));
        // What decides the same in a row is one rule.
        let runs = own.filtered.chunk_by(|a, b| a.1 == b.1).rev();
        let filtered = runs.map(|run| {
            let alternatives = run.iter().map(|(key, _)| filters.get(*key).clone());
            let alternatives = alternatives.flat_map(|one| match one {
                Filter::Any(inner) => inner,
                one => vec![one],
            });
            let plain = |filter| RuleFilter {
                filter: said(filter, self.world),
                origin: None,
            };
            rule(run[0].1, alternatives.map(plain).collect())
        });
        unconditional.into_iter().chain(filtered).collect()
    }

    /// What an operation needs.
    fn own_of(&mut self, operation: &Operation, filters: &mut Filters) -> Result<Own, Refusal> {
        let place = self.placed(operation)?;
        self.own_at(operation, &place, filters)
    }

    /// As [`Self::own_of`], where its rules stand.
    fn own_at(
        &mut self,
        operation: &Operation,
        place: &Place,
        filters: &mut Filters,
    ) -> Result<Own, Refusal> {
        let taken = self.filtered(place);
        let taken = taken.ok_or_else(|| Refusal::TooLong(operation.name.clone()))?;
        Ok(self.own(operation, place, taken, filters))
    }

    /// Where an operation's own rules stand.
    fn placed(&mut self, operation: &Operation) -> Result<Place, Refusal> {
        let entry = self.written.entries()[usize::from(operation.id.0)];
        let added = self.added(operation, entry)?;
        let start = without(&mut self.written, entry, &added);
        let own_default = operation.own_default(self.version);
        let (falls_back, base) = match (own_default, operation.parent) {
            (None, Some(parent)) => {
                let base = self.written.entries()[usize::from(parent.0)];
                (true, Some(base))
            }
            (own, _) => {
                let outcome = Outcome::plain(own.unwrap_or(Action::Deny));
                (false, self.written.decision(&outcome))
            }
        };
        // What the system adds to an operation stands before all that it falls back to.
        let is_behind = falls_back && !added.is_empty() && self.is_behind(operation, entry);
        // Unless it decides at once, as that does.
        let is_same = |base: &NodeId| *base == entry && self.written.decided(entry).is_some();
        let base = base.filter(|base| !is_behind || is_same(base));
        let refuses = self.refuses(operation, start.at);
        let base = base.filter(|base| !refuses || !self.may_allow(*base));
        Ok(Place {
            start,
            base,
            added,
            refuses,
        })
    }

    /// What an operation needs if it is taken apart so.
    fn own(
        &self,
        operation: &Operation,
        place: &Place,
        (filtered, end): Taken,
        filters: &mut Filters,
    ) -> Own {
        let filtered = self.apart(filtered, place.start, &place.added);
        let unconditional = match end {
            End::Decided(outcome) => Some(outcome),
            // A profile says its default, even if it is that of the system.
            End::Base if operation.id == self.world.root() => {
                place.base.and_then(|base| self.written.decided(base))
            }
            End::Base => None,
        };
        let filtered = filtered.into_iter();
        Own {
            filtered: filtered
                .map(|(filter, outcome)| (filters.add(filter), outcome))
                .collect(),
            unconditional,
        }
    }

    /// Whether an operation falls back, if to no default before, to what starts at a node.
    fn is_behind(&self, operation: &Operation, entry: NodeId) -> bool {
        let behind = std::iter::successors(operation.parent, |id| {
            let operation = self.world.operation(*id);
            match operation.own_default(self.version) {
                Some(_) => None,
                None => operation.parent,
            }
        });
        let mut entries = behind.map(|id| self.written.entries()[usize::from(id.0)]);
        entries.any(|other| other == entry)
    }

    /// Whether an operation has no rules of its own.
    fn is_at_base(&self, place: &Place) -> bool {
        let is_base = |edge| {
            place
                .base
                .is_some_and(|base| self.written.led_to(edge, base))
        };
        place.start.by.is_some_and(is_base)
    }

    fn filtered(&mut self, place: &Place) -> Option<Taken> {
        if self.is_at_base(place) {
            return Some((Vec::new(), End::Base));
        }
        let at = place.at();
        // What was put together anew is known to this version only.
        if !self.written.is_original(at.0) {
            return self.taken_apart(at.0, at.1);
        }
        if let Some(taken) = self.taken.get(&at) {
            return taken.clone();
        }
        let taken = self.taken_apart(at.0, at.1);
        self.taken.insert(at, taken.clone());
        taken
    }

    /// The graph, with where a more general operation begins.
    fn region(&self, base: Option<NodeId>) -> Region<'_> {
        Region {
            written: &self.written,
            chaining: self.chaining(),
            base,
            led: None,
            depth: 0,
        }
    }

    fn taken_apart(&self, from: NodeId, base: Option<NodeId>) -> Option<Taken> {
        let region = self.region(base);
        let mut plain = Found::default();
        let end = region.take_apart(from, &mut plain);
        let plain = end.map(|end| (plain, end));
        let shortest = region.shortest(from);
        let best = plain
            .into_iter()
            .chain(shortest)
            .min_by_key(|(found, end)| {
                let size = self.size(&found.filtered) + end.size();
                (found.unlike, size)
            });
        best.map(|(found, end)| (found.filtered, end))
    }

    /// How much there is to read in rules: what decides the same in a row is one.
    fn size(&self, filtered: &[(Filter, OutcomeId)]) -> usize {
        let rules = filtered.chunk_by(|a, b| a.1 == b.1);
        let rules = rules.map(|run| {
            let parts = run.iter().map(|(filter, _)| filter.clone()).collect();
            let parts = self.chaining().alternatives(parts, &mut Said::default());
            RULE + parts
                .iter()
                .map(|one| words(one, self.world))
                .sum::<usize>()
        });
        rules.sum()
    }

    fn chaining(&self) -> Chaining<'_> {
        Chaining {
            world: self.world,
            apart: self.written.is_compiled(),
        }
    }

    /// Filters such that what decides the same in a row is not joined, where it was asked apart, as
    /// alternatives of one rule.
    fn apart(
        &self,
        filtered: Vec<(Filter, OutcomeId)>,
        start: Start,
        added: &[(Test, Action)],
    ) -> Vec<(Filter, OutcomeId)> {
        let mut apart = Vec::new();
        for (number, run) in filtered.chunk_by(|a, b| a.1 == b.1).enumerate() {
            let mut said = Said::default();
            let outcome = self.written.outcome(run[0].1);
            if number == 0 && start.by.is_some() {
                let alike = added.iter().filter(|rule| !self.is_of_mask(&rule.0));
                let alike = alike.filter(|rule| Outcome::plain(rule.1) == *outcome);
                alike.for_each(|rule| self.chaining().note(&rule.0, &mut said));
            }
            let parts = run.iter().map(|(filter, _)| filter.clone()).collect();
            let parts = self.chaining().alternatives(parts, &mut said);
            apart.extend(parts.into_iter().map(|part| (part, run[0].1)));
        }
        apart
    }
}
