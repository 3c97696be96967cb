//! A graph to the rules that a person would write for it, checked.

use lapbelt_policy::graph::{RaiseError, lower, raise};
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::OperationId;

use crate::diff::diff;
use crate::subject::Subject;

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

/// Rules that decide exactly as the subject does. What the compiler adds to these rules is left out.
///
/// # Errors
/// If no rules do, or it cannot be shown that they do.
pub fn decompile(subject: &Subject<'_>) -> Result<Policy, DecompileError> {
    let world = subject.world();
    let inferred = world.inferred().iter();
    let mut operations: Vec<OperationId> = inferred.map(|rule| rule.operation).collect();
    operations.dedup();
    // What the compiler adds depends on the rules, and a profile may have the same rules itself: all
    // is taken as added first, then less.
    let mut first = None;
    for kept in 0..1_u32 << operations.len().min(4) {
        let added = operations.iter().zip(0_u32..);
        let added = added.filter(|(_, bit)| kept >> bit & 1 == 0);
        let added: Vec<OperationId> = added.map(|(operation, _)| *operation).collect();
        match without(subject, &added, true) {
            Ok(Some(policy)) => return Ok(policy),
            // What the library adds is not there, whatever the compiler adds.
            Ok(None) => break,
            Err(error) => _ = first.get_or_insert(error),
        }
    }
    // No rules of a profile that has the system's added to them: it opts out.
    if let Ok(Some(policy)) = without(subject, &[], false) {
        return Ok(policy);
    }
    Err(first.unwrap_or(DecompileError::Undecided(Vec::new())))
}

/// The rules, if what stands in front of some operations was added by the compiler; `None` if no
/// rules have what the system adds to all.
fn without(
    subject: &Subject<'_>,
    added: &[OperationId],
    implied: bool,
) -> Result<Option<Policy>, DecompileError> {
    let world = subject.world();
    let mut first = None;
    for policy in raise(&subject.written(), added, implied, world)? {
        let raised = Subject::of_rules(lower(&policy, world), &policy.rules, world);
        let answer = diff(subject, &raised, 1);
        let differing = answer.different.into_iter().flat_map(|one| one.operations);
        let differing: Vec<String> = differing.collect();
        let error = match (differing.is_empty(), answer.undecided.is_empty()) {
            (false, _) => DecompileError::Differs(differing),
            (true, false) => DecompileError::Undecided(answer.undecided),
            (true, true) => return Ok(Some(policy)),
        };
        first.get_or_insert(error);
    }
    first.map_or(Ok(None), Err)
}
