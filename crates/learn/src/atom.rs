//! The smallest pieces a profile is made of: one action on one operation under one filter.

use std::collections::BTreeSet;

use lapbelt_policy::filter::Filter;
use lapbelt_policy::rule::{Action, Modifier, Policy, RuleRef};
use lapbelt_policy::world::OperationId;

/// One action on one operation, for one alternative filter or for every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// Allow or deny.
    pub action: Action,
    /// The operation, possibly a wildcard.
    pub operation: OperationId,
    /// The condition; `None` for every request.
    pub filter: Option<Filter>,
    /// Modifiers of the rule it came from.
    pub modifiers: Vec<Modifier>,
    /// Names of the programs that needed it, where known.
    pub needed_by: BTreeSet<String>,
}

impl Atom {
    /// A plain allow.
    pub fn allow(operation: OperationId, filter: Option<Filter>) -> Self {
        Self {
            action: Action::Allow,
            operation,
            filter,
            modifiers: Vec::new(),
            needed_by: BTreeSet::new(),
        }
    }

    /// Whether it decides the same, whoever needed it.
    pub fn same_rule(&self, other: &Self) -> bool {
        self.action == other.action
            && self.operation == other.operation
            && self.filter == other.filter
            && self.modifiers == other.modifiers
    }
}

/// A policy cut into atoms, with the rule and filter each came from, in the order in which they
/// take effect.
pub fn atoms(policy: &Policy) -> Vec<(Atom, RuleRef)> {
    let mut cut = Vec::new();
    for (index, rule) in policy.rules.iter().enumerate() {
        for operation in &rule.operations {
            let atom = |filter: Option<&Filter>| Atom {
                action: rule.action,
                operation: *operation,
                filter: filter.cloned(),
                modifiers: rule.modifiers.clone(),
                needed_by: BTreeSet::new(),
            };
            let rule_ref = |filter| RuleRef {
                rule: index as u32,
                filter,
            };
            if rule.filters.is_empty() {
                cut.push((atom(None), rule_ref(None)));
            }
            for (at, filter) in rule.filters.iter().enumerate() {
                cut.push((atom(Some(&filter.filter)), rule_ref(Some(at as u32))));
            }
        }
    }
    cut
}
