//! What the system's compiler adds to a policy of its own accord.

use crate::filter::{Argument, Filter, Test};
use crate::pattern::Pattern;
use crate::rule::{Action, Policy, Rule, RuleFilter};
use crate::world::{InferredRule, InferredValue, OperationId, World};

/// The rules that the compiler adds to a policy, as its world has them; none to one that opts out
/// of what the system adds.
pub fn inferred<'w>(policy: &Policy, world: &'w World) -> Vec<&'w InferredRule> {
    let rules = world.inferred().iter();
    rules
        .filter(|rule| policy.implied && policy.version >= rule.since)
        .filter(|rule| {
            rule.needs
                .is_none_or(|needed| allows(policy, needed, world))
        })
        .collect()
}

/// The policy with the rules that the compiler adds written out, newest as they are asked first.
#[must_use]
pub fn with_inferred(policy: &Policy, world: &World) -> Policy {
    let mut whole = policy.clone();
    let added = inferred(policy, world);
    whole.rules.extend(added.into_iter().map(|rule| Rule {
        action: rule.action,
        operations: vec![rule.operation],
        filters: vec![RuleFilter {
            filter: Filter::Test(inferred_test(rule)),
            origin: None,
        }],
        modifiers: Vec::new(),
        origin: None,
    }));
    whole
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

/// Whether a rule allows anything of an operation, its own or one that it falls back to, those of
/// the system among them.
fn allows(policy: &Policy, operation: OperationId, world: &World) -> bool {
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
        let info = world.operation(id);
        at = match info.own_default(policy.version) {
            Some(_) => None,
            None => info.parent,
        };
    }
    false
}
