//! Regular expressions: what their byte code finds, held against the automaton of the policy.

use lapbelt_blob::decode::{Literal, decode};
use lapbelt_blob::encode::encode;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_policy::rule::{Action, Policy, Rule, RuleFilter, Version};
use proptest::prelude::*;

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

/// The one literal of a profile that asks about the expression.
fn compiled(regex: &Regex) -> Literal {
    let filter = WORLD.filter_named("global-name").expect("a filter").id;
    let argument = Argument::Pattern(Pattern::Regex(regex.clone()));
    let rule = Rule {
        action: Action::Allow,
        operations: vec![
            WORLD
                .operation_named("mach-lookup")
                .expect("an operation")
                .id,
        ],
        filters: vec![RuleFilter {
            filter: Filter::Test(Test { filter, argument }),
            origin: None,
        }],
        modifiers: Vec::new(),
        origin: None,
    };
    let policy = Policy {
        version: Version::V1,
        rules: vec![rule],
        sources: Vec::new(),
        implied: false,
    };
    let encoded = encode(&policy, &WORLD).expect("a profile");
    let blob = decode(&encoded.bytes, &WORLD).expect("a profile");
    assert_eq!(blob.literals.len(), 1);
    blob.literals.into_values().next().expect("a literal")
}

proptest! {
    #[test]
    fn byte_code_finds_what_the_expression_does(
        regex in regex(),
        texts in prop::collection::vec("[ab/.]{0,8}", 1..40),
    ) {
        let code = compiled(&regex);
        for text in texts {
            let found = match &code {
                Literal::Program(program) => program.matches(text.as_bytes(), &|_| None),
                Literal::Regex(program) => program.is_match(text.as_bytes()),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(found, regex.is_match(text.as_bytes()), "{:?} in {}", regex, text);
        }
    }
}
