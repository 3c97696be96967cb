//! What the system adds to a policy, told from the rules that it was added to.

use std::collections::BTreeSet;
use std::iter::successors;

use super::front::without;
use super::{Raising, Refusal};
use crate::added::{allows, implied_test, inferred_test};
use crate::filter::{Argument, Filter, Test};
use crate::graph::NodeId;
use crate::graph::written::{Turn, Written};
use crate::rule::{Action, Policy, Rule, RuleFilter};
use crate::world::{InferredRule, InferredValue, Operation, OperationId, World};

/// The operations in front of whose rules stands what the compiler adds to some profiles, in the order
/// of their numbers.
pub fn inferred_in_front(written: &Written, world: &World) -> Vec<OperationId> {
    let rules = world.inferred().iter();
    let operations: BTreeSet<OperationId> = rules.map(|rule| rule.operation).collect();
    let is_there = |id: &OperationId| {
        let rules = world.inferred().iter().filter(|rule| rule.operation == *id);
        let tests: Vec<_> = rules
            .map(|rule| (inferred_test(rule), rule.action))
            .collect();
        let entry = written.entries()[usize::from(id.0)];
        without(&mut written.clone(), entry, &tests).at != entry
    };
    operations.into_iter().filter(is_there).collect()
}

/// A filter that contradicts itself, so that a compiler leaves nothing of it; `None` in a world without
/// extensions.
fn never(world: &World) -> Option<Filter> {
    let test = Filter::Test(Test {
        filter: world.filter_named("extension")?.id,
        argument: Argument::Text(b"none".to_vec()),
    });
    let not = Filter::Not(Box::new(test.clone()));
    Some(Filter::All(vec![test, not]))
}

impl Raising<'_> {
    /// What the system puts before an operation's own rules.
    pub(super) fn added(
        &mut self,
        operation: &Operation,
        entry: NodeId,
    ) -> Result<Vec<(Test, Action)>, Refusal> {
        let id = operation.id;
        let mut added: Vec<(Test, Action)> = Vec::new();
        if self.inferred.contains(&id) {
            let rules = self.world.inferred().iter();
            let rules = rules.filter(|rule| rule.operation == id && rule.since <= self.version);
            let tests: Vec<_> = rules
                .map(|rule| (inferred_test(rule), rule.action))
                .collect();
            if without(&mut self.written, entry, &tests).at != entry {
                added.extend(tests);
            }
        }
        if self.implied {
            let rules = self.world.implied().iter();
            let rules = rules.filter(|rule| rule.operation == id);
            let tests: Vec<_> = rules
                .map(|rule| (implied_test(rule), rule.action))
                .collect();
            if !without(&mut self.written, entry, &tests).is_whole {
                return Err(Refusal::Implied);
            }
            added.extend(tests);
        }
        Ok(added)
    }

    /// Whether no rule of an operation whose rules start at a node can have allowed anything: the
    /// compiler would have added what it adds for it, or for what falls back to it, and that would be
    /// there.
    pub(super) fn refuses(&self, operation: &Operation, start: NodeId) -> bool {
        let parent = |id: &OperationId| self.world.operation(*id).parent;
        let is_missing = |rule: &InferredRule| {
            let mut behind = successors(rule.needs, parent);
            let entry = self.written.entries()[usize::from(rule.operation.0)];
            let decided = self.written.decided(entry);
            let mut implied = self.world.implied().iter();
            behind.any(|id| id == operation.id)
                && rule.since <= self.version
                && !self.inferred.contains(&rule.operation)
                && decided.is_none_or(|outcome| self.written.outcome(outcome).action != rule.action)
                && !implied
                    .any(|own| Some(own.operation) == rule.needs && own.action == Action::Allow)
        };
        self.implied && self.world.inferred().iter().any(is_missing) && !self.may_allow(start)
    }

    /// Whether something is allowed from a node on.
    pub(super) fn may_allow(&self, from: NodeId) -> bool {
        let reached = self.written.reached(from);
        let mut decided = reached.iter().filter_map(|at| self.written.decided(*at));
        decided.any(|outcome| self.written.outcome(outcome).action == Action::Allow)
    }

    /// Rules that decide nothing, for which the compiler adds what stands in front: those which were
    /// there came to nothing.
    pub(super) fn needed(&self, policy: &Policy) -> Vec<Rule> {
        let Some(never) = never(self.world) else {
            return Vec::new();
        };
        let inferred = self.world.inferred().iter();
        let inferred = inferred.filter(|rule| rule.since <= self.version && self.is_mask(rule));
        let needed = inferred.filter_map(|rule| rule.needs);
        let needed = needed.filter(|needed| !allows(policy, *needed, self.world));
        let rules = needed.map(|operation| Rule {
            action: Action::Allow,
            operations: vec![operation],
            filters: vec![RuleFilter {
                filter: never.clone(),
                origin: None,
            }],
            modifiers: Vec::new(),
            origin: None,
        });
        rules.collect()
    }

    /// Whether a test is one of those that the compiler puts in front as a mask, which it joins with
    /// nothing.
    pub(super) fn is_of_mask(&self, test: &Test) -> bool {
        let inferred = self.world.inferred().iter();
        let mut bits = inferred.filter(|rule| matches!(rule.value, InferredValue::Bit(_)));
        bits.any(|rule| inferred_test(rule) == *test)
    }

    /// Whether a rule is among those that the compiler put as a mask in front of an operation.
    fn is_mask(&self, rule: &InferredRule) -> bool {
        let entry = self.written.entries()[usize::from(rule.operation.0)];
        let Turn::Ask { question, .. } = self.written.turn(entry) else {
            return false;
        };
        let bits = self.world.inferred().iter().filter(|other| {
            other.operation == rule.operation && matches!(other.value, InferredValue::Bit(_))
        });
        let bits: Vec<Test> = bits.map(inferred_test).collect();
        let asked = self.written.tests(question);
        self.inferred.contains(&rule.operation)
            && asked.contains(&inferred_test(rule))
            && asked.iter().all(|test| bits.contains(test))
    }
}
