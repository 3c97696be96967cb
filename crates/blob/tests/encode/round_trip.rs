//! Random policies: compiled, decoded, and compared with what they were.

use std::num::NonZeroU16;

use crate::agree::difference;
use crate::expressions::regex;
use crate::support::WORLD;
use lapbelt_blob::encode::encode;
use lapbelt_policy::filter::{Argument, Filter, Host, NetworkPattern, Protocol, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Action, Modifier, ModifierArgument, Policy, Rule, RuleFilter, Version};
use lapbelt_policy::world::OperationId;
use proptest::prelude::*;

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![Just(Action::Allow), Just(Action::Deny)]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let text = "(/[ab]{1,2}){1,3}/?".prop_map(String::into_bytes);
    prop_oneof![
        3 => text.clone().prop_map(Pattern::Literal),
        3 => text.clone().prop_map(Pattern::Subpath),
        1 => text.prop_map(Pattern::Prefix),
        2 => regex().prop_map(Pattern::Regex),
    ]
}

fn test() -> impl Strategy<Value = Filter> {
    let of = |name: &'static str, argument: BoxedStrategy<Argument>| {
        let filter = WORLD.filter_named(name).expect("a filter").id;
        argument
            .prop_map(move |argument| Filter::Test(Test { filter, argument }))
            .boxed()
    };
    let numbers = |numbers: std::ops::Range<i64>| numbers.prop_map(Argument::Integer).boxed();
    let address = (
        prop_oneof![
            Just(Protocol::Ip),
            Just(Protocol::Tcp4),
            Just(Protocol::Udp6)
        ],
        prop_oneof![Just(Host::Any), Just(Host::Localhost)],
        prop_oneof![Just(None), Just(NonZeroU16::new(80))],
    )
        .prop_map(|(protocol, host, port)| {
            Argument::Network(NetworkPattern {
                protocol,
                host,
                port,
            })
        });
    // With those that the compiler infers rules about.
    let name = prop_oneof![Just("com.apple.flow-divert"), Just("com.example")]
        .prop_map(|name| Argument::Pattern(Pattern::Literal(name.into())));
    let text = "[ab]{0,2}".prop_map(|text| Argument::Text(text.into_bytes()));
    prop_oneof![
        6 => of("path", pattern().prop_map(Argument::Pattern).boxed()),
        1 => of("global-name", pattern().prop_map(Argument::Pattern).boxed()),
        1 => of("vnode-type", numbers(1..4)),
        1 => of("socket-domain", numbers(0..20)),
        1 => of("syscall-number", numbers(0..3)),
        1 => of("machtrap-number", numbers(99..102)),
        1 => of("control-name", name.boxed()),
        1 => of("target", numbers(1..4)),
        1 => of("extension", text.boxed()),
        1 => of("remote", address.boxed()),
        1 => of("file-mode", (0_u64..0o20).prop_map(Argument::Bits).boxed()),
        1 => of("rootless-disk-filter", any::<bool>().prop_map(Argument::Bool).boxed()),
    ]
}

/// What `require-entitlement` stands for.
fn entitlement() -> impl Strategy<Value = Filter> {
    let argument = prop_oneof![
        any::<bool>().prop_map(|flag| ("%entitlement-boolean", Argument::Bool(flag))),
        "[xy]".prop_map(|text| {
            let literal = Pattern::Literal(text.into_bytes());
            ("%entitlement-string", Argument::Pattern(literal))
        }),
    ];
    let test = |name: &str, argument| {
        let filter = WORLD.filter_named(name).expect("a filter").id;
        Filter::Test(Test { filter, argument })
    };
    ("[ab]", argument).prop_map(move |(name, (filter, argument))| {
        let load = test("%entitlement-load", Argument::Text(name.into_bytes()));
        Filter::All(vec![load, test(filter, argument)])
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    prop_oneof![9 => test(), 2 => entitlement()].prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::Any),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::All),
            inner.prop_map(|one| Filter::Not(Box::new(one))),
        ]
    })
}

fn operation() -> impl Strategy<Value = OperationId> {
    let names = [
        "default",
        "file*",
        "file-read*",
        "file-read-data",
        "file-write*",
        "file-write-setugid",
        "iokit-open-user-client",
        "mach-lookup",
        "mach-task-name",
        "network*",
        "network-outbound",
        "process-exec*",
        "signal",
        "syscall-mach",
        "syscall-unix",
    ];
    prop::sample::select(names.to_vec())
        .prop_map(|name| WORLD.operation_named(name).expect("an operation").id)
}

/// A rule about messages.
fn message() -> impl Strategy<Value = Rule> {
    let names = [
        "default-message-filter",
        "iokit-external-method",
        "iokit-external-trap",
        "mach-message-send",
    ];
    let operations = prop::collection::vec(prop::sample::select(names.to_vec()), 1..3);
    (action(), operations, prop::collection::vec(0..3_i64, 0..3)).prop_map(
        |(action, operations, numbers)| {
            let operation = |name| WORLD.operation_named(name).expect("an operation").id;
            let filter = WORLD.filter_named("message-number").expect("a filter").id;
            let one = |number| RuleFilter {
                filter: Filter::Test(Test {
                    filter,
                    argument: Argument::Integer(number),
                }),
                origin: None,
            };
            Rule {
                action,
                operations: operations.into_iter().map(operation).collect(),
                filters: numbers.into_iter().map(one).collect(),
                modifiers: Vec::new(),
                origin: None,
            }
        },
    )
}

/// Each at most once, several at once more often than a profile has.
fn modifiers(action: Action) -> impl Strategy<Value = Vec<Modifier>> {
    let modifier = |name: &str, argument| {
        let modifier = WORLD.modifier_named(name).expect("a modifier").id;
        Modifier { modifier, argument }
    };
    let flag = match action {
        Action::Allow => "report",
        Action::Deny => "no-report",
    };
    let flag = modifier(flag, None);
    let text = ModifierArgument::Text(b"why".to_vec());
    let text = modifier("message", Some(text));
    let number = modifier("send-signal", Some(ModifierArgument::Integer(9)));
    let messages = prop::collection::vec(message(), 0..4).prop_map(move |rules| {
        let last = match action {
            Action::Allow => ("message-filter", ModifierArgument::MessageFilter(rules)),
            Action::Deny => ("errno", ModifierArgument::Integer(13)),
        };
        modifier(last.0, Some(last.1))
    });
    let each = (
        prop::option::weighted(0.2, Just(flag)),
        prop::option::weighted(0.2, Just(text)),
        prop::option::weighted(0.2, Just(number)),
        prop::option::weighted(0.2, messages),
    );
    each.prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect())
}

fn rule() -> impl Strategy<Value = Rule> {
    action().prop_flat_map(|action| {
        (
            prop::collection::vec(operation(), 1..3),
            prop::collection::vec(filter(), 0..4),
            modifiers(action),
        )
            .prop_map(move |(operations, filters, modifiers)| Rule {
                action,
                operations,
                filters: filters
                    .into_iter()
                    .map(|filter| RuleFilter {
                        filter,
                        origin: None,
                    })
                    .collect(),
                modifiers,
                origin: None,
            })
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let version = prop_oneof![Just(Version::V1), Just(Version::V2), Just(Version::V3)];
    (version, prop::collection::vec(rule(), 0..8), any::<bool>()).prop_map(
        |(version, rules, implied)| Policy {
            version,
            rules,
            sources: Vec::new(),
            implied,
        },
    )
}

proptest! {
    #[test]
    fn what_is_compiled_decides_as_the_policy(policy in policy()) {
        let encoded = encode(&policy, &WORLD).expect("a profile");
        prop_assert_eq!(encoded.bytes.len(), encoded.size.total);
        prop_assert_eq!(difference(&policy, &encoded.bytes), None);
        let again = encode(&policy, &WORLD).expect("a profile");
        prop_assert_eq!(again.bytes, encoded.bytes);
    }
}
