//! Filters that are said to change nothing: small cases, and removal from generated policies.

use std::sync::LazyLock;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::graph::{Idle, IdleFilters, Outcome, Source, idle};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_policy::request::{Request, Value};
use lapbelt_policy::rule::{Action, Modifier, Policy, Rule, RuleFilter, RuleRef, Version};
use lapbelt_policy::world::{FilterId, OperationId, World, shipped};
use proptest::prelude::*;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
});

fn id(name: &str) -> FilterId {
    WORLD.filter_named(name).expect("a filter").id
}

fn operation(name: &str) -> OperationId {
    WORLD.operation_named(name).expect("an operation").id
}

fn path(pattern: Pattern) -> Filter {
    Filter::Test(Test {
        filter: id("path"),
        argument: Argument::Pattern(pattern),
    })
}

fn subpath(text: &str) -> Filter {
    path(Pattern::Subpath(text.into()))
}

fn literal(text: &str) -> Filter {
    path(Pattern::Literal(text.into()))
}

fn regex(source: &str) -> Filter {
    path(Pattern::Regex(Regex::new(source).expect("a regex")))
}

fn control(name: &str) -> Filter {
    Filter::Test(Test {
        filter: id("control-name"),
        argument: Argument::Pattern(Pattern::Literal(name.into())),
    })
}

fn number(name: &str, number: i64) -> Filter {
    Filter::Test(Test {
        filter: id(name),
        argument: Argument::Integer(number),
    })
}

fn rule(action: Action, name: &str, filters: Vec<Filter>) -> Rule {
    let filters = filters.into_iter().map(|filter| RuleFilter {
        filter,
        origin: None,
    });
    Rule {
        action,
        operations: vec![operation(name)],
        filters: filters.collect(),
        modifiers: Vec::new(),
        origin: None,
    }
}

fn allow(name: &str, filters: Vec<Filter>) -> Rule {
    rule(Action::Allow, name, filters)
}

fn deny(name: &str, filters: Vec<Filter>) -> Rule {
    rule(Action::Deny, name, filters)
}

fn policy(rules: Vec<Rule>) -> Policy {
    Policy {
        version: Version::V1,
        rules,
        sources: Vec::new(),
        implied: true,
    }
}

/// What is idle, as `RULE.FILTER why [by]`.
fn told(rules: Vec<Rule>) -> Vec<String> {
    let IdleFilters { filters, undecided } = idle(&policy(rules), &WORLD);
    assert_eq!(undecided, []);
    let place = |rule: RuleRef| match rule.filter {
        Some(filter) => format!("{}.{filter}", rule.rule),
        None => rule.rule.to_string(),
    };
    let by = |sources: Vec<Source>| {
        let names = sources.into_iter().map(|source| match source {
            Source::Rule(rule) => place(rule),
            Source::Implied(_) => "implied".to_owned(),
            Source::OwnDefault(id) => WORLD.operation(id).name.clone(),
        });
        names.collect::<Vec<_>>().join(" ")
    };
    let say = |why| match why {
        Idle::Impossible => "impossible".to_owned(),
        Idle::Shadowed(sources) => format!("shadowed by {}", by(sources)),
        Idle::Redundant(sources) => format!("redundant with {}", by(sources)),
    };
    filters
        .into_iter()
        .map(|one| format!("{} {}", place(one.rule), say(one.why)))
        .collect()
}

#[test]
fn a_wider_rule_of_the_same_action_makes_others_needless() {
    let narrow = || literal("/usr/lib/x");
    assert_eq!(
        told(vec![
            allow("file-read*", vec![narrow()]),
            allow("file-read*", vec![subpath("/usr")]),
        ]),
        ["0.0 shadowed by 1.0"]
    );
    assert_eq!(
        told(vec![
            allow("file-read*", vec![subpath("/usr")]),
            allow("file-read-data", vec![narrow()]),
        ]),
        ["1.0 redundant with 0.0"]
    );
    // Of two equal rules the older goes.
    assert_eq!(
        told(vec![
            allow("file-read*", vec![narrow()]),
            allow("file-read*", vec![narrow()]),
        ]),
        ["0.0 shadowed by 1.0"]
    );
}

#[test]
fn what_a_deny_between_them_needs_stays() {
    assert_eq!(
        told(vec![
            allow("file-read*", vec![subpath("/usr")]),
            deny("file-read*", vec![subpath("/usr/lib")]),
            allow("file-read*", vec![literal("/usr/lib/x")]),
        ]),
        Vec::<String>::new()
    );
}

#[test]
fn several_rules_together_shadow_one() {
    let vnode = |value| number("vnode-type", value);
    assert_eq!(
        told(vec![
            deny("file-read*", vec![literal("/a"), literal("/b")]),
            allow(
                "file-read*",
                vec![Filter::All(vec![literal("/a"), vnode(1)])]
            ),
            allow(
                "file-read*",
                vec![Filter::All(vec![
                    literal("/a"),
                    Filter::Not(Box::new(vnode(1)))
                ])]
            ),
        ]),
        ["0.0 shadowed by 2.0 1.0", "0.1 redundant with default"]
    );
}

#[test]
fn what_no_request_matches_is_impossible() {
    let both = |one, other| Filter::All(vec![one, other]);
    assert_eq!(
        told(vec![
            allow("file-read*", vec![both(literal("/a"), subpath("/b"))]),
            allow("file-read*", vec![both(regex("^/a.*x$"), regex("^/b"))]),
            allow("file-read*", vec![literal("/a/../b"), regex("//")]),
            allow(
                "file-read*",
                vec![both(number("vnode-type", 1), number("vnode-type", 2))]
            ),
            // A file may have several attributes at once.
            allow(
                "file-read*",
                vec![both(
                    number("file-attribute", 1),
                    number("file-attribute", 2)
                )]
            ),
        ]),
        [
            "3.0 impossible",
            "2.0 impossible",
            "2.1 impossible",
            "1.0 impossible",
            "0.0 impossible"
        ]
    );
}

#[test]
fn patterns_are_compared_by_what_they_match() {
    assert_eq!(
        told(vec![
            allow("file-read*", vec![subpath("/a/b")]),
            allow("file-read*", vec![regex("^/a/b(/|$)")]),
        ]),
        ["0.0 shadowed by 1.0"]
    );
    assert_eq!(
        told(vec![
            allow("file-read*", vec![subpath("/a/b")]),
            allow("file-read*", vec![regex("^/a/b/")]),
        ]),
        ["1.0 redundant with 0.0"]
    );
}

#[test]
fn unconditional_rules_replace_each_other() {
    assert_eq!(
        told(vec![
            deny("default", vec![]),
            allow("signal", vec![]),
            deny("signal", vec![]),
        ]),
        [
            "0 redundant with default",
            "2 redundant with 0",
            "1 shadowed by 2"
        ]
    );
}

#[test]
fn modifiers_make_a_difference() {
    let report = Modifier {
        modifier: WORLD.modifier_named("report").expect("a modifier").id,
        argument: None,
    };
    let mut reporting = allow("file-read*", vec![literal("/usr/x")]);
    reporting.modifiers.push(report.clone());
    assert_eq!(
        told(vec![allow("file-read*", vec![subpath("/usr")]), reporting]),
        Vec::<String>::new()
    );
    // A deny reports anyway.
    let mut reporting = deny("file-read*", vec![literal("/usr/x")]);
    reporting.modifiers.push(report);
    assert_eq!(
        told(vec![deny("file-read*", vec![subpath("/usr")]), reporting]),
        ["1.0 redundant with default", "0.0 redundant with default"]
    );
}

#[test]
fn a_thousand_rules_take_no_time() {
    let rules = (0..1000).map(|index| {
        let filter = match index % 10 {
            0..6 => literal(&format!("/usr/lib/package{index}/module.so")),
            6..9 => subpath(&format!("/opt/tool{index}/share")),
            _ => regex(&format!("^/private/tmp/job{index}-[0-9]+/")),
        };
        let action = if index % 2 == 0 {
            Action::Allow
        } else {
            Action::Deny
        };
        rule(action, "file-read*", vec![filter])
    });
    let mut rules: Vec<Rule> = rules.collect();
    rules.insert(
        500,
        allow("file-read*", vec![literal("/usr/lib/package2/module.so")]),
    );
    let start = std::time::Instant::now();
    let told = told(rules);
    // The denies at the bottom fall to the same default as without them.
    assert!(
        told.contains(&"2.0 shadowed by 500.0".to_owned()),
        "{told:?}"
    );
    println!("{} idle in {:?}", told.len(), start.elapsed());
}

const ASKED: &[&str] = &[
    "file-read-data",
    "file-read*",
    "file-write-data",
    "network-outbound",
];
const CONTROLS: &[&str] = &["com.apple.flow-divert", "com.example"];

fn text() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "ab"]);
    prop::collection::vec(name, 1..4).prop_map(|parts| format!("/{}", parts.join("/")))
}

fn filter() -> impl Strategy<Value = Filter> {
    let test = prop_oneof![
        4 => text().prop_map(|text| literal(&text)),
        4 => text().prop_map(|text| subpath(&text)),
        1 => Just(subpath("/")),
        2 => text().prop_map(|text| path(Pattern::Prefix(text.into()))),
        2 => prop::sample::select(vec!["^/a", "b$", "^/(a|b)+/b", "ab", "^/a(/|$)"]).prop_map(regex),
        2 => (1..3_i64).prop_map(|value| number("vnode-type", value)),
        1 => (1..3_i64).prop_map(|value| number("file-attribute", value)),
        2 => prop::sample::select(CONTROLS).prop_map(control),
    ];
    test.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::Any),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::All),
            inner.prop_map(|f| Filter::Not(Box::new(f))),
        ]
    })
}

fn some_rule() -> impl Strategy<Value = Rule> {
    let names = vec![
        "default",
        "file*",
        "file-read*",
        "file-read-data",
        "file-write*",
        "network*",
        "network-outbound",
    ];
    let action = prop_oneof![Just(Action::Allow), Just(Action::Deny)];
    let filters = prop_oneof![
        1 => Just(Vec::new()),
        5 => prop::collection::vec(filter(), 1..4),
    ];
    let name = prop::sample::select(names);
    (action, name, filters, any::<bool>()).prop_map(|(action, name, filters, marked)| {
        let mut rule = rule(action, name, filters);
        if marked {
            let modifier = WORLD.modifier_named("telemetry").expect("a modifier").id;
            rule.modifiers.push(Modifier {
                modifier,
                argument: None,
            });
        }
        rule
    })
}

/// The policy without its idle filters, and where each rule that is left was.
fn without(policy: &Policy, idle: &IdleFilters) -> Policy {
    let mut left = policy.clone();
    for (index, rule) in left.rules.iter_mut().enumerate() {
        let is_idle = |filter| {
            let reference = RuleRef {
                rule: index as u32,
                filter,
            };
            idle.filters.iter().any(|one| one.rule == reference)
        };
        if rule.filters.is_empty() {
            if is_idle(None) {
                rule.operations.clear();
            }
            continue;
        }
        let mut at = 0..;
        rule.filters.retain(|_| !is_idle(at.next()));
        if rule.filters.is_empty() {
            rule.operations.clear();
        }
    }
    left.rules.retain(|rule| !rule.operations.is_empty());
    left
}

fn outcome(policy: &Policy, source: &Source, action: Action) -> Outcome {
    match source {
        Source::Rule(reference) => Outcome::of(&policy.rules[reference.rule as usize], &WORLD),
        Source::Implied(_) | Source::OwnDefault(_) => Outcome::plain(action),
    }
}

#[test]
fn a_path_of_another_socket_than_a_unix_one_is_impossible() {
    let both = |domain| Filter::All(vec![literal("/a"), number("socket-domain", domain)]);
    let told = |domain| told(vec![allow("network-inbound", vec![both(domain)])]);
    assert_eq!(told(2), ["0.0 impossible"]);
    assert_eq!(told(1), [""; 0]);
}

#[test]
fn what_the_system_infers_a_rule_from_stays() {
    let divert = || allow("network-outbound", vec![control("com.apple.flow-divert")]);
    // The system's own rule decides the same, but is there only because of this one.
    assert_eq!(told(vec![deny("default", vec![]), divert()]), [""; 0]);
    let reason = || allow("network-outbound", vec![literal("/a")]);
    assert_eq!(
        told(vec![deny("default", vec![]), divert(), reason()]),
        ["0 redundant with default", "1.0 shadowed by implied"]
    );
    let hidden = vec![
        deny("default", vec![]),
        reason(),
        deny("network-outbound", vec![literal("/a")]),
    ];
    assert_eq!(told(hidden), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn taking_idle_filters_out_changes_no_decision(
        rules in prop::collection::vec(some_rule(), 0..12),
        texts in prop::collection::vec(text(), 1..8),
        kind in 0..3_i64,
        name in prop::sample::select(CONTROLS),
    ) {
        let policy = policy(rules);
        let found = idle(&policy, &WORLD);
        prop_assert_eq!(&found.undecided, &[]);
        let less = without(&policy, &found);
        let (before, after) = (Decider::new(&policy, &WORLD), Decider::new(&less, &WORLD));
        for asked in ASKED {
            let paths = texts.iter().map(|text| ("path", text.as_str()));
            // Nothing has both a path and a control name.
            for (filter, text) in paths.chain([("control-name", name)]) {
                let request = Request::new(operation(asked))
                    .with(id(filter), Value::Text(text.as_bytes()))
                    .with(id("vnode-type"), Value::Integer(kind))
                    .with(id("file-attribute"), Value::Integer(kind));
                let (old, new) = (before.decide(&request), after.decide(&request));
                prop_assert_eq!(
                    outcome(&policy, &old.source, old.action),
                    outcome(&less, &new.source, new.action),
                    "{} {} {:?}", asked, text, found
                );
                // What decides is not called shadowed.
                let shadowed = found.filters.iter().any(|one| {
                    Source::Rule(one.rule) == old.source
                        && one.operation == operation(asked)
                        && !matches!(one.why, Idle::Redundant(_))
                });
                prop_assert!(!shadowed, "{} {} {:?}", asked, text, found);
            }
        }
        // What is left is needed.
        prop_assert_eq!(idle(&less, &WORLD).filters, vec![]);
    }
}

#[test]
fn values_of_two_entitlements_shadow_nothing() {
    let test = |name: &str, argument| {
        Filter::Test(Test {
            filter: id(name),
            argument,
        })
    };
    let entitled = |name: &str| {
        Filter::All(vec![
            test("%entitlement-load", Argument::Text(name.into())),
            test("%entitlement-boolean", Argument::Bool(true)),
        ])
    };
    let both = || Filter::All(vec![entitled("a"), entitled("b")]);
    let neither = || Filter::Not(Box::new(Filter::Any(vec![entitled("a"), entitled("b")])));
    assert_eq!(
        told(vec![
            allow("mach-lookup", vec![both()]),
            allow("mach-lookup", vec![entitled("b")]),
        ]),
        ["0.0 shadowed by 1.0"]
    );
    // Who has only one of them set is decided by neither.
    let one_set = Filter::All(vec![
        test("%entitlement-load", Argument::Text("a".into())),
        test("%entitlement-load", Argument::Text("b".into())),
        Filter::Not(Box::new(both())),
        Filter::Not(Box::new(neither())),
    ]);
    assert_eq!(told(vec![allow("mach-lookup", vec![one_set])]), [""; 0]);
}
