//! What the system adds to a policy of its own accord.

use crate::filter::{Argument, Filter, Test};
use crate::pattern::Pattern;
use crate::rule::{Action, Policy, Rule, Version};
use crate::world::{ImpliedRule, InferredRule, InferredValue, OperationId, World};

/// A rule that the system adds to a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its number among the [`World::implied`] and then the [`World::inferred`] rules of the world.
    pub number: u32,
    /// What it decides.
    pub action: Action,
    /// For this operation.
    pub operation: OperationId,
    /// When this holds.
    pub filter: Filter,
}

/// All that the system adds to a policy, oldest first and newer than all of the policy's own rules:
/// what its library appends, what its compiler infers by name, and the masks of numbers that the
/// compiler puts before everything else. Nothing if the policy opts out.
pub fn added(policy: &Policy, world: &World) -> Vec<Added> {
    let implied = world.implied().iter().filter(|_| policy.implied);
    let implied = (0..).zip(implied).map(|(number, rule)| Added {
        number,
        action: rule.action,
        operation: rule.operation,
        filter: Filter::Test(implied_test(rule)),
    });
    let first = world.implied().len() as u32;
    let inferred = numbered(policy, world);
    let inferred = inferred.into_iter().map(|(number, rule)| Added {
        number: first + number,
        action: rule.action,
        operation: rule.operation,
        filter: Filter::Test(inferred_test(rule)),
    });
    implied.chain(inferred).collect()
}

/// The rules that the compiler infers for a policy, as its world has them, names before bits; none
/// for one that opts out of what the system adds.
pub fn inferred<'w>(policy: &Policy, world: &'w World) -> Vec<&'w InferredRule> {
    let numbered = numbered(policy, world);
    numbered.into_iter().map(|(_, rule)| rule).collect()
}

/// As [`inferred`], with the index of each in [`World::inferred`].
fn numbered<'w>(policy: &Policy, world: &'w World) -> Vec<(u32, &'w InferredRule)> {
    let mut rules: Vec<(u32, &InferredRule)> = (0..)
        .zip(world.inferred())
        .filter(|(_, rule)| policy.implied && policy.version >= rule.since)
        .filter(|(_, rule)| {
            rule.needs
                .is_none_or(|needed| allows(policy, needed, world))
        })
        .collect();
    rules.sort_by_key(|(_, rule)| matches!(rule.value, InferredValue::Bit(_)));
    rules
}

/// The operations whose rules bear on whether a rule is inferred, that which it needs first.
pub(crate) fn bearing<'w>(
    rule: &InferredRule,
    policy: &Policy,
    world: &'w World,
) -> impl Iterator<Item = OperationId> + 'w {
    let version = policy.version;
    std::iter::successors(rule.needs, move |id| parent(*id, version, world))
}

/// What a rule of the library's own asks.
pub fn implied_test(rule: &ImpliedRule) -> Test {
    Test {
        filter: rule.filter,
        argument: Argument::Integer(rule.value),
    }
}

/// What a rule of the compiler's own asks.
pub fn inferred_test(rule: &InferredRule) -> Test {
    Test {
        filter: rule.filter,
        argument: match &rule.value {
            InferredValue::Name(name) => {
                Argument::Pattern(Pattern::Literal(name.clone().into_bytes()))
            }
            InferredValue::Bit(number) => Argument::Integer(i64::from(*number)),
        },
    }
}

/// Whether a rule allows anything of an operation, its own or one that it falls back to, those that
/// are implied among them.
pub(crate) fn allows(policy: &Policy, operation: OperationId, world: &World) -> bool {
    let mut at = Some(operation);
    while let Some(id) = at {
        let implied = world.implied().iter();
        let mut of_system = implied.filter(|rule| policy.implied && rule.operation == id);
        let own = policy.rules.iter();
        let own = own.filter(|rule| rule.operations.contains(&id));
        let (plain, filtered): (Vec<&Rule>, Vec<&Rule>) =
            own.partition(|rule| rule.filters.is_empty());
        if filtered.iter().any(|rule| rule.action == Action::Allow)
            || of_system.any(|rule| rule.action == Action::Allow)
        {
            return true;
        }
        if let Some(newest) = plain.last() {
            return newest.action == Action::Allow;
        }
        at = parent(id, policy.version, world);
    }
    false
}

/// What an operation falls back to, unless it has a default of its own.
fn parent(id: OperationId, version: Version, world: &World) -> Option<OperationId> {
    let info = world.operation(id);
    match info.own_default(version) {
        Some(_) => None,
        None => info.parent,
    }
}
