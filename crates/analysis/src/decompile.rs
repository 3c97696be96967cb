//! A graph to the rules that a person would write for it, checked.

use lapbelt_policy::graph::{
    Known, RaiseError, SETTLING, Written, inferred_in_front, lower, raise, raise_settled,
};
use lapbelt_policy::rule::{Policy, Version};
use lapbelt_policy::world::{OperationId, World};

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
    let exact = |reading: &Reading| {
        let mut policies = reading.policies.iter().flatten();
        policies
            .find(|policy| is_compiled.is_some_and(|is_it| is_it(policy)))
            .cloned()
    };
    let mut known = Known::default();
    let mut effort = SETTLING;
    let mut settled = |reading: &Reading| {
        let is_it = is_compiled?;
        let Reading { added, implied, .. } = reading;
        let settled = |version| {
            let effort = &mut effort;
            raise_settled(&written, added, *implied, version, world, effort, is_it)
        };
        reading.versions.iter().copied().find_map(settled)
    };
    let operations = inferred_in_front(&written, world);
    // What the compiler adds depends on the rules, and a profile may have the same rules itself: all
    // is taken as added first, then less.
    let mut all: Vec<Reading> = Vec::new();
    for kept in 0..1_u32 << operations.len().min(4) {
        let added = operations.iter().zip(0_u32..);
        let added = added.filter(|(_, bit)| kept.checked_shr(*bit).unwrap_or(0) & 1 == 0);
        let added = added.map(|(operation, _)| *operation).collect();
        let reading = Reading::of(&written, added, true, world, &mut known);
        if reading.versions.is_empty() {
            // What the library adds is not there, whatever the compiler adds.
            break;
        }
        if let Some(policy) = exact(&reading) {
            return Ok(policy);
        }
        if all.iter().all(|known| known.policies != reading.policies) {
            all.push(reading);
        }
    }
    if let Some(policy) = all.iter().find_map(&mut settled) {
        return Ok(policy);
    }
    // Nothing is added to a profile that opts out.
    let reading = Reading::of(&written, Vec::new(), false, world, &mut known);
    if let Some(policy) = exact(&reading).or_else(|| settled(&reading)) {
        return Ok(policy);
    }
    all.push(reading);
    let mut first = None;
    for reading in all {
        let policies = reading.policies.map_err(DecompileError::from);
        match policies.and_then(|policies| alike(subject, policies)) {
            Ok(policy) => return Ok(policy),
            Err(error) => _ = first.get_or_insert(error),
        }
    }
    Err(first.unwrap_or(DecompileError::Undecided(Vec::new())))
}

/// What a graph may have been made of.
struct Reading {
    /// Operations in front of whose rules stands what the compiler added.
    added: Vec<OperationId>,
    /// Whether the system added rules.
    implied: bool,
    /// Rules in several versions of the language, if they can be written down as the graph stands.
    policies: Result<Vec<Policy>, RaiseError>,
    /// The versions that it may be of, the likeliest first.
    versions: Vec<Version>,
}

impl Reading {
    fn of(
        written: &Written,
        added: Vec<OperationId>,
        implied: bool,
        world: &World,
        known: &mut Known,
    ) -> Self {
        let policies = raise(written, &added, implied, world, known);
        let versions = match &policies {
            Ok(policies) => policies.iter().map(|policy| policy.version).collect(),
            Err(_) => vec![Version::V1, Version::V2, Version::V3],
        };
        Self {
            added,
            implied,
            policies,
            versions,
        }
    }
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
