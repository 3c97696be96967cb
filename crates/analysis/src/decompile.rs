//! A graph to the rules that a person would write for it, checked.

use std::collections::BTreeSet;
use std::iter::{repeat, successors};

use lapbelt_policy::added::added;
use lapbelt_policy::filter::Filter;
use lapbelt_policy::graph::{RaiseError, inferred_in_front, lower, never, raise, raise_settled};
use lapbelt_policy::rule::{Action, Modifier, Policy, Rule, RuleFilter};
use lapbelt_policy::world::{OperationId, World};

use crate::diff::diff;
use crate::subject::Subject;

/// Most of the system's own rules for which a vain one is tried, in all their combinations.
const MOST_VAIN: usize = 7;

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
        let made = |policy: Policy| match is_it(&policy) {
            true => Some(policy),
            false => with_vain(&policy, is_it, world),
        };
        let mut found =
            all.map(|(added, policy)| raise_settled(&written, added, policy.version, world, &made));
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

/// The rules, with one for some operations that the system's own are asked before if only so they are
/// the very ones, or for these and what they fall back to. Nothing is left of such a rule in a compiled profile
/// but that the node of the system's stands by itself, not as one with its equals, or at all.
fn with_vain(policy: &Policy, are_they: &dyn Fn(&Policy) -> bool, world: &World) -> Option<Policy> {
    let quiet = world.modifier_named("no-report")?.id;
    let rule = |operation: OperationId, filter: Filter| Rule {
        action: Action::Deny,
        operations: vec![operation],
        filters: vec![RuleFilter {
            filter,
            origin: None,
        }],
        modifiers: vec![Modifier {
            modifier: quiet,
            argument: None,
        }],
        origin: None,
    };
    let implied = world.implied().len() as u32;
    let mut own = added(policy, world);
    own.retain(|one| one.number < implied);
    let parent = |id: &OperationId| world.operation(*id).parent;
    let behind = own.iter().map(|one| Some(one.operation));
    let behind = behind.flat_map(|first| successors(first, parent));
    let behind: BTreeSet<OperationId> = behind.collect();
    let never = behind.into_iter().zip(repeat(never(world)?));
    let never = never.map(|(operation, filter)| vec![rule(operation, filter)]);
    let own = own.into_iter().take(MOST_VAIN);
    let vain: Vec<Rule> = own.map(|one| rule(one.operation, one.filter)).collect();
    let some = (1..1_usize << vain.len()).map(|chosen| {
        let chosen = (0..vain.len()).filter(|at| chosen >> at & 1 == 1);
        chosen.map(|at| vain[at].clone()).collect()
    });
    let mut ways = some.chain(never).map(|more: Vec<Rule>| {
        let mut with = policy.clone();
        with.rules.extend(more);
        with
    });
    ways.find(are_they)
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
