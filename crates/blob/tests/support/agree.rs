//! Whether compiled bytes decide as the policy they were made of, exactly over all requests.

use std::cell::RefCell;

use lapbelt_blob::decode::decode;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::filter::{Argument, Test};
use lapbelt_policy::graph::{Canon, Outcome, differences, lower};
use lapbelt_policy::rule::{ModifierArgument, Policy, Rule, Version};
use lapbelt_policy::world::ArgumentKind;

use crate::support::WORLD;

/// Patterns of paths as the compiler stores them.
fn folded(test: &Test) -> Test {
    let is_path = WORLD.filter(test.filter).kind == ArgumentKind::PathPattern;
    match &test.argument {
        Argument::Pattern(pattern) if is_path && WORLD.folds_paths() => Test {
            filter: test.filter,
            argument: Argument::Pattern(pattern.in_lower_case().expect("a pattern")),
        },
        _ => test.clone(),
    }
}

/// Whether two message filters decide the same about every message.
fn is_same(left: &[Rule], right: &[Rule]) -> bool {
    let mut both = Canon::default();
    let mut entries = |rules: &[Rule]| {
        let policy = Policy {
            version: Version::V1,
            rules: rules.to_vec(),
            sources: Vec::new(),
            implied: false,
        };
        both.add_graph(&lower(&policy, &WORLD), rules, &WORLD)
    };
    let (left, right) = (entries(left), entries(right));
    let mut about = WORLD.operations().iter().filter(|one| !one.in_table);
    about.all(|one| {
        let at = usize::from(one.id.0);
        let found = differences(&both, left[at], right[at], None, |id| WORLD.filter(id));
        found.expect("few combinations").is_empty()
    })
}

/// An outcome with the first seen of the message filters that decide as its own does.
fn told_apart(outcome: &Outcome, seen: &RefCell<Vec<Vec<Rule>>>) -> Outcome {
    let mut outcome = outcome.clone();
    for modifier in &mut outcome.modifiers {
        if let Some(ModifierArgument::MessageFilter(rules)) = &mut modifier.argument {
            let mut seen = seen.borrow_mut();
            match seen.iter().find(|other| is_same(other, rules)) {
                Some(other) => rules.clone_from(other),
                None => seen.push(rules.clone()),
            }
        }
    }
    outcome
}

/// The first difference between a policy and a compiled profile.
pub(crate) fn difference(policy: &Policy, bytes: &[u8]) -> Option<String> {
    let blob = match decode(bytes, &WORLD) {
        Ok(blob) => blob,
        Err(error) => return Some(error.to_string()),
    };
    let compiled = match compiled(&blob, &blob.profiles[0], &WORLD) {
        Ok(compiled) => compiled,
        Err(error) => return Some(error.to_string()),
    };
    let mut ours = Canon::default();
    let entries = ours.add_graph(&lower(policy, &WORLD), &policy.rules, &WORLD);
    let mut theirs = Canon::default();
    let from_blob = theirs.add_graph(&compiled.graph, &compiled.rules, &WORLD);
    let seen = RefCell::default();
    let outcome = |outcome: &Outcome| told_apart(outcome, &seen);
    let mut both = Canon::default();
    let from_source = both.add_changed(&ours, &entries, folded, outcome);
    let from_blob = both.add_changed(&theirs, &from_blob, Clone::clone, outcome);
    for operation in WORLD.operations() {
        let at = usize::from(operation.id.0);
        let (left, right) = (from_source[at], from_blob[at]);
        let different = differences(&both, left, right, None, |filter| WORLD.filter(filter));
        if let Some(one) = different.expect("few combinations").first() {
            let (left, right) = (both.outcome(one.left), both.outcome(one.right));
            return Some(format!(
                "{} {:?}: source {left:?}, blob {right:?}",
                operation.name, one.values
            ));
        }
    }
    None
}
