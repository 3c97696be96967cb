//! A graph to the rules that a person would write for it, checked.

use std::collections::BTreeSet;

use lapbelt_policy::filter::Test;
use lapbelt_policy::graph::{Canon, NodeId, Outcome, RaiseError, Step, lower, raise};
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{OperationId, World};

use crate::diff::{diff, inferred_test};
use crate::subject::{Form, Subject};

/// Why there are no rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecompileError {
    /// No rules say so.
    #[error(transparent)]
    Raise(#[from] RaiseError),
    /// The rules that were found do not decide these operations the same.
    #[error("the rules found do not decide {} as the profile does", .0.join(", "))]
    Differs(Vec<String>),
    /// It could not be shown that they do.
    #[error("too many combinations to show that the rules found decide {} as the profile does", .0.join(", "))]
    Undecided(Vec<String>),
}

/// Rules that decide exactly as the subject does. Of a compiled profile, what the compiler adds to
/// every profile is left out.
///
/// # Errors
/// If no rules do, or it cannot be shown that they do.
pub fn decompile(subject: &Subject<'_>) -> Result<Policy, DecompileError> {
    let world = subject.world();
    let mut canon = subject.canon().clone();
    let mut entries = subject.entries().to_vec();
    if subject.form() == Form::Compiled {
        let operations: BTreeSet<OperationId> =
            world.inferred().iter().map(|rule| rule.operation).collect();
        for operation in operations {
            let entry = &mut entries[usize::from(operation.0)];
            *entry = without_inferred(&mut canon, *entry, operation, world);
        }
    }
    let policy = raise(&canon, &entries, subject.repeats(), world)?;
    let graph = lower(&policy, world);
    let raised = Subject::new(graph, &policy.rules, world, Form::Source);
    let answer = diff(subject, &raised, 1);
    let differing = answer.different.into_iter().flat_map(|one| one.operations);
    let differing: Vec<String> = differing.collect();
    match (differing.is_empty(), answer.undecided.is_empty()) {
        (false, _) => Err(DecompileError::Differs(differing)),
        (true, false) => Err(DecompileError::Undecided(answer.undecided)),
        (true, true) => Ok(policy),
    }
}

/// The node behind what the compiler adds in front of an operation's own rules.
fn without_inferred(
    canon: &mut Canon,
    entry: NodeId,
    operation: OperationId,
    world: &World,
) -> NodeId {
    let rules = world.inferred().iter();
    let added: Vec<(Test, Option<NodeId>)> = rules
        .filter(|rule| rule.operation == operation)
        .map(|rule| {
            (
                inferred_test(rule),
                canon.decision(&Outcome::plain(rule.action)),
            )
        })
        .collect();
    // What is asked first about the same filter, as a mask of numbers becomes several tests.
    let mut front: Vec<(Test, NodeId)> = Vec::new();
    let mut at = entry;
    while let Step::Test {
        test,
        matched,
        unmatched,
    } = canon.step(at)
    {
        let test = canon.test(test);
        let is_alike = |one: &(Test, _)| one.0.filter == test.filter && one.1 == Some(matched);
        if !added.iter().any(is_alike) {
            break;
        }
        front.push((test.clone(), matched));
        at = unmatched;
    }
    let kept = front.into_iter().rev();
    kept.filter(|(test, _)| added.iter().all(|one| one.0 != *test))
        .fold(at, |next, (test, matched)| canon.ask(&test, matched, next))
}
