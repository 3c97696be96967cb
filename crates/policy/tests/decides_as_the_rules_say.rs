//! The decider agrees with a rule-by-rule reading of the language, on generated policies; and the
//! inclusion check agrees with trying every combination.

use std::sync::LazyLock;

use lapbelt_policy::added::inferred;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::graph::{Inclusion, Source, includes, lower};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_policy::request::{Request, Value};
use lapbelt_policy::rule::{Action, Policy, Rule, RuleFilter, RuleRef, Version};
use lapbelt_policy::world::{FilterId, InferredValue, OperationId, World, shipped};
use proptest::prelude::*;

const OPERATIONS: &[&str] = &[
    "default",
    "file*",
    "file-read*",
    "file-read-data",
    "file-write*",
    "file-write-setugid",
    "network*",
    "network-outbound",
    "signal",
    "syscall-unix",
];
const ASKED: &[&str] = &[
    "file-read-data",
    "file-read-metadata",
    "file-write-data",
    "network-bind",
    "network-outbound",
    "signal",
    "syscall-unix",
];

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
});

fn world() -> &'static World {
    &WORLD
}

fn path(world: &World) -> FilterId {
    world.filter_named("path").expect("the path filter").id
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec!["a", "b", "ab"]);
    prop::collection::vec(name, 1..4).prop_map(|parts| format!("/{}", parts.join("/")).into_bytes())
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        4 => text().prop_map(Pattern::Literal),
        4 => text().prop_map(Pattern::Subpath),
        1 => Just(Pattern::Subpath(b"/".to_vec())),
        1 => Just(Pattern::Subpath(b"/a/".to_vec())),
        2 => text().prop_map(Pattern::Prefix),
        1 => prop::sample::select(vec!["^/a", "b$", "^/(a|b)+/b", "ab"])
            .prop_map(|source| Pattern::Regex(Regex::new(source).expect("a regex"))),
    ]
}

fn filter(path: FilterId) -> impl Strategy<Value = Filter> {
    let test = pattern().prop_map(move |p| {
        Filter::Test(Test {
            filter: path,
            argument: Argument::Pattern(p),
        })
    });
    test.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::Any),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::All),
            inner.prop_map(|f| Filter::Not(Box::new(f))),
        ]
    })
}

fn rule(world: &World) -> impl Strategy<Value = Rule> + use<> {
    let ids: Vec<OperationId> = OPERATIONS
        .iter()
        .map(|n| world.operation_named(n).expect("an operation").id)
        .collect();
    let action = prop_oneof![Just(Action::Allow), Just(Action::Deny)];
    let operations = prop::collection::vec(prop::sample::select(ids), 1..3);
    let filters = prop_oneof![
        1 => Just(Vec::new()),
        5 => prop::collection::vec(filter(path(world)), 1..7),
    ];
    (action, operations, filters).prop_map(|(action, operations, filters)| Rule {
        action,
        operations,
        filters: filters
            .into_iter()
            .map(|filter| RuleFilter {
                filter,
                origin: None,
            })
            .collect(),
        modifiers: Vec::new(),
        origin: None,
    })
}

fn policy(world: &World) -> impl Strategy<Value = Policy> + use<> {
    let version = prop_oneof![Just(Version::V1), Just(Version::V2), Just(Version::V3)];
    (
        prop::collection::vec(rule(world), 0..12),
        version,
        any::<bool>(),
    )
        .prop_map(|(rules, version, implied)| Policy {
            version,
            rules,
            sources: Vec::new(),
            implied,
        })
}

fn holds(filter: &Filter, request: &Request<'_>) -> bool {
    match filter {
        Filter::Test(test) => request
            .get(test.filter)
            .any(|value| match (&test.argument, value) {
                (Argument::Pattern(pattern), Value::Text(text)) => pattern.matches(text),
                (Argument::Integer(wanted), Value::Integer(number)) => *wanted == number,
                _ => false,
            }),
        Filter::Any(parts) => parts.iter().any(|part| holds(part, request)),
        Filter::All(parts) => parts.iter().all(|part| holds(part, request)),
        Filter::Not(inner) => !holds(inner, request),
    }
}

/// The language as it is described: own filtered rules newest first, then the own unconditional
/// entry, then the more general operation.
fn by_the_book(policy: &Policy, world: &World, request: &Request<'_>) -> (Action, Source) {
    let mut at = Some(request.operation);
    let first = world.implied().len();
    while let Some(id) = at {
        for (index, rule) in world.inferred().iter().enumerate().rev() {
            let asked = request.get(rule.filter).any(|v| match &rule.value {
                InferredValue::Name(name) => v == Value::Text(name.as_bytes()),
                InferredValue::Bit(bit) => v == Value::Integer(i64::from(*bit)),
            });
            if rule.operation == id && asked && inferred(policy, world).contains(&rule) {
                return (rule.action, Source::Implied((first + index) as u32));
            }
        }
        for (index, rule) in world.implied().iter().enumerate().rev() {
            let asked = request
                .get(rule.filter)
                .any(|v| v == Value::Integer(rule.value));
            if policy.implied && rule.operation == id && asked {
                return (rule.action, Source::Implied(index as u32));
            }
        }
        let own = || {
            policy
                .rules
                .iter()
                .enumerate()
                .rev()
                .filter(|r| r.1.operations.contains(&id))
        };
        for (index, rule) in own() {
            for (number, filter) in rule.filters.iter().enumerate() {
                if holds(&filter.filter, request) {
                    let filter = Some(number as u32);
                    let reference = RuleRef {
                        rule: index as u32,
                        filter,
                    };
                    return (rule.action, Source::Rule(reference));
                }
            }
        }
        if let Some((index, rule)) = own().find(|(_, rule)| rule.filters.is_empty()) {
            let reference = RuleRef {
                rule: index as u32,
                filter: None,
            };
            return (rule.action, Source::Rule(reference));
        }
        let operation = world.operation(id);
        if let Some(action) = operation.own_default(policy.version) {
            return (action, Source::OwnDefault(id));
        }
        at = operation.parent;
    }
    (Action::Deny, Source::OwnDefault(world.root()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn decider_agrees_with_the_book(
        policy in policy(world()),
        texts in prop::collection::vec(text(), 1..6),
        call in prop::sample::select(vec![1, 3, 37]),
        name in prop::sample::select(vec!["com.apple.flow-divert", "com.example"]),
    ) {
        let world = world();
        let id = |name: &str| world.filter_named(name).expect("a filter").id;
        let decider = Decider::new(&policy, world);
        for operation in ASKED {
            let operation = world.operation_named(operation).expect("an operation").id;
            for text in &texts {
                let request = Request::new(operation)
                    .with(path(world), Value::Text(text))
                    .with(id("syscall-number"), Value::Integer(call))
                    .with(id("control-name"), Value::Text(name.as_bytes()));
                let verdict = decider.decide(&request);
                let (action, source) = by_the_book(&policy, world, &request);
                prop_assert_eq!(verdict.action, action);
                prop_assert_eq!(verdict.source, source);
                if let Some(always) = decider.always(operation) {
                    prop_assert_eq!(always, action);
                }
            }
        }
    }

    #[test]
    fn a_proven_inclusion_holds_and_a_widening_is_one(
        outer in policy(world()),
        inner in policy(world()),
        texts in prop::collection::vec(text(), 1..6),
    ) {
        let world = world();
        let (outside, inside) = (Decider::new(&outer, world), Decider::new(&inner, world));
        match includes(outside.graph(), inside.graph()) {
            Inclusion::Proven => {
                for operation in world.operations() {
                    for text in &texts {
                        let request =
                            Request::new(operation.id).with(path(world), Value::Text(text));
                        let more = inside.decide(&request).action == Action::Allow
                            && outside.decide(&request).action == Action::Deny;
                        prop_assert!(!more, "{} {:?}", operation.name, text);
                    }
                }
            }
            Inclusion::Widened(widening) => {
                let node = |graph: &lapbelt_policy::graph::Graph| {
                    let mut at = graph.entry(widening.operation);
                    loop {
                        use lapbelt_policy::graph::Node;
                        match graph.node(at) {
                            Node::Terminal { action, .. } => return action,
                            Node::Test { test, matched, unmatched } => {
                                let wanted = graph.test(test);
                                let found = widening.when.iter().find(|(t, _)| t == wanted);
                                at = if found.is_some_and(|f| f.1) { matched } else { unmatched };
                            }
                        }
                    }
                };
                prop_assert_eq!(node(inside.graph()), Action::Allow);
                prop_assert_eq!(node(outside.graph()), Action::Deny);
            }
            Inclusion::TooBig => prop_assert!(false, "small policies fit"),
        }
    }

    #[test]
    fn removing_allows_never_widens(
        policy in policy(world()),
        keep in prop::collection::vec(any::<bool>(), 12),
    ) {
        // Unconditional allows aside: without one, an older unconditional rule comes back.
        let world = world();
        let mut less = policy.clone();
        let mut keep = keep.iter();
        less.rules.retain(|rule| {
            rule.action == Action::Deny
                || rule.filters.is_empty()
                || keep.next().copied().unwrap_or(true)
        });
        let proven = includes(&lower(&policy, world), &lower(&less, world));
        prop_assert_eq!(proven, Inclusion::Proven);
    }
}
