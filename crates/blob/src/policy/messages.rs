//! Message filters as rules.

use lapbelt_policy::filter::Filter;
use lapbelt_policy::rule::{Action, Rule, RuleFilter, Version};
use lapbelt_policy::world::{OperationId, World};

use super::{Building, PolicyError};
use crate::decode::{MessageFilter, Node, NodeIndex};

/// Most nodes that may be walked for all message filters of a profile, and what the graph of one
/// counts as: it has an entry for each operation.
const MAX_WALKED: usize = 1_000_000;
const GRAPH: usize = 200;

impl Building<'_> {
    /// Rules that decide as message filters do, oldest first for each operation.
    pub(super) fn message_rules(
        &mut self,
        filters: &[MessageFilter],
    ) -> Result<Vec<Rule>, PolicyError> {
        let mut all = Vec::new();
        for filter in filters {
            let entry = self.blob.policies[usize::from(filter.policy)];
            let mut rules = self.rules_of(filter.operation, entry)?;
            // What would be so without it is not said, but that the filter is about the operation.
            let default = own_default(self.world, filter.operation);
            let is_default = |rule: &Rule| {
                rule.filters.is_empty() && rule.modifiers.is_empty() && rule.action == default
            };
            let is_other = |id| filters.iter().any(|one| one.operation == id);
            if rules.len() > 1
                && rules.first().is_some_and(is_default)
                && !before(self.world, filter.operation).skip(1).any(is_other)
            {
                rules.remove(0);
            }
            all.extend(rules);
        }
        Ok(all)
    }

    /// Rules that decide an operation as the nodes from `entry` on do, oldest first.
    fn rules_of(
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
        Ok(rules)
    }
}

/// What an operation without a slot comes to if no rule names it: that of the nearest operation
/// before it that has an own default.
pub(super) fn own_default(world: &World, operation: OperationId) -> Action {
    let own = |id| world.operation(id).own_default(Version::V1);
    before(world, operation)
        .find_map(own)
        .unwrap_or(Action::Deny)
}

/// An operation and those that it falls back to, nearest first.
fn before(world: &World, operation: OperationId) -> impl Iterator<Item = OperationId> {
    std::iter::successors(Some(operation), |id| world.operation(*id).parent)
}
