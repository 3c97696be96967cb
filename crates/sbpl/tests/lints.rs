//! Every lint, held to its own example; fixes; comments.
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lapbelt_policy::graph::{Canon, differences, lower};
use lapbelt_policy::rule::Policy;
use lapbelt_policy::socket::End;
use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::lint::{
    self, Effect, Finding, LINTS, Lint, PatternBytes, Sizes, Subject, fix::fix,
};
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

/// Operations that two policies decide differently, for some request and in any respect.
fn changed(old: &Policy, new: &Policy, world: &World) -> Vec<String> {
    let mut canon = Canon::default();
    let entries = |policy: &Policy, canon: &mut Canon| {
        canon.add_graph(&lower(policy, world), &policy.rules, world)
    };
    let (left, right) = (entries(old, &mut canon), entries(new, &mut canon));
    let operations = world.operations().iter().zip(left.iter().zip(&right));
    operations
        .filter(|(operation, (left, right))| {
            let end = End::of(operation);
            let found = differences(&canon, **left, **right, end, |filter| world.filter(filter));
            !found.is_ok_and(|found| found.is_empty())
        })
        .map(|(operation, _)| operation.name.clone())
        .collect()
}

fn small_profiles(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "sb")
                && std::fs::metadata(&path).is_ok_and(|about| about.len() < 2_000)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The fix decides for itself whether it keeps the meaning; here the whole is held against the
/// theory of requests, which the fix does not use.
#[test]
fn fixes_that_keep_the_meaning_change_no_decision_in_the_corpus() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let world = world("macos-14.4.1");
    let (mut mended, none) = (0, BTreeMap::new());
    for path in small_profiles(&corpus.join("profiles")) {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let keeps = |f: &Finding| {
            f.fix
                .as_ref()
                .is_some_and(|fix| fix.effect == Effect::Keeps)
        };
        let fixed = fix(&source(&text), &none, &NoImports, &world, keeps);
        if fixed.text == text {
            continue;
        }
        mended += 1;
        let again = fix(&source(&fixed.text), &none, &NoImports, &world, keeps);
        assert!(
            again.text == fixed.text,
            "{}: a second run mends more",
            path.display()
        );
        let examine = |text| Subject::examine(&source(text), &none, &NoImports, &world);
        let (before, after) = (examine(&text), examine(&fixed.text));
        let (Some(old), Some(new)) = (before.policy(), after.policy()) else {
            panic!("{} was mended though it does not evaluate", path.display());
        };
        assert_eq!(changed(old, new, &world), [""; 0], "{}", path.display());
    }
    assert!(mended >= 10, "only {mended} profiles were mended");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    /// Half a profile, or one with something in it that does not belong there.
    #[test]
    fn no_text_makes_a_lint_panic(
        at in 0_usize..LINTS.len(),
        cut in proptest::prelude::any::<proptest::sample::Index>(),
        put in "[()\"#\\\\;a-z/.*^$ \n\u{e4}-]{0,6}",
        drop in 0_usize..4,
    ) {
        let lint = LINTS[at];
        let text = lint.example.bad;
        if lint.code.starts_with("LB6") {
            return Ok(());
        }
        let start = text.floor_char_boundary(cut.index(text.len() + 1));
        let end = text.floor_char_boundary((start + drop * drop * drop).min(text.len())).max(start);
        let text = format!("{}{put}{}", &text[..start], &text[end..]);
        let world = world(lint.example.world);
        let params = params(lint.example.params);
        let subject = Subject::examine(&source(&text), &params, &NoImports, &world);
        for finding in lint::lint(&subject, &world) {
            let span = finding.origin.start as usize..finding.origin.end as usize;
            proptest::prop_assert!(text.get(span.clone()).is_some(), "{span:?} of {text:?}");
        }
        fix(&source(&text), &params, &NoImports, &world, |_| true);
    }
}

#[test]
fn classes_of_expressions_are_read_as_the_evaluator_reads_them() {
    let of = |code: &str, expression: &str| {
        let text =
            format!("(version 1)\n(deny default)\n(allow file-read* (regex #\"{expression}\"))\n");
        findings(&text, Lint::named(code).expect("a lint"))
    };
    for (code, expression) in [
        ("LB303", "^/opt/[[:alnum:]_.a]+x$"),
        ("LB307", "^/opt/[]{3}]x$"),
        ("LB302", r"^/opt[^\]|a]x$"),
    ] {
        assert!(of(code, expression).is_empty(), "{code} {expression}");
    }
    for expression in [r"^/opt/[[:alpha:]\d]x$", r"^/opt/[]\d]x$"] {
        let found = of("LB305", expression);
        assert_eq!(found.len(), 1, "{expression}");
        assert!(found[0].fix.is_none(), "{expression}");
    }
}

#[test]
fn a_comment_names_a_lint_as_the_command_line_does() {
    let text = "(version 1)\n(deny default)\n(allow file-read* (subpath \"/tmp/a\")) ; lapbelt: allow(lb201)\n";
    for code in ["LB201", "LB901", "LB902"] {
        let found = findings(text, Lint::named(code).expect("a lint"));
        assert!(found.is_empty(), "{found:?}");
    }
}
