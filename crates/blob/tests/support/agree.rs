//! Whether compiled bytes decide as the policy they were made of, exactly over all requests.

use lapbelt_blob::decode::decode;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::filter::{Argument, Test};
use lapbelt_policy::graph::{Canon, differences, lower};
use lapbelt_policy::rule::Policy;
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
    let mut both = Canon::default();
    let from_source = both.add_changed(&ours, &entries, folded, Clone::clone);
    let from_blob = both.add_graph(&compiled.graph, &compiled.rules, &WORLD);
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
