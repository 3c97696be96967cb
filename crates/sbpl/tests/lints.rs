//! Every lint, held to its own example; fixes; comments.
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::lint::{self, Finding, LINTS, Lint, PatternBytes, Sizes, Subject, fix::fix};
use lapbelt_sbpl::{NoImports, Source};

fn world(name: &str) -> World {
    shipped(name)
        .expect("a shipped world")
        .expect("a good world file")
}

fn source(text: &str) -> Source<'_> {
    Source {
        name: "test.sb",
        text,
    }
}

fn params(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn sizes(subject: &Subject, world: &World) -> Option<Sizes> {
    let size = lapbelt_blob::encode::size(subject.policy()?, world).ok()?;
    let patterns = size.patterns.iter().map(|pattern| PatternBytes {
        filter: pattern.filter,
        rule: pattern.rule,
        bytes: pattern.bytes,
    });
    Some(Sizes {
        literals: size.literals,
        nodes: size.nodes,
        patterns: patterns.collect(),
    })
}

fn findings(text: &str, lint: &Lint) -> Vec<Finding> {
    let world = world(lint.example.world);
    let params = params(lint.example.params);
    let subject = Subject::examine(&source(text), &params, &NoImports, &world);
    let sizes = sizes(&subject, &world);
    let subject = subject.measured(sizes);
    let all = lint::lint(&subject, &world);
    all.into_iter()
        .filter(|f| f.lint.code == lint.code)
        .collect()
}

#[test]
fn every_lint_finds_its_bad_example_and_not_its_good_one() {
    let mut wrong = Vec::new();
    for lint in LINTS {
        let (bad, good) = (lint.example.bad, lint.example.good);
        if findings(bad, lint).is_empty() {
            wrong.push(format!(
                "{} {} does not find its bad example",
                lint.code, lint.name
            ));
        }
        for finding in findings(good, lint) {
            wrong.push(format!(
                "{} finds its good example: {}",
                lint.code, finding.message
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn codes_and_names_are_unique_and_in_order() {
    let codes: Vec<&str> = LINTS.iter().map(|lint| lint.code).collect();
    let names: BTreeSet<&str> = LINTS.iter().map(|lint| lint.name).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    assert_eq!(names.len(), LINTS.len());
}

#[test]
fn every_fix_mends_its_example_and_survives_its_check() {
    let mut fixes = 0;
    for lint in LINTS {
        let example = &lint.example;
        let before = findings(example.bad, lint);
        if before.iter().all(|finding| finding.fix.is_none()) {
            continue;
        }
        fixes += 1;
        let world = world(example.world);
        let fixed = fix(
            &source(example.bad),
            &params(example.params),
            &NoImports,
            &world,
            |finding| finding.lint.code == lint.code,
        );
        for tried in &fixed.tried {
            let refused = tried.refused.map(|why| why.to_string());
            assert_eq!(refused, None, "{}: {}", lint.code, tried.finding.message);
        }
        let left = findings(&fixed.text, lint);
        assert!(
            left.is_empty(),
            "{}: {:?} in\n{}",
            lint.code,
            left,
            fixed.text
        );
    }
    assert!(fixes >= 12, "only {fixes} lints have a fix");
}
