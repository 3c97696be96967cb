//! A graph to the rules that a person would write for it, checked.

use lapbelt_policy::added::added;
use lapbelt_policy::graph::{Compiler, RaiseError, Reading, lower, raise, raise_tried};
use lapbelt_policy::rule::{Action, Modifier, Policy, Rule, RuleFilter};
use lapbelt_policy::world::{OperationId, World};

use crate::diff::diff;
use crate::subject::Subject;

/// Most of the system's own rules for which a vain one is tried, in all their combinations.
const MOST_VAIN: usize = 4;

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
/// needs no other proof. Without a compiler none do.
///
/// # Errors
/// If no rules do, or it cannot be shown that they do.
pub fn decompile_to(
    subject: &Subject<'_>,
    compiler: Option<&dyn Compiler>,
) -> Result<Policy, DecompileError> {
    let is_it = |policy: &Policy| compiler.is_some_and(|one| one.is_it(policy));
    let mut found = None;
    let world = subject.world();
    let inferred = world.inferred().iter();
    let mut operations: Vec<OperationId> = inferred.map(|rule| rule.operation).collect();
    operations.sort_unstable();
    operations.dedup();
    // What the compiler adds depends on the rules, and a profile may have the same rules itself: all
    // is taken as added first, then less.
    let mut first = None;
    for kept in 0..1_u32 << operations.len().min(4) {
        let added = operations.iter().zip(0_u32..);
        let added = added.filter(|(_, bit)| kept.checked_shr(*bit).unwrap_or(0) & 1 == 0);
        let added: Vec<OperationId> = added.map(|(operation, _)| *operation).collect();
        match without(subject, &added, true, &is_it) {
            Ok(Some((policy, true))) => return Ok(policy),
            Ok(Some((policy, false))) => _ = found.get_or_insert((policy, added)),
            // What the library adds is not there, whatever the compiler adds.
            Ok(None) => break,
            Err(error) => _ = first.get_or_insert(error),
        }
    }
    if let Some((found, added)) = found {
        let tried = || raise_tried(&subject.written(), &added, &found, world, compiler?);
        let vain = with_vain(&found, &is_it, world);
        return Ok(vain.or_else(tried).unwrap_or(found));
    }
    // No rules of a profile that has the system's added to them: it opts out.
    match without(subject, &[], false, &is_it) {
        Ok(Some((policy, _))) => Ok(policy),
        Ok(None) => Err(first.unwrap_or(DecompileError::Undecided(Vec::new()))),
        Err(error) => Err(first.unwrap_or(error)),
    }
}

/// The rules, with one for some operations that the system's own are asked before if only so they are
/// the very ones. Nothing is left of such a rule in a compiled profile but that the node of the
/// system's stands by itself, not as one with its equals.
fn with_vain(policy: &Policy, are_they: &dyn Fn(&Policy) -> bool, world: &World) -> Option<Policy> {
    let quiet = world.modifier_named("no-report")?;
    let implied = world.implied().len() as u32;
    let own = added(policy, world).into_iter();
    let vain = own.filter(|one| one.number < implied).map(|one| Rule {
        action: Action::Deny,
        operations: vec![one.operation],
        filters: vec![RuleFilter {
            filter: one.filter,
            origin: None,
        }],
        modifiers: vec![Modifier {
            modifier: quiet.id,
            argument: None,
        }],
        origin: None,
    });
    let vain: Vec<Rule> = vain.take(MOST_VAIN).collect();
    for chosen in 1..1_u32 << vain.len() {
        let mut with = policy.clone();
        let one = vain
            .iter()
            .zip(0..)
            .filter(|(_, bit)| chosen >> bit & 1 == 1);
        with.rules.extend(one.map(|(rule, _)| rule.clone()));
        if are_they(&with) {
            return Some(with);
        }
    }
    None
}

/// The rules, if what stands in front of some operations was added by the compiler, and whether they
/// are the very ones; `None` if no rules have what the system adds to all.
fn without(
    subject: &Subject<'_>,
    added: &[OperationId],
    implied: bool,
    are_they: &dyn Fn(&Policy) -> bool,
) -> Result<Option<(Policy, bool)>, DecompileError> {
    let world = subject.world();
    let written = subject.written();
    let mut plain = raise(&written, added, implied, Reading::Plain, world)?;
    if let Some(at) = plain.iter().position(are_they) {
        return Ok(Some((plain.swap_remove(at), true)));
    }
    if written.is_compiled() {
        for reading in [Reading::Short, Reading::Apart] {
            let others = raise(&written, added, implied, reading, world).unwrap_or_default();
            if let Some(policy) = others.into_iter().find(are_they) {
                return Ok(Some((policy, true)));
            }
        }
    }
    let mut first = None;
    for policy in plain {
        let raised = Subject::of_rules(lower(&policy, world), &policy.rules, world);
        let answer = diff(subject, &raised, 1);
        let differing = answer.different.into_iter().flat_map(|one| one.operations);
        let differing: Vec<String> = differing.collect();
        let error = match (differing.is_empty(), answer.undecided.is_empty()) {
            (false, _) => DecompileError::Differs(differing),
            (true, false) => DecompileError::Undecided(answer.undecided),
            (true, true) => return Ok(Some((policy, false))),
        };
        first.get_or_insert(error);
    }
    first.map_or(Ok(None), Err)
}
