//! Rules that decide nothing: dead ones and needless ones.

use std::collections::{HashMap, HashSet};

use super::{Outcome, Source};
use crate::added::{Added, added, bearing, inferred};
use crate::filter::{Filter, Test};
use crate::rule::{Action, Policy, RuleRef};
use crate::socket::End;
use crate::theory::{FALSE, Ref, Space, TRUE, TooComplex};
use crate::world::{OperationId, World};

/// Why a filter of a rule changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Idle {
    /// No request matches it: what it requires excludes itself.
    Impossible,
    /// Whatever it matches is decided before it gets there, by these: rules that stand later in the
    /// text, or rules of the system.
    Shadowed(Vec<Source>),
    /// Whatever it decides would be decided the same without it, by these: rules that stand
    /// earlier, rules of a more general operation, or an own default.
    Redundant(Vec<Source>),
}

/// A filter of a rule, or a rule without filters, that changes nothing for one of its operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleFilter {
    /// The rule and which of its filters; `None` for an unconditional rule.
    pub rule: RuleRef,
    /// One of the operations that the rule names.
    pub operation: OperationId,
    /// Why.
    pub why: Idle,
}

/// Answer of [`idle`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdleFilters {
    /// By operation, then newest first. All of them can be taken out at once without any decision
    /// changing; of two rules that make each other needless, one is here.
    pub filters: Vec<IdleFilter>,
    /// Operations whose rules combine in too many ways to say.
    pub undecided: Vec<OperationId>,
}

/// Finds every filter that changes no decision, its modifiers included, exactly over all requests
/// (see [`crate::theory`]). A wildcard is taken to be asked itself, so a rule on it counts even
/// where all its members have rules of their own.
pub fn idle(policy: &Policy, world: &World) -> IdleFilters {
    let mut policy = policy.clone();
    for one in policy.rules.iter_mut().flat_map(|rule| &mut rule.filters) {
        one.filter = one.filter.with_entitlements(world);
    }
    let policy = &policy;
    let added = added(policy, world);
    let lists = lists(policy, world, &added);
    let mut answer = IdleFilters::default();
    let mut too_complex: Vec<HashSet<&Test>> = Vec::new();
    for operation in world.operations() {
        let own = &lists[usize::from(operation.id.0)];
        if !own.units.iter().any(|unit| unit.is_ruled()) && own.unconditional.is_empty() {
            continue;
        }
        let chain = Chain {
            policy,
            world,
            added: &added,
            lists: &lists,
        };
        let (own, units) = chain.units(operation.id);
        let filters = units.iter().filter_map(|unit| unit.filter);
        let tests: Vec<&Test> = filters.flat_map(Filter::tests).collect();
        // More tests combine in more ways: what was too much for some is for more of them.
        let asked: HashSet<&Test> = tests.iter().copied().collect();
        let known = too_complex.iter().any(|known| known.is_subset(&asked));
        if known {
            answer.undecided.push(operation.id);
            continue;
        }
        match chain.examine(operation.id, own, units, tests) {
            Ok(found) => answer.filters.extend(found),
            Err(TooComplex) => {
                answer.undecided.push(operation.id);
                too_complex.push(asked);
            }
        }
    }
    keep_what_infers(policy, &mut answer.filters, world);
    answer
}

/// Takes out of the answer what decides nothing itself, but without which the system would infer
/// other rules: all that is idle for the operations that those depend on.
fn keep_what_infers(policy: &Policy, idle: &mut Vec<IdleFilter>, world: &World) {
    let all: HashSet<(RuleRef, OperationId)> =
        idle.iter().map(|one| (one.rule, one.operation)).collect();
    let mut less = policy.clone();
    for (at, rule) in (0..).zip(&mut less.rules) {
        // By operation, as a filter may be idle for one of them only.
        rule.operations.retain(|operation| {
            let is_idle = |filter| all.contains(&(RuleRef { rule: at, filter }, *operation));
            match rule.filters.len() as u32 {
                0 => !is_idle(None),
                count => (0..count).any(|filter| !is_idle(Some(filter))),
            }
        });
    }
    let (before, after) = (inferred(policy, world), inferred(&less, world));
    let changed = (before.iter().filter(|rule| !after.contains(rule)))
        .chain(after.iter().filter(|rule| !before.contains(rule)));
    let bears: HashSet<OperationId> = changed
        .flat_map(|rule| bearing(rule, policy, world))
        .collect();
    idle.retain(|one| !bears.contains(&one.operation));
}

/// A filter of a rule in the list of an operation.
#[derive(Clone, Copy)]
struct Unit<'p> {
    filter: Option<&'p Filter>,
    source: Source,
}

impl Unit<'_> {
    fn is_ruled(&self) -> bool {
        matches!(self.source, Source::Rule(_))
    }
}

#[derive(Clone, Default)]
struct List<'p> {
    /// Newest first.
    units: Vec<Unit<'p>>,
    /// Newest first; only the first counts.
    unconditional: Vec<RuleRef>,
}

/// The list of each operation, as [`super::lower()`] takes them.
fn lists<'p>(policy: &'p Policy, world: &World, added: &'p [Added]) -> Vec<List<'p>> {
    let mut lists = vec![List::default(); world.operations().len()];
    for rule in added.iter().rev() {
        let list = &mut lists[usize::from(rule.operation.0)];
        list.units.push(Unit {
            filter: Some(&rule.filter),
            source: Source::Implied(rule.number),
        });
    }
    for (index, rule) in policy.rules.iter().enumerate().rev() {
        let reference = |filter| RuleRef {
            rule: index as u32,
            filter,
        };
        for operation in rule.operations.iter().rev() {
            let list = &mut lists[usize::from(operation.0)];
            if rule.filters.is_empty() {
                list.unconditional.push(reference(None));
            }
            for (at, filter) in rule.filters.iter().enumerate() {
                list.units.push(Unit {
                    filter: Some(&filter.filter),
                    source: Source::Rule(reference(Some(at as u32))),
                });
            }
        }
    }
    lists
}

struct Chain<'p, 'w> {
    policy: &'p Policy,
    world: &'w World,
    added: &'p [Added],
    lists: &'w [List<'p>],
}

/// A unit with the columns it matches in.
struct Placed {
    source: Source,
    outcome: Ref,
    cells: Vec<(u32, Ref)>,
}

impl<'p> Chain<'p, '_> {
    /// What follows an operation's own list: the lists of those it falls back to, to the first
    /// unconditional entry.
    fn after(&self, operation: OperationId) -> Vec<Unit<'p>> {
        let mut units = Vec::new();
        let mut at = operation;
        loop {
            let operation = self.world.operation(at);
            let own = operation.own_default(self.policy.version);
            at = match (own, operation.parent) {
                (None, Some(parent)) => parent,
                _ => {
                    units.push(Unit {
                        filter: None,
                        source: Source::OwnDefault(at),
                    });
                    return units;
                }
            };
            let list = &self.lists[usize::from(at.0)];
            units.extend(&list.units);
            if let Some(reference) = list.unconditional.first() {
                units.push(Unit {
                    filter: None,
                    source: Source::Rule(*reference),
                });
                return units;
            }
        }
    }

    fn outcome(&self, source: Source) -> Outcome {
        match source {
            Source::Rule(reference) => {
                Outcome::of(&self.policy.rules[reference.rule as usize], self.world)
            }
            Source::Implied(number) => {
                let mut added = self.added.iter();
                let rule = added.find(|rule| rule.number == number);
                Outcome::plain(rule.map_or(Action::Deny, |rule| rule.action))
            }
            Source::OwnDefault(id) => {
                let own = self.world.operation(id).own_default(self.policy.version);
                Outcome::plain(own.unwrap_or(Action::Deny))
            }
        }
    }

    /// The units of an operation's own list, how many they are, and all that follow.
    fn units(&self, operation: OperationId) -> (usize, Vec<Unit<'p>>) {
        let list = &self.lists[usize::from(operation.0)];
        let mut units = list.units.clone();
        units.extend(list.unconditional.iter().map(|reference| Unit {
            filter: None,
            source: Source::Rule(*reference),
        }));
        let own = units.len();
        units.extend(self.after(operation));
        (own, units)
    }

    fn examine(
        &self,
        operation: OperationId,
        own: usize,
        units: Vec<Unit<'p>>,
        tests: Vec<&Test>,
    ) -> Result<Vec<IdleFilter>, TooComplex> {
        let end = End::of(self.world.operation(operation));
        let mut space = Space::new(tests, end, |id| self.world.filter(id))?;
        let columns = 0..space.columns();
        let possible: Vec<Ref> = columns
            .map(|column| space.possible(column))
            .collect::<Result<_, _>>()?;
        let mut outcomes: HashMap<Outcome, u32> = HashMap::new();
        let mut placed = Vec::with_capacity(units.len());
        for unit in &units {
            let next = outcomes.len() as u32;
            let number = *outcomes.entry(self.outcome(unit.source)).or_insert(next);
            let everywhere = || (0..space.columns()).map(|column| (column, TRUE)).collect();
            let holds: Vec<(u32, Ref)> = match unit.filter {
                None => everywhere(),
                Some(filter) => space.cells(filter)?,
            };
            let mut cells = Vec::with_capacity(holds.len());
            for (column, holds) in holds {
                let holds = space.choose(possible[column as usize], holds, FALSE)?;
                if holds != FALSE {
                    cells.push((column, holds));
                }
            }
            placed.push(Placed {
                source: unit.source,
                outcome: space.constant(number),
                cells,
            });
        }
        let mut search = Search {
            columns: by_column(&placed, space.columns()),
            space,
            placed,
        };
        let why = search.run(own)?;
        let idle = units.iter().zip(why).filter_map(|(unit, why)| {
            let Source::Rule(rule) = unit.source else {
                return None;
            };
            Some(IdleFilter {
                rule,
                operation,
                why: why?,
            })
        });
        Ok(idle.collect())
    }
}

/// The units that match in each column, newest first.
fn by_column(placed: &[Placed], columns: u32) -> Vec<Vec<(u32, Ref)>> {
    let mut by_column = vec![Vec::new(); columns as usize];
    for (at, unit) in (0..).zip(placed) {
        for (column, holds) in &unit.cells {
            by_column[*column as usize].push((at, *holds));
        }
    }
    by_column
}

struct Search {
    space: Space,
    /// Newest first: the own list, then what follows.
    placed: Vec<Placed>,
    columns: Vec<Vec<(u32, Ref)>>,
}

impl Search {
    /// Says of each of the first `own` units whether it is idle.
    fn run(&mut self, own: usize) -> Result<Vec<Option<Idle>>, TooComplex> {
        let hits = self.hits(own)?;
        let mut idle: Vec<Option<Idle>> = vec![None; own];
        // From the oldest on: what a column comes to by the units that stay.
        let mut rest = vec![FALSE; self.columns.len()];
        for at in (0..self.placed.len()).rev() {
            if at < own {
                if hits[at].is_empty() {
                    idle[at] = Some(self.shadowed(at)?);
                    continue;
                }
                if self.is_redundant(at, &hits[at], &rest)? {
                    idle[at] = Some(self.redundant(at, &hits[at], &idle)?);
                    continue;
                }
            }
            let outcome = self.placed[at].outcome;
            for (column, holds) in &self.placed[at].cells {
                let rest = &mut rest[*column as usize];
                *rest = self.space.choose(*holds, outcome, *rest)?;
            }
        }
        Ok(idle)
    }

    /// Where each of the first `own` units is the first to match.
    fn hits(&mut self, own: usize) -> Result<Vec<Vec<(u32, Ref)>>, TooComplex> {
        let mut hits = vec![Vec::new(); own];
        for (column, units) in (0..).zip(&self.columns) {
            let mut left = TRUE;
            for (at, holds) in units {
                if *at as usize >= own || left == FALSE {
                    break;
                }
                let hit = self.space.choose(*holds, left, FALSE)?;
                if hit != FALSE {
                    hits[*at as usize].push((column, hit));
                    left = self.space.choose(*holds, FALSE, left)?;
                }
            }
        }
        Ok(hits)
    }

    fn is_redundant(
        &mut self,
        at: usize,
        hits: &[(u32, Ref)],
        rest: &[Ref],
    ) -> Result<bool, TooComplex> {
        let outcome = self.placed[at].outcome;
        for (column, hit) in hits {
            let without = self.space.choose(*hit, rest[*column as usize], outcome)?;
            if without != outcome {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A unit that is never the first to match, by what is.
    fn shadowed(&mut self, at: usize) -> Result<Idle, TooComplex> {
        let cells = self.placed[at].cells.clone();
        if cells.is_empty() {
            return Ok(Idle::Impossible);
        }
        let newer: Vec<bool> = (0..self.placed.len()).map(|unit| unit < at).collect();
        let mut by = self.deciders(&cells, &newer)?;
        // One that replaces another unconditional rule does so alone.
        let replaces = |source: &Source| matches!(source, Source::Rule(r) if r.filter.is_none());
        if let Some(replacement) = by.iter().copied().find(replaces) {
            by = vec![replacement];
        }
        Ok(Idle::Shadowed(by))
    }

    fn redundant(
        &mut self,
        at: usize,
        hits: &[(u32, Ref)],
        idle: &[Option<Idle>],
    ) -> Result<Idle, TooComplex> {
        let older: Vec<bool> = (0..self.placed.len())
            .map(|unit| unit > at && idle.get(unit).is_none_or(Option::is_none))
            .collect();
        Ok(Idle::Redundant(self.deciders(hits, &older)?))
    }

    /// The sources that decide what is in `cells` if only the units in `among` are there, in their
    /// order.
    fn deciders(
        &mut self,
        cells: &[(u32, Ref)],
        among: &[bool],
    ) -> Result<Vec<Source>, TooComplex> {
        let mut decides = vec![false; self.placed.len()];
        for (column, start) in cells {
            let mut left = *start;
            for (at, holds) in &self.columns[*column as usize] {
                if left == FALSE {
                    break;
                }
                if among[*at as usize] && self.space.choose(*holds, left, FALSE)? != FALSE {
                    decides[*at as usize] = true;
                    left = self.space.choose(*holds, FALSE, left)?;
                }
            }
        }
        let placed = self.placed.iter().zip(decides);
        Ok(placed.filter(|one| one.1).map(|one| one.0.source).collect())
    }
}
