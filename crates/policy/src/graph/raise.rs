//! Graph to rules: the shortest profile that a person would write for what a graph decides.
//!
//! The graph of an operation is taken apart along its spine: the nodes that every path passes which
//! has not been decided yet. What lies between two of them decides one way or goes on, so it is the
//! filter of one rule. The spine ends where the graph of the more general operation begins, or an
//! own default, which then need no rule; else in an unconditional one.

mod filter;
mod region;

use std::collections::BTreeMap;

use super::{Canon, NodeId, Outcome, OutcomeId, Step};
use crate::filter::{Argument, Filter, Test};
use crate::pattern::Pattern;
use crate::rule::{Action, Policy, Rule, RuleFilter, Version};
use crate::world::{ImpliedRule, Operation, OperationId, World};
use filter::Filters;
use region::Region;

/// Most filters that one operation's rules may have, and most tests in one filter: graphs that no
/// rules were lowered to can need more than anyone could read.
const MOST: usize = 20_000;

/// How deep filters may nest: they are made, and read again, by recursion.
const DEEPEST: usize = 100;

/// The tests of a graph are entangled such that rules would be endless: those of this operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules of {0} would be too long to write down")]
pub struct RaiseError(pub String);

/// What is known of the rules beyond what they decide.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'h> {
    /// For how many tests, from the first on, an operation repeats by rules of its own what it falls
    /// back to anyway; operations that it does not have repeat none.
    pub repeats: &'h [usize],
    /// The first version of the language that they can be of.
    pub since: Version,
}

/// Rules whose graph in `world` decides as `canon` does from the entries on, which are those of
/// all operations in the order of their numbers. The version of the language is the one that needs
/// the fewest rules; own defaults, and rules that the system adds anyway, are left out. The policy
/// opts out of the latter only if it could not decide so otherwise.
///
/// # Errors
/// If too many rules would be needed.
pub fn raise(
    canon: &Canon,
    entries: &[NodeId],
    hints: Hints<'_>,
    world: &World,
) -> Result<Policy, RaiseError> {
    let mut best: Option<(usize, Policy)> = None;
    let mut error = None;
    for implied in [true, false] {
        for version in [Version::V1, Version::V2, Version::V3] {
            if version < hints.since {
                continue;
            }
            let raising = Raising {
                canon,
                entries,
                repeats: hints.repeats,
                world,
                version,
                implied,
            };
            match raising.policy() {
                Ok((size, policy)) if best.as_ref().is_none_or(|best| size < best.0) => {
                    best = Some((size, policy));
                }
                Ok(_) | Err(Refusal::Implied) => {}
                Err(Refusal::TooLong(name)) => error = Some(RaiseError(name)),
            }
        }
        if let Some((_, policy)) = best {
            return Ok(policy);
        }
    }
    Err(error.unwrap_or_else(|| RaiseError("default".to_owned())))
}

/// Why one way to write rules does not do.
enum Refusal {
    TooLong(String),
    /// Rules that the system adds decide otherwise.
    Implied,
}

struct Raising<'c> {
    canon: &'c Canon,
    entries: &'c [NodeId],
    repeats: &'c [usize],
    world: &'c World,
    version: Version,
    implied: bool,
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
    fn policy(&self) -> Result<(usize, Policy), Refusal> {
        let mut filters = Filters::default();
        let mut groups: Vec<(Own, Vec<OperationId>)> = Vec::new();
        let mut index: BTreeMap<Own, usize> = BTreeMap::new();
        for operation in self.world.operations().iter().filter(|o| o.in_table) {
            let own = self.own(operation, &mut filters)?;
            if own == Own::default() {
                continue;
            }
            // The default is said by itself.
            let at = match groups.len() {
                0 => 0,
                count => *index.entry(own.clone()).or_insert(count),
            };
            match groups.get_mut(at) {
                Some(group) => group.1.push(operation.id),
                None => groups.push((own, vec![operation.id])),
            }
        }
        let mut rules = Vec::new();
        let mut size = 0;
        for (own, operations) in groups {
            let each = own.filtered.len() + usize::from(own.unconditional.is_some());
            size += each * operations.len();
            self.add_rules(&own, &operations, &filters, &mut rules);
        }
        let policy = Policy {
            version: self.version,
            rules,
            sources: Vec::new(),
            implied: self.implied,
        };
        Ok((size, policy))
    }

    fn add_rules(
        &self,
        own: &Own,
        operations: &[OperationId],
        filters: &Filters,
        rules: &mut Vec<Rule>,
    ) {
        let rule = |outcome: OutcomeId, filters: Vec<RuleFilter>| {
            let outcome = self.canon.outcome(outcome);
            Rule {
                action: outcome.action,
                operations: operations.to_vec(),
                filters,
                modifiers: outcome.modifiers.clone(),
                origin: None,
            }
        };
        rules.extend(own.unconditional.map(|outcome| rule(outcome, Vec::new())));
        // Oldest first, and what decides the same in a row is one rule.
        for run in own.filtered.chunk_by(|a, b| a.1 == b.1).rev() {
            let alternatives = run.iter().map(|(key, _)| filters.get(*key).clone());
            let alternatives = as_written(alternatives.collect(), self.world);
            let plain = |filter| RuleFilter {
                filter,
                origin: None,
            };
            let alternatives = alternatives.into_iter().map(plain).collect();
            rules.push(rule(run[0].1, alternatives));
        }
    }

    fn own(&self, operation: &Operation, filters: &mut Filters) -> Result<Own, Refusal> {
        let too_long = || Refusal::TooLong(operation.name.clone());
        let entry = self.without_implied(operation)?;
        let own_default = operation.own_default(self.version);
        let base = match (own_default, operation.parent) {
            (None, Some(parent)) => Some(self.entries[usize::from(parent.0)]),
            (own, _) => {
                let outcome = Outcome::plain(own.unwrap_or(Action::Deny));
                self.canon.decision(&outcome)
            }
        };
        let bases = base.map_or_else(Vec::new, |base| self.same_behind(operation, base));
        let region = Region::new(self.canon, self.world, bases.clone());
        let mut filtered = Vec::new();
        if own_default.is_none() && bases.contains(&entry) {
            self.add_repeated(operation, entry, filters, &mut filtered);
        }
        let end = region
            .take_apart(entry, filters, &mut filtered)
            .ok_or_else(too_long)?;
        let is_base = bases.contains(&end);
        let unconditional = match self.canon.step(end) {
            // A profile says its default, even if it is that of the system.
            Step::Decide(outcome) if !is_base || operation.id == self.world.root() => Some(outcome),
            _ => None,
        };
        Ok(Own {
            filtered,
            unconditional,
        })
    }

    /// Adds what an operation asks by rules of its own as the one it falls back to does.
    fn add_repeated(
        &self,
        operation: &Operation,
        entry: NodeId,
        filters: &mut Filters,
        found: &mut Vec<(FilterKey, OutcomeId)>,
    ) {
        let repeats = self.repeats.get(usize::from(operation.id.0));
        // The system adds its own rules to both.
        let implied = self.implied(operation).count();
        let count = repeats.copied().unwrap_or(0).saturating_sub(implied);
        let mut at = entry;
        for _ in 0..count {
            let Step::Test {
                test,
                matched,
                unmatched,
            } = self.canon.step(at)
            else {
                return;
            };
            let Step::Decide(outcome) = self.canon.step(matched) else {
                return;
            };
            let test = Filter::Test(self.canon.test(test).clone());
            found.push((filters.add(test), outcome));
            at = unmatched;
        }
    }

    /// Where an operation's own rules begin, behind those that the system puts before them.
    fn without_implied(&self, operation: &Operation) -> Result<NodeId, Refusal> {
        let mut at = self.entries[usize::from(operation.id.0)];
        for rule in self.implied(operation).rev() {
            at = self.behind(rule, at).ok_or(Refusal::Implied)?;
        }
        Ok(at)
    }

    fn implied(&self, operation: &Operation) -> impl DoubleEndedIterator<Item = &ImpliedRule> {
        let (implied, id) = (self.implied, operation.id);
        let rules = self.world.implied().iter();
        rules.filter(move |rule| implied && rule.operation == id)
    }

    /// The nodes that decide as one does once the rules that the system puts before an operation's
    /// own have not matched: it need not ask the same again.
    fn same_behind(&self, operation: &Operation, node: NodeId) -> Vec<NodeId> {
        let mut nodes = vec![node];
        let tests: Vec<Test> = self.implied(operation).map(implied_test).collect();
        let mut at = node;
        while let Step::Test {
            test, unmatched, ..
        } = self.canon.step(at)
            && tests.contains(self.canon.test(test))
        {
            at = unmatched;
            nodes.push(at);
        }
        nodes
    }

    /// The node that an implied rule leaves to be asked, if it is asked at a node; the node itself
    /// if the rule changes nothing there.
    fn behind(&self, rule: &ImpliedRule, at: NodeId) -> Option<NodeId> {
        let decided = self.canon.decision(&Outcome::plain(rule.action));
        let wanted = implied_test(rule);
        match self.canon.step(at) {
            Step::Test {
                test,
                matched,
                unmatched,
            } if *self.canon.test(test) == wanted => {
                (Some(matched) == decided).then_some(unmatched)
            }
            Step::Decide(_) => (Some(at) == decided).then_some(at),
            Step::Test { .. } => None,
        }
    }
}

/// Alternatives as a profile gives those that are asked in this order. The system's compiler asks
/// in the order given, but of patterns that it merges the one given later first.
fn as_written(mut asked: Vec<Filter>, world: &World) -> Vec<Filter> {
    let merged = |filter: &Filter| match filter {
        Filter::Test(test) => match &test.argument {
            Argument::Pattern(Pattern::Regex(_)) => None,
            Argument::Pattern(_) => Some(test.filter).filter(|id| world.filter(*id).merged),
            _ => None,
        },
        _ => None,
    };
    asked
        .chunk_by_mut(|a, b| merged(a).is_some() && merged(a) == merged(b))
        .for_each(<[Filter]>::reverse);
    asked
}

fn implied_test(rule: &ImpliedRule) -> Test {
    Test {
        filter: rule.filter,
        argument: Argument::Integer(rule.value),
    }
}
