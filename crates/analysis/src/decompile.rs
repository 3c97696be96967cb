//! A graph to the rules that a person would write for it, checked.

use lapbelt_policy::graph::{RaiseError, inferred_in_front, lower, raise, raise_settled};
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
    decompile_to(subject, None)
}

/// As [`decompile`], and of several such rules those that compile to the very profile if any do, which
/// needs no other proof: `is_compiled` tells whether rules do.
///
/// # Errors
/// If no rules do, or it cannot be shown that they do.
pub fn decompile_to(
    subject: &Subject<'_>,
    is_compiled: Option<&dyn Fn(&Policy) -> bool>,
) -> Result<Policy, DecompileError> {
    let world = subject.world();
    let written = subject.written();
    let operations = inferred_in_front(&written, world);
    // What the compiler adds depends on the rules, and a profile may have the same rules itself: all
    // is taken as added first, then less.
    let mut all: Vec<(Vec<OperationId>, Vec<Policy>)> = Vec::new();
    let mut first = None;
    for kept in 0..1_u32 << operations.len().min(4) {
        let added = operations.iter().zip(0_u32..);
        let added = added.filter(|(_, bit)| kept.checked_shr(*bit).unwrap_or(0) & 1 == 0);
        let added: Vec<OperationId> = added.map(|(operation, _)| *operation).collect();
        let mut raised = match raise(&written, &added, true, world) {
            Ok(raised) => raised,
            Err(error) => {
                first.get_or_insert(error.into());
                continue;
            }
        };
        if raised.is_empty() {
            // What the library adds is not there, whatever the compiler adds.
            break;
        }
        if let Some(at) = is_compiled.and_then(|is_it| raised.iter().position(is_it)) {
            return Ok(raised.swap_remove(at));
        }
        if all.iter().all(|(_, known)| *known != raised) {
            all.push((added, raised));
        }
    }
    let compiled = is_compiled.and_then(|is_it| {
        let all = all
            .iter()
            .flat_map(|(added, raised)| raised.iter().map(move |one| (added, one)));
        let mut found =
            all.map(|(added, policy)| raise_settled(&written, added, policy.version, world, is_it));
        found.find_map(|found| found)
    });
    if let Some(policy) = compiled {
        return Ok(policy);
    }
    for (_, raised) in all {
        match alike(subject, raised) {
            Ok(policy) => return Ok(policy),
            Err(error) => _ = first.get_or_insert(error),
        }
    }
    // No rules of a profile that has the system's added to them: it opts out.
    let mut out = raise(&written, &[], false, world)?;
    if let Some(at) = is_compiled.and_then(|is_it| out.iter().position(is_it)) {
        return Ok(out.swap_remove(at));
    }
    alike(subject, out).map_err(|error| first.unwrap_or(error))
}

/// The first of several policies that is shown to decide as the subject does.
fn alike(subject: &Subject<'_>, policies: Vec<Policy>) -> Result<Policy, DecompileError> {
    let world = subject.world();
    let mut first = None;
    for policy in policies {
        let raised = Subject::of_rules(lower(&policy, world), &policy.rules, world);
        let answer = diff(subject, &raised, 1);
        let differing = answer.different.into_iter().flat_map(|one| one.operations);
        let differing: Vec<String> = differing.collect();
        let error = match (differing.is_empty(), answer.undecided.is_empty()) {
            (false, _) => DecompileError::Differs(differing),
            (true, false) => DecompileError::Undecided(answer.undecided),
            (true, true) => return Ok(policy),
        };
        first.get_or_insert(error);
    }
    Err(first.unwrap_or(DecompileError::Undecided(Vec::new())))
}
