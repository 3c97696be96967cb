//! What does not fit is refused with the rule, and its size can be told before.

use lapbelt_blob::encode::{
    EncodeError, LITERALS, LONGEST_PATTERN, NODES, Problem, Reason, encode, size,
};
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Action, Policy, Rule, RuleFilter, Version};

use crate::agree::difference;
use crate::support::WORLD;

/// A rule that, turn by turn, allows and denies what a filter with the argument matches.
fn rule(turn: usize, operation: &str, filter: &str, argument: Argument) -> Rule {
    let filter = WORLD.filter_named(filter).expect("a filter").id;
    Rule {
        action: if turn.is_multiple_of(2) {
            Action::Allow
        } else {
            Action::Deny
        },
        operations: vec![WORLD.operation_named(operation).expect("an operation").id],
        filters: vec![RuleFilter {
            filter: Filter::Test(Test { filter, argument }),
            origin: None,
        }],
        modifiers: Vec::new(),
        origin: None,
    }
}

fn path(turn: usize, text: String) -> Rule {
    let pattern = Pattern::Literal(text.into_bytes());
    rule(turn, "file-read*", "path", Argument::Pattern(pattern))
}

fn policy(rules: Vec<Rule>) -> Policy {
    Policy {
        version: Version::V1,
        rules,
        sources: Vec::new(),
        implied: true,
    }
}

fn refused(policy: &Policy) -> EncodeError {
    encode(policy, &WORLD).expect_err("an error")
}

#[test]
fn patterns_that_take_too_much_together_are_asked_one_after_the_other() {
    let text = |first: char| {
        format!(
            "/{}{}",
            "a".repeat(40_000),
            first.to_string().repeat(20_000)
        )
    };
    let fitting = policy(vec![path(0, text('b'))]);
    let encoded = encode(&fitting, &WORLD).expect("a profile");
    assert_eq!(size(&fitting, &WORLD), Ok(encoded.size.clone()));
    assert!((60_000..LONGEST_PATTERN).contains(&encoded.size.patterns[0].bytes));
    assert_eq!(encoded.size.patterns[0].programs, 1);

    let joined = policy(vec![
        path(1, "/x".into()),
        path(0, text('b')),
        path(0, text('c')),
    ]);
    let encoded = encode(&joined, &WORLD).expect("a profile");
    let reasons: Vec<Reason> = (encoded.fidelity.derived.iter())
        .map(|one| one.reason)
        .collect();
    assert!(reasons.contains(&Reason::SplitPattern), "{reasons:?}");
    let sizes = &encoded.size.patterns;
    let whole = sizes.iter().find(|one| one.programs > 1).expect("a size");
    assert_eq!((whole.rule, whole.programs), (Some(2), 2));
    assert!(whole.bytes > LONGEST_PATTERN);
    assert_eq!(size(&joined, &WORLD), Ok(encoded.size.clone()));
    assert_eq!(difference(&joined, &encoded.bytes), None);
}

#[test]
fn a_pattern_that_is_too_long_by_itself() {
    let long = policy(vec![
        path(0, "/b".into()),
        path(0, format!("/{}", "a".repeat(70_000))),
    ]);
    let error = refused(&long);
    let Problem::PatternTooLong { bytes, .. } = error.problem else {
        panic!("{error}");
    };
    let predicted = size(&long, &WORLD).expect("a size").patterns;
    assert!(
        predicted
            .iter()
            .any(|one| one.bytes == bytes && one.programs == 1)
    );
}

#[test]
fn literals_beyond_what_nodes_refer_to() {
    let rules = (0..200).map(|turn| path(turn, format!("/{turn}/{}", "a".repeat(4000))));
    let policy = policy(rules.collect());
    let error = refused(&policy);
    assert_eq!(error.problem, Problem::TooManyLiterals);
    // The newest rules come first.
    let rule = error.rule.expect("a rule");
    assert!((60..80).contains(&rule), "{rule}");
    assert!(size(&policy, &WORLD).expect("a size").literals > LITERALS);
}

#[test]
fn nodes_beyond_what_16_bits_count() {
    let rules = (0..=NODES).map(|turn| {
        let number = Argument::Integer(turn as i64);
        rule(turn, "sysctl-read", "uid", number)
    });
    let policy = policy(rules.collect());
    assert!(matches!(refused(&policy).problem, Problem::TooManyNodes(_)));
    assert!(size(&policy, &WORLD).expect("a size").nodes > NODES);
}

#[test]
fn numbers_beyond_16_bits() {
    for value in [-1, 65_536] {
        let rules = vec![rule(0, "signal", "target", Argument::Integer(value))];
        let error = refused(&policy(rules));
        assert_eq!(error.rule, Some(0));
        assert!(error.to_string().contains("does not fit into 16 bits"));
    }
}
