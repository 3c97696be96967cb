//! What is printed reads back as the same policy, whatever stands in it.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::LazyLock;

use lapbelt_policy::deceptive::is_deceptive;
use lapbelt_policy::filter::{Argument, Filter, Host, NetworkPattern, Protocol, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_policy::rule::{Action, Modifier, ModifierArgument, Policy, Rule, RuleFilter, Version};
use lapbelt_policy::world::{ArgumentKind, ModifierKind, World, shipped};
use lapbelt_sbpl::{NoImports, Source, evaluate, print};
use proptest::prelude::*;
use proptest::sample::select;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world file")
});

fn read(text: &str) -> Policy {
    let source = Source {
        name: "printed",
        text,
    };
    let evaluation = evaluate(&source, &BTreeMap::new(), &NoImports, &WORLD);
    evaluation
        .policy
        .unwrap_or_else(|| panic!("{text}\n{:?}", evaluation.diagnostics))
}

/// The policy without the places it was read from.
fn bare(mut policy: Policy) -> Policy {
    policy.sources.clear();
    policy.rules.iter_mut().for_each(strip);
    policy
}

fn strip(rule: &mut Rule) {
    rule.origin = None;
    for filter in &mut rule.filters {
        filter.origin = None;
    }
    for modifier in &mut rule.modifiers {
        if let Some(ModifierArgument::MessageFilter(rules)) = &mut modifier.argument {
            rules.iter_mut().for_each(strip);
        }
    }
}

fn policy_of(rules: Vec<Rule>) -> Policy {
    Policy {
        version: Version::V1,
        rules,
        sources: Vec::new(),
        implied: true,
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<Vec<u8>>(),
        any::<String>().prop_map(String::into_bytes),
        r##"[-"\\()#; \n\t'`,ax0-9]{0,20}"##.prop_map(String::into_bytes),
    ]
}

fn pattern(is_path: bool) -> impl Strategy<Value = Pattern> {
    let regex = select(vec![
        "^/a b$", "/\\.x\"", "^[^\"]*$", "a\\\\b", "(x|y)+z", "é",
    ]);
    let shapes = if is_path { 4 } else { 3 };
    (0..shapes, bytes(), regex).prop_map(|(shape, text, regex)| match shape {
        0 => Pattern::Literal(text),
        1 => Pattern::Prefix(text),
        2 => Pattern::Regex(Regex::new(regex).expect("a good expression")),
        _ => Pattern::Subpath(text),
    })
}

fn network() -> impl Strategy<Value = NetworkPattern> {
    use Protocol::*;
    let protocol = select(vec![Ip, Ip4, Ip6, Tcp, Tcp4, Tcp6, Udp, Udp4, Udp6, Unix]);
    let host = select(vec![Host::Any, Host::Localhost]);
    (protocol, host, any::<Option<NonZeroU16>>()).prop_map(
        |(protocol, host, port)| match protocol {
            Unix => NetworkPattern {
                protocol,
                host: Host::Any,
                port: None,
            },
            _ => NetworkPattern {
                protocol,
                host,
                port,
            },
        },
    )
}

fn test() -> impl Strategy<Value = Filter> {
    let ids: Vec<_> = WORLD.filters().iter().map(|filter| filter.id).collect();
    select(ids).prop_flat_map(|id| {
        let info = WORLD.filter(id);
        let numbers: Vec<i64> = info.values.iter().map(|(_, number)| *number).collect();
        let number = match numbers.is_empty() {
            true => any::<i64>().boxed(),
            false => prop_oneof![select(numbers), any::<i64>()].boxed(),
        };
        let argument = match info.kind {
            ArgumentKind::PathPattern => pattern(true).prop_map(Argument::Pattern).boxed(),
            ArgumentKind::Pattern => pattern(false).prop_map(Argument::Pattern).boxed(),
            ArgumentKind::Text => bytes().prop_map(Argument::Text).boxed(),
            ArgumentKind::Integer => number.prop_map(Argument::Integer).boxed(),
            ArgumentKind::Bits => (0..=0o7777u64).prop_map(Argument::Bits).boxed(),
            ArgumentKind::Bool => any::<bool>().prop_map(Argument::Bool).boxed(),
            ArgumentKind::Network => network().prop_map(Argument::Network).boxed(),
        };
        argument.prop_map(move |argument| {
            Filter::Test(Test {
                filter: id,
                argument,
            })
        })
    })
}

/// Filters as evaluation makes them: a `require-any` in a `require-any` is taken apart, and one of
/// a single filter is that filter.
fn inner() -> impl Strategy<Value = Filter> {
    let flat = |filter| match filter {
        Filter::Any(inner) => inner,
        other => vec![other],
    };
    test().prop_recursive(3, 12, 4, move |inner| {
        let many = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            many.clone().prop_map(move |all| {
                let mut all: Vec<Filter> = all.into_iter().flat_map(flat).collect();
                match all.len() {
                    1 => all.remove(0),
                    _ => Filter::Any(all),
                }
            }),
            many.prop_map(Filter::All),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

/// At the top of a rule a `require-any` is taken apart.
fn top() -> impl Strategy<Value = Vec<RuleFilter>> {
    prop::collection::vec(inner(), 0..4).prop_map(|filters| {
        let parts = filters.into_iter().flat_map(|filter| match filter {
            Filter::Any(parts) => parts,
            other => vec![other],
        });
        parts
            .filter(|filter| !matches!(filter, Filter::Any(_)))
            .map(|filter| RuleFilter {
                filter,
                origin: None,
            })
            .collect()
    })
}

fn modifiers(action: Action) -> impl Strategy<Value = Vec<Modifier>> {
    let fitting: Vec<_> = WORLD
        .modifiers()
        .iter()
        .filter(|m| {
            if action == Action::Allow {
                m.on_allow
            } else {
                m.on_deny
            }
        })
        .filter(|m| m.kind != ModifierKind::MessageFilter)
        .collect();
    let count = fitting.len().min(3);
    let chosen = prop::sample::subsequence(fitting, 0..=count);
    (chosen, bytes(), 0..100i64).prop_map(|(chosen, text, number)| {
        let argument = |kind| match kind {
            ModifierKind::Integer => Some(ModifierArgument::Integer(number)),
            ModifierKind::Text => Some(ModifierArgument::Text(text.clone())),
            _ => None,
        };
        chosen
            .iter()
            .map(|m| Modifier {
                modifier: m.id,
                argument: argument(m.kind),
            })
            .collect()
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let filter = WORLD
        .modifiers()
        .iter()
        .find(|m| m.kind == ModifierKind::MessageFilter)
        .expect("a message filter");
    let inner = prop_oneof![
        3 => Just(None),
        1 => prop::collection::vec(rule_on(false), 0..3).prop_map(Some),
    ];
    (rule_on(true), inner).prop_map(|(mut rule, inner)| {
        if let (Action::Allow, Some(rules)) = (rule.action, inner) {
            rule.modifiers.push(Modifier {
                modifier: filter.id,
                argument: Some(ModifierArgument::MessageFilter(rules)),
            });
        }
        rule
    })
}

/// A rule of a profile, or of a message filter.
fn rule_on(in_table: bool) -> impl Strategy<Value = Rule> {
    let operations: Vec<_> = WORLD
        .operations()
        .iter()
        .filter(|o| o.in_table == in_table)
        .map(|o| o.id)
        .collect();
    let operations = prop::collection::vec(select(operations), 1..4);
    (select(vec![Action::Allow, Action::Deny]), operations, top()).prop_flat_map(
        |(action, operations, filters)| {
            modifiers(action).prop_map(move |modifiers| Rule {
                action,
                operations: operations.clone(),
                filters: filters.clone(),
                modifiers,
                origin: None,
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn policies_read_back_the_same(rules in prop::collection::vec(rule(), 0..5)) {
        let policy = policy_of(rules);
        let text = print::policy(&policy, &WORLD);
        let again = bare(read(&text));
        prop_assert_eq!(&again, &policy, "{}", text);
        prop_assert_eq!(print::policy(&again, &WORLD), text);
    }

    #[test]
    fn strings_read_back_the_same(text in bytes()) {
        let printed = format!("(version 1)(allow file-read* (literal {}))", print::quote(&text));
        let policy = read(&printed);
        let [rule] = policy.rules.as_slice() else { panic!("{printed}") };
        let [one] = rule.filters.as_slice() else { panic!("{printed}") };
        let Filter::Test(test) = &one.filter else { panic!("{printed}") };
        prop_assert_eq!(&test.argument, &Argument::Pattern(Pattern::Literal(text)));
    }
}

#[test]
fn a_path_stays_in_its_quotes() {
    for hostile in [
        "\")(allow default)(\"",
        "\\\")(allow default)(\"",
        "\\",
        "\n(allow default)\n",
        "#\"",
        "\u{feff}\u{2028}\"\u{0}",
        "exe.\u{202e}txt\u{9b}31m",
    ] {
        let text = format!(
            "(version 1)\n(deny default)\n(allow file-read* (subpath {}))\n",
            print::quote(hostile.as_bytes())
        );
        let policy = read(&text);
        assert_eq!(policy.rules.len(), 2, "{text}");
        assert_eq!(print::policy(&policy, &WORLD), text);
        let shown = text.chars().filter(|c| *c != '\n');
        assert_eq!(shown.filter(|c| is_deceptive(*c)).count(), 0, "{text:?}");
    }
    // Nor are they raw in expressions, which read back too, as do single bytes of letters.
    for source in ["^/\\xe2\\x80\\xae\\\\.txt", "^/[\\x89\\xc3]\\xff$"] {
        let text =
            format!("(version 1)\n(deny default)\n(allow file-read* (regex \"{source}\"))\n");
        let policy = read(&text);
        assert_eq!(print::policy(&policy, &WORLD), text);
    }
}

#[test]
fn every_named_value_of_the_world_reads_back() {
    for info in WORLD
        .filters()
        .iter()
        .filter(|info| info.kind == ArgumentKind::Integer)
    {
        let names: Vec<&str> = info.values.iter().map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            continue;
        }
        let text = format!(
            "(version 1)(allow default ({} {}))",
            info.name,
            names.join(" ")
        );
        let policy = read(&text);
        let read: Vec<_> = policy.rules[0]
            .filters
            .iter()
            .map(|f| f.filter.clone())
            .collect();
        let test = |number| Test {
            filter: info.id,
            argument: Argument::Integer(number),
        };
        let meant: Vec<_> = info
            .values
            .iter()
            .map(|(_, n)| Filter::Test(test(*n)))
            .collect();
        assert_eq!(read, meant, "{text}");
    }
}

#[test]
fn rules_are_laid_out_one_filter_a_line() {
    let text = "(version 1)
(deny default (with no-report))
(allow file-read* file-write*
    (literal \"/a \\\"b\\\"\")
    (subpath \"/c\")
    (regex #\"^/d\\.[0-9]+$\")
    (require-all (prefix \"/e\") (require-not (vnode-type SYMLINK)))
    (with report))
(allow network-outbound
    (remote tcp \"*:443\")
    (remote ip \"localhost:*\")
    (remote udp)
    (remote unix-socket))
(allow mach-lookup (global-name-prefix \"com.apple.\"))
(allow file-write-mode (file-mode #o4000))
(deny process-exec* (with send-signal SIGKILL))
(allow iokit-open-user-client (iokit-user-client-class \"A\") (with report)
    (apply-message-filter
        (deny iokit-external-method)
        (allow iokit-external-method
            (iokit-method-number 1)
            (iokit-method-number 2))))
";
    assert_eq!(print::policy(&read(text), &WORLD), text);
}

#[test]
fn a_class_is_that_of_a_user_client_where_one_is_opened() {
    let text = "(version 1)
(allow iokit-open-user-client
    (iokit-user-client-class \"A\")
    (require-not (iokit-user-client-class-regex #\"^B\")))
(allow iokit-open* (iokit-registry-entry-class-prefix \"C\"))
(allow iokit-open-service (iokit-registry-entry-class \"D\"))
(allow iokit-open-user-client iokit-get-properties (iokit-registry-entry-class \"E\"))
";
    let policy = read(text);
    assert_eq!(print::policy(&policy, &WORLD), text);
    let other = text.replace("iokit-user-client-class", "iokit-registry-entry-class");
    assert_eq!(print::policy(&read(&other), &WORLD), text);
    assert_eq!(
        print::filters(&policy.rules[1], &WORLD),
        ["(iokit-registry-entry-class-prefix \"C\")"]
    );
}

/// Bytes may say so, though no filter of names has a form for it.
#[test]
fn what_lies_below_a_name_is_printed_as_an_expression() {
    let filter = WORLD.filter_named("global-name").expect("a filter");
    for (base, printed) in [
        ("a.b", r#"(global-name-regex #"^a\.b(/|$)")"#),
        ("a/", r#"(global-name-regex #"^a/")"#),
    ] {
        let test = Filter::Test(Test {
            filter: filter.id,
            argument: Argument::Pattern(Pattern::Subpath(base.into())),
        });
        let text = print::filter(&test, &WORLD);
        assert_eq!(text, printed);
        let policy = read(&format!("(version 1)(allow mach-lookup {text})"));
        let Filter::Test(again) = &policy.rules[0].filters[0].filter else {
            panic!("{text}");
        };
        for name in ["a.b", "a.b/c", "a.bc", "a/", "a/b", "axb"] {
            let expected = Pattern::Subpath(base.into()).matches(name.as_bytes());
            let value = lapbelt_policy::request::Value::Text(name.as_bytes());
            assert_eq!(again.argument.accepts(value), expected, "{base} {name}");
        }
    }
}

#[test]
fn entitlements_are_printed_as_profiles_say_them() {
    for said in [
        r#"(require-entitlement "a")"#,
        r#"(require-entitlement "a" (entitlement-value #f))"#,
        r#"(require-entitlement "a" (entitlement-value "v"))"#,
        r#"(require-entitlement "a" (entitlement-value-regex #"^v"))"#,
        r#"(require-all (global-name "x") (require-entitlement "a" (entitlement-value "v")))"#,
        r#"(require-entitlement "a" (require-any (entitlement-value "v") (entitlement-value "w")))"#,
        r#"(require-entitlement "a" (require-not (require-any (entitlement-value-regex #"^v") (entitlement-value #t))))"#,
        r#"(require-all (%entitlement-load "a") (require-any (%entitlement-string "v") (global-name "x")))"#,
    ] {
        let policy = read(&format!("(version 1)(allow mach-lookup {said})"));
        let printed = print::filter(&policy.rules[0].filters[0].filter, &WORLD);
        assert_eq!(printed, said);
    }
    let lacked = r#"(require-not (%entitlement-load "a")) (require-not (%entitlement-boolean #t))"#;
    for alternatives in [lacked.to_string(), format!("(require-any {lacked})")] {
        let policy = read(&format!("(version 1)(allow mach-lookup {alternatives})"));
        assert_eq!(
            print::rule(&policy.rules[0], &WORLD),
            r#"(allow mach-lookup (require-not (require-entitlement "a")))"#
        );
    }
}

#[test]
fn numbers_have_the_names_of_the_socket_domain_asked_beside() {
    let start = "(version 1)\n(deny default)\n(allow network-outbound";
    for (written, printed) in [
        (
            "(require-all (socket-domain AF_SYSTEM) (socket-protocol 2))",
            "(require-all (socket-domain AF_SYSTEM) (socket-protocol SYSPROTO_CONTROL))",
        ),
        (
            "(require-all (socket-protocol 2) (require-any (socket-domain AF_INET) (socket-domain AF_INET6)))",
            "(require-all (socket-protocol IPPROTO_IGMP) (require-any (socket-domain AF_INET) (socket-domain AF_INET6)))",
        ),
        (
            "(require-all (socket-domain AF_SYSTEM) (require-not (require-any (socket-protocol 1) (socket-type SOCK_RAW))))",
            "(require-all (socket-domain AF_SYSTEM) (require-not (require-any (socket-protocol SYSPROTO_EVENT) (socket-type SOCK_RAW))))",
        ),
        ("(socket-protocol IPPROTO_IGMP)", "(socket-protocol 2)"),
        ("(socket-protocol 6)", "(socket-protocol IPPROTO_TCP)"),
        (
            "(require-all (require-not (socket-domain AF_SYSTEM)) (socket-protocol 2))",
            "(require-all (require-not (socket-domain AF_SYSTEM)) (socket-protocol 2))",
        ),
    ] {
        let policy = read(&format!("{start} {written})\n"));
        let text = print::policy(&policy, &WORLD);
        assert_eq!(text, format!("{start} {printed})\n"));
        assert_eq!(bare(read(&text)), bare(policy), "{text}");
    }
}
