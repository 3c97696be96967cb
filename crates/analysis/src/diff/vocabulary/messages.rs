//! The message filters of two policies: which are the same, and where two differ.

use std::collections::HashMap;

use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::filter::Test;
use lapbelt_policy::graph::{Canon, NodeId, Outcome, differences, lower_messages};
use lapbelt_policy::rule::{ModifierArgument, Rule};
use lapbelt_policy::world::{FilterId, OperationId, World};

use super::Vocabulary;
use crate::subject::Subject;

/// Numbers of message filters, the same for those that decide the same.
pub(super) type Numbers = HashMap<Vec<Rule>, usize>;

/// All message filters of both policies in one canon.
#[derive(Default)]
pub(super) struct Messages {
    pub(super) left: Numbers,
    pub(super) right: Numbers,
    canon: Canon,
    /// By number: where each of the operations starts. The first filters nothing.
    entries: Vec<Vec<NodeId>>,
    /// Operations of messages that both worlds have.
    operations: Vec<(OperationId, OperationId)>,
}

/// A message that two message filters decide differently, by the joint numbers of its values.
pub(crate) struct Message {
    pub(crate) left: OperationId,
    pub(crate) right: OperationId,
    pub(crate) values: Vec<(FilterId, OwnedValue)>,
}

impl Vocabulary<'_> {
    pub(super) fn number_messages(&mut self, left: &Subject<'_>, right: &Subject<'_>) {
        let apart = left.world().operations().iter().filter(|o| !o.in_table);
        let both = apart.filter_map(|here| {
            let there = right.world().operation_named(&here.name)?;
            (!there.in_table).then_some((here.id, there.id))
        });
        let mut messages = Messages {
            operations: both.collect(),
            ..Messages::default()
        };
        let here: Vec<OperationId> = messages.operations.iter().map(|pair| pair.0).collect();
        let there: Vec<OperationId> = messages.operations.iter().map(|pair| pair.1).collect();
        let (nothing, entries) = without_filter(left.world());
        for (rules, canon, entries) in
            std::iter::once((Vec::new(), nothing, entries)).chain(left.message_filters())
        {
            let own: Vec<NodeId> = here.iter().map(|id| entries[usize::from(id.0)]).collect();
            let nodes = messages
                .canon
                .add_changed(&canon, &own, Test::clone, Outcome::clone);
            let number = self.number(&mut messages, nodes);
            messages.left.insert(rules, number);
        }
        for (rules, canon, entries) in right.message_filters() {
            let own: Vec<NodeId> = there.iter().map(|id| entries[usize::from(id.0)]).collect();
            let test = |test: &Test| self.right_test(test);
            let outcome = |outcome: &Outcome| self.right_outcome(outcome);
            let nodes = messages.canon.add_changed(&canon, &own, test, outcome);
            let number = self.number(&mut messages, nodes);
            messages.right.insert(rules, number);
        }
        self.messages = messages;
    }

    /// The number of the first of those seen that decides the same.
    fn number(&self, messages: &mut Messages, nodes: Vec<NodeId>) -> usize {
        let canon = &messages.canon;
        let same = |one: NodeId, other: NodeId| {
            differences(canon, one, other, None, |id| self.filter(id)) == Ok(Vec::new())
        };
        let mut seen = messages.entries.iter();
        let known = seen.position(|other| nodes.iter().zip(other).all(|(a, b)| same(*a, *b)));
        known.unwrap_or_else(|| {
            messages.entries.push(nodes);
            messages.entries.len() - 1
        })
    }

    /// For each operation of messages one that is decided differently after one of two outcomes than
    /// after the other, smallest first; none if that is too complex to say.
    pub(crate) fn messages(&self, left: &Outcome, right: &Outcome) -> Vec<Message> {
        let messages = &self.messages;
        let left = number_of(left, &messages.left);
        let right = number_of(right, &messages.right);
        if left == right {
            return Vec::new();
        }
        let entries = messages.entries[left].iter().zip(&messages.entries[right]);
        let found = messages
            .operations
            .iter()
            .zip(entries)
            .filter_map(|(ids, (one, other))| {
                let found = differences(&messages.canon, *one, *other, None, |id| self.filter(id));
                Some(Message {
                    left: ids.0,
                    right: ids.1,
                    values: found.ok()?.into_iter().next()?.values,
                })
            });
        found.collect()
    }
}

/// The number of an outcome's message filter; that of none if it has none.
fn number_of(outcome: &Outcome, numbers: &Numbers) -> usize {
    let mut modifiers = outcome.modifiers.iter();
    let found = modifiers.find_map(|one| match &one.argument {
        Some(ModifierArgument::MessageFilter(rules)) => numbers.get(rules).copied(),
        _ => None,
    });
    found.unwrap_or(0)
}

/// What is decided of messages that no filter is about.
fn without_filter(world: &World) -> (Canon, Vec<NodeId>) {
    let mut canon = Canon::default();
    let entries = canon.add_graph(&lower_messages(&[], world), &[], world);
    (canon, entries)
}
