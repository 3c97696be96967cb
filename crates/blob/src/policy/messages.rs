//! Message filters as rules.

use lapbelt_policy::filter::Filter;
use lapbelt_policy::graph::{Graph, lower};
use lapbelt_policy::rule::{Action, Policy, Rule, RuleFilter, Version};
use lapbelt_policy::world::{OperationId, World};

use super::{Building, PolicyError};
use crate::decode::{Node, NodeIndex};

/// Most nodes that may be walked for all message filters of a profile, and what the graph of one
/// counts as: it has an entry for each operation.
const MAX_WALKED: usize = 1_000_000;
const GRAPH: usize = 200;

impl Building<'_> {
    /// Rules that decide an operation as the nodes from `entry` on do, oldest first.
    pub(super) fn message_rules(
        &mut self,
        operation: OperationId,
        entry: NodeIndex,
    ) -> Result<Vec<Rule>, PolicyError> {
        self.messages += GRAPH;
        let mut rules = Vec::new();
        // What must hold to come to a node; what was not met is decided by rules before.
        let mut open: Vec<(NodeIndex, Vec<Filter>)> = vec![(entry, Vec::new())];
        while let Some((index, held)) = open.pop() {
            self.messages += 1;
            if self.messages > MAX_WALKED {
                return Err(PolicyError::TooBig);
            }
            let blob = self.blob;
            match blob.node(index) {
                Node::Filter {
                    filter,
                    argument,
                    matched,
                    unmatched,
                } => {
                    let tests = self.tests(*filter, *argument)?;
                    if !tests.is_empty() {
                        let mut and = held.clone();
                        and.push(Self::any(&tests));
                        open.push((*matched, and));
                    }
                    // The last pushed is the next walked: the older rules are.
                    open.push((*unmatched, held));
                }
                Node::Terminal(terminal) => {
                    let filter = match <[Filter; 1]>::try_from(held) {
                        Ok([one]) => Some(one),
                        Err(held) if held.is_empty() => None,
                        Err(held) => Some(Filter::All(held)),
                    };
                    rules.push(Rule {
                        action: terminal.action,
                        operations: vec![operation],
                        filters: filter
                            .map(|filter| RuleFilter {
                                filter,
                                origin: None,
                            })
                            .into_iter()
                            .collect(),
                        modifiers: terminal.modifiers.clone(),
                        origin: None,
                    });
                }
            }
        }
        // What would be so without it is not said, but that the filter is about the operation.
        let default = own_default(self.world, operation);
        let is_default = |rule: &Rule| {
            rule.filters.is_empty() && rule.modifiers.is_empty() && rule.action == default
        };
        if rules.len() > 1 && rules.first().is_some_and(is_default) {
            rules.remove(0);
        }
        Ok(rules)
    }
}

/// The graph of the rules of a message filter.
pub(super) fn graph(rules: &[Rule], world: &World) -> Graph {
    let policy = Policy {
        version: Version::V1,
        rules: rules.to_vec(),
        sources: Vec::new(),
        implied: false,
    };
    lower(&policy, world)
}

/// What an operation without a slot comes to if no rule names it: that of the nearest operation
/// before it that has an own default.
pub(super) fn own_default(world: &World, operation: OperationId) -> Action {
    let mut at = Some(operation);
    while let Some(id) = at {
        let operation = world.operation(id);
        if let Some(action) = operation.own_default(Version::V1) {
            return action;
        }
        at = operation.parent;
    }
    Action::Deny
}
