//! Profiles that the system's own compiler wrote: every byte explained, and decided as their source
//! is.

mod support;

use lapbelt_blob::decode::{Literal, decode};
use lapbelt_blob::policy::compiled;
use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::filter::{Argument, Test};
use lapbelt_policy::graph::{Canon, differences, lower};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::world::{ArgumentKind, FilterId, InferredValue, OperationId};
use lapbelt_sbpl::{NoImports, Source, evaluate};
use support::{WORLD, Witness, witnesses};

#[test]
fn every_byte_has_one_meaning() {
    for Witness {
        id, blob: bytes, ..
    } in witnesses()
    {
        let blob = decode(&bytes, &WORLD).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(blob.layout.name, "macos-14", "{id}");
        let covered: usize = blob.spans.iter().map(|span| span.end - span.start).sum();
        assert_eq!(covered, bytes.len(), "{id}");
        for (at, literal) in &blob.literals {
            let patterns = blob.patterns(*at);
            let patterns = patterns.unwrap_or_else(|error| panic!("{id}: {error}"));
            if matches!(literal, Literal::Program(_)) {
                let is_plain = |pattern: &Pattern| !matches!(pattern, Pattern::Regex(_));
                assert!(patterns.iter().all(is_plain), "{id}: {patterns:?}");
            }
        }
    }
}

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

/// Whether a request is about what the compiler adds rules of its own for.
fn is_inferred(operation: OperationId, values: &[(FilterId, OwnedValue)]) -> bool {
    WORLD.inferred().iter().any(|rule| {
        let is_asked = |(filter, value): &(FilterId, OwnedValue)| match (&rule.value, value) {
            (InferredValue::Name(name), OwnedValue::Text(text)) => {
                *filter == rule.filter && text == name.as_bytes()
            }
            (InferredValue::Bit(_), _) => *filter == rule.filter,
            _ => false,
        };
        rule.operation == operation && values.iter().any(is_asked)
    })
}

#[test]
fn each_decides_as_its_source() {
    for witness in witnesses() {
        let Witness { id, source, .. } = &witness;
        let text = Source {
            name: id,
            text: source,
        };
        let evaluation = evaluate(&text, &witness.params, &NoImports, &WORLD);
        let policy = evaluation
            .policy
            .unwrap_or_else(|| panic!("{id}: {:?}", evaluation.diagnostics));
        let blob = decode(&witness.blob, &WORLD).expect("a blob");
        let compiled = compiled(&blob, &blob.profiles[0], &WORLD).expect("a policy");
        let mut ours = Canon::default();
        let entries = ours.add_graph(&lower(&policy, &WORLD), &policy.rules, &WORLD);
        let mut both = Canon::default();
        let from_source = both.add_changed(&ours, &entries, folded, Clone::clone);
        let from_blob = both.add_graph(&compiled.graph, &compiled.rules, &WORLD);
        for operation in WORLD.operations() {
            let at = usize::from(operation.id.0);
            let (left, right) = (from_source[at], from_blob[at]);
            let different = differences(&both, left, right, |filter| WORLD.filter(filter));
            for one in different.expect("few combinations") {
                let (left, right) = (both.outcome(one.left), both.outcome(one.right));
                assert!(
                    is_inferred(operation.id, &one.values),
                    "{id}: {} {:?}: source {left:?}, blob {right:?}",
                    operation.name,
                    one.values,
                );
            }
        }
    }
}
