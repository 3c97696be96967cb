//! Regular expressions: what their byte code finds, held against the automaton of the policy.

use lapbelt_blob::decode::{Literal, decode};
use lapbelt_blob::encode::encode;
use lapbelt_blob::policy::compiled as compiled_policy;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_policy::rule::{Action, Policy, Rule, RuleFilter, Version};
use proptest::prelude::*;

use crate::agree::difference;
use crate::support::WORLD;

/// Pieces of expressions that go straight, and of others.
const STRAIGHT: &[&str] = &[
    "/", "a", "b", "ab", ".", "[ab]", "[^/]+/", "[^/]*/", ".*", ".+", "[^a]",
];
const BRANCHING: &[&str] = &[
    "/",
    "a*",
    "(a|b)",
    "[ab]+",
    "b?",
    "(/a|(b|a/)*)",
    "[^ab/]",
    "(^a|b$)",
    ".",
    "()",
];

fn of(pieces: &'static [&'static str]) -> impl Strategy<Value = Regex> {
    let middle = prop::collection::vec(prop::sample::select(pieces), 1..5);
    (any::<bool>(), middle, any::<bool>()).prop_map(|(start, middle, end)| {
        let start = if start { "^" } else { "" };
        let end = if end { "$" } else { "" };
        let source = format!("{start}{}{end}", middle.concat());
        Regex::new(&source).expect("an expression")
    })
}

pub(crate) fn regex() -> impl Strategy<Value = Regex> {
    prop_oneof![of(STRAIGHT), of(BRANCHING)]
}

/// A profile that asks about a pattern.
fn asking(filter: &str, operation: &str, pattern: Pattern) -> Policy {
    let filter = WORLD.filter_named(filter).expect("a filter").id;
    let argument = Argument::Pattern(pattern);
    let operation = WORLD.operation_named(operation).expect("an operation");
    let rule = Rule {
        action: Action::Allow,
        operations: vec![operation.id],
        filters: vec![RuleFilter {
            filter: Filter::Test(Test { filter, argument }),
            origin: None,
        }],
        modifiers: Vec::new(),
        origin: None,
    };
    Policy {
        version: Version::V1,
        rules: vec![rule],
        sources: Vec::new(),
        implied: false,
    }
}

/// The bytes of a profile, and its one literal.
fn compiled(policy: &Policy) -> (Vec<u8>, Literal) {
    let encoded = encode(policy, &WORLD).expect("a profile");
    let blob = decode(&encoded.bytes, &WORLD).expect("a profile");
    assert_eq!(blob.literals.len(), 1);
    let literal = blob.literals.into_values().next();
    (encoded.bytes, literal.expect("a literal"))
}

/// The one pattern that a profile asks about, as it is read.
fn stored(bytes: &[u8]) -> Pattern {
    let blob = decode(bytes, &WORLD).expect("a profile");
    let compiled = compiled_policy(&blob, &blob.profiles[0], &WORLD).expect("a policy");
    let mut tests = compiled.graph.tests().iter();
    let pattern = tests.find_map(|test| match &test.argument {
        Argument::Pattern(pattern) => Some(pattern.clone()),
        _ => None,
    });
    pattern.expect("a pattern")
}

/// A class with letters beyond ASCII, of which it holds the bytes, and with any bytes at all.
fn class() -> impl Strategy<Value = Vec<u8>> {
    let letters = "\\[\\^?[A-Za-zÉà-üßжя日/.0]{1,4}\\]".prop_map(String::into_bytes);
    let range = |(low, high): (u8, u8)| [b'\\', low.min(high), b'-', b'\\', low.max(high)];
    let ranges = prop::collection::vec(any::<(u8, u8)>(), 1..4);
    let bytes = (any::<bool>(), ranges).prop_map(move |(negated, ranges)| {
        let sign = if negated { &b"[^"[..] } else { b"[" };
        [
            sign,
            &ranges.into_iter().flat_map(range).collect::<Vec<u8>>(),
            b"]",
        ]
        .concat()
    });
    prop_oneof![letters, bytes]
}

proptest! {
    #[test]
    fn byte_code_finds_what_the_expression_does(
        regex in regex(),
        texts in prop::collection::vec("[ab/.]{0,8}", 1..40),
    ) {
        let policy = asking("global-name", "mach-lookup", Pattern::Regex(regex.clone()));
        let (_, code) = compiled(&policy);
        for text in texts {
            let found = match &code {
                Literal::Program(program) => program.matches(text.as_bytes(), &|_| None),
                Literal::Regex(program) => program.is_match(text.as_bytes()),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(found, regex.is_match(text.as_bytes()), "{:?} in {}", regex, text);
        }
    }

    #[test]
    fn classes_of_any_bytes_come_back(
        classes in prop::collection::vec(class(), 1..4),
        sign in prop::sample::select(&["", "+", "*é", "?"][..]),
        is_path in any::<bool>(),
    ) {
        let source = [b"^/", classes.concat().as_slice(), sign.as_bytes()].concat();
        let Ok(regex) = Regex::new(&source) else {
            return Ok(());
        };
        let (filter, operation) = match is_path {
            true => ("path", "file-read-data"),
            false => ("global-name", "mach-lookup"),
        };
        let policy = asking(filter, operation, Pattern::Regex(regex.clone()));
        let (bytes, _) = compiled(&policy);
        prop_assert_eq!(difference(&policy, &bytes), None, "{:?}", regex);
        let again = stored(&bytes);
        let (written, _) = compiled(&asking(filter, operation, again.clone()));
        prop_assert!(written == bytes, "{:?} became {:?}", regex, again);
    }
}
