//! What `diff` says of small profiles, and that what it says of any two is so.
#![allow(missing_docs)]

mod support;

use lapbelt_analysis::diff::{Decided, Diff, diff};
use lapbelt_analysis::subject::Subject;
use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::graph::{Source, lower};
use lapbelt_policy::rule::{Action, Policy};
use proptest::prelude::*;
use support::{WORLD, generate::profile, policy, subject};

fn said(decided: &Decided, of: &Policy) -> String {
    let action = match decided.outcome.action {
        Action::Allow => "allows",
        Action::Deny => "denies",
    };
    let names = decided.outcome.modifiers.iter();
    let with: String = names
        .map(|one| format!(" with {}", WORLD.modifier(one.modifier).name))
        .collect();
    let by = match decided.source {
        Source::Rule(rule) => {
            let origin = of.rules[rule.rule as usize].origin.expect("an origin");
            format!("line {}", origin.line)
        }
        Source::Implied(_) => "system".to_owned(),
        Source::OwnDefault(_) => "default".to_owned(),
    };
    format!("{action}{with} by {by}")
}

fn value(value: &OwnedValue) -> String {
    match value {
        OwnedValue::Text(text) => String::from_utf8_lossy(text).into_owned(),
        OwnedValue::Endpoint(endpoint, host) => format!("{host} {endpoint:?}"),
        OwnedValue::Entitlement { name, value: own } => {
            format!("{}={}", String::from_utf8_lossy(name), self::value(own))
        }
        other => format!("{other:?}"),
    }
}

/// Each difference on a line.
fn lines(answer: &Diff, left: &Policy, right: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    for differing in &answer.different {
        for example in &differing.examples {
            let values: String = example
                .values
                .iter()
                .map(|(name, own)| format!(" {name}={}", value(own)))
                .collect();
            lines.push(format!(
                "{}{values}: A {}, B {}",
                differing.operations.join(" "),
                said(&example.left, left),
                said(&example.right, right),
            ));
            let within = |side: &Decided| side.outcome.action.word();
            lines.extend(example.messages.iter().map(|one| {
                let values = one.values.iter();
                let values: String = values
                    .map(|(name, own)| format!(" {name}={}", value(own)))
                    .collect();
                let (left, right) = (within(&one.left), within(&one.right));
                format!("  then {}{values}: A {left}, B {right}", one.operation)
            }));
        }
    }
    lines
}

fn told(left: &str, right: &str) -> Vec<String> {
    let (left, right) = (policy(left), policy(right));
    let answer = diff(&subject(&left), &subject(&right), 3);
    assert_eq!(answer.undecided, Vec::<String>::new());
    lines(&answer, &left, &right)
}

const DENY: &str = "(version 1)\n(deny default)\n";

fn rules(text: &str) -> String {
    format!("{DENY}{text}")
}

#[test]
fn a_difference_in_a_wildcard_is_shown_once() {
    assert_eq!(
        told(
            &rules("(allow file-read* (literal \"/private/etc/hosts\"))"),
            DENY
        ),
        ["file-read* path=/private/etc/hosts: A allows by line 3, B denies by line 2"]
    );
    assert_eq!(
        told(
            &rules("(allow file-read-data (subpath \"/usr\"))"),
            &rules("(allow file-read* (subpath \"/usr\"))")
        ),
        [
            "file-read* file-read-metadata file-read-xattr path=/usr: A denies by line 2, B allows by line 3"
        ]
    );
}

#[test]
fn what_no_request_shows_is_no_difference() {
    for (left, right) in [
        (
            "(allow file-read* (subpath \"/a\"))",
            "(allow file-read* (regex #\"^/a(/|$)\"))",
        ),
        (
            "(allow file-read* (literal \"/a\") (subpath \"/a/b\"))",
            "(allow file-read* (subpath \"/a/b\")) (allow file-read* (literal \"/a\"))",
        ),
        (
            "(allow file-read* (require-all (literal \"/a\") (literal \"/b\")))",
            "",
        ),
        (
            "(allow network-inbound (require-all (socket-type SOCK_STREAM) (socket-type SOCK_DGRAM)))",
            "",
        ),
        (
            "(allow network-outbound (remote tcp \"*:80\") (remote tcp \"localhost:80\"))",
            "(allow network-outbound (remote tcp \"*:80\"))",
        ),
        (
            "(allow network-outbound (remote ip4 \"*:80\") (remote ip6 \"*:80\"))",
            "(allow network-outbound (remote ip \"*:80\"))",
        ),
        // Only unix-domain sockets have paths.
        (
            "(allow network* (require-not (socket-domain AF_UNIX)))",
            "(allow network* (require-all (require-not (socket-domain AF_UNIX)) \
             (require-not (literal \"/a\"))))",
        ),
        (
            "(allow network-inbound (require-all (subpath \"/a\") (local ip \"*:*\")))",
            "",
        ),
        (
            "(allow network-bind (require-all (literal \"/a\") (local ip \"*:*\")))",
            "",
        ),
        (
            "(allow network-bind (require-all (subpath \"/a\") (control-name \"b\")))",
            "",
        ),
        // An address is of its socket's domain and kind.
        (
            "(allow network-outbound (remote tcp \"*:80\"))",
            "(allow network-outbound (require-all (remote tcp \"*:80\") (socket-type SOCK_STREAM)))",
        ),
        (
            "(allow network-bind (local udp6 \"*:*\"))",
            "(allow network-bind (require-all (local udp6 \"*:*\") (socket-domain AF_INET6)))",
        ),
        (
            "(allow network-inbound (require-all (local ip \"*:*\") (socket-domain AF_UNIX)))",
            "",
        ),
        (
            "(allow network-outbound (control-name \"b\"))",
            "(allow network-outbound (require-all (control-name \"b\") (socket-domain AF_SYSTEM)))",
        ),
        (
            "(allow network-bind (require-all (remote udp \"*:*\") (socket-protocol IPPROTO_TCP)))",
            "",
        ),
        (
            "(allow network-bind (require-all (socket-type SOCK_DGRAM) (socket-protocol IPPROTO_TCP)))",
            "",
        ),
        // Both ends are of one kind.
        (
            "(allow network-bind (require-all (remote tcp \"*:80\") (local udp \"*:*\")))",
            "",
        ),
        (
            "(allow file-read* (file-mode #o0400) (file-mode #o0600))",
            "(allow file-read* (file-mode #o0400))",
        ),
        (
            "(allow file-read* (file-mode #o1))",
            "(allow file-read* (require-all (file-mode #o1) \
             (require-any (file-mode #o1) (file-mode #o2) (file-mode #o4) (file-mode #o10) \
             (file-mode #o20) (file-mode #o40) (file-mode #o100) (file-mode #o200) \
             (file-mode #o400) (file-mode #o1000) (file-mode #o2000) (file-mode #o4000) \
             (file-mode #o10000) (file-mode #o20000))))",
        ),
        (
            "(allow file-read-data (prefix \"/a/\") (literal \"/a\"))",
            "(allow file-read-data (subpath \"/a\"))",
        ),
    ] {
        assert_eq!(
            told(&rules(left), &rules(right)),
            Vec::<String>::new(),
            "{left} {right}"
        );
    }
}

#[test]
fn what_is_shown_of_sockets_can_be() {
    let others = "(allow network-inbound (require-not (socket-domain AF_UNIX)))";
    let here = "(allow network-inbound (require-all (literal \"/a\") (socket-domain AF_UNIX)))";
    assert_eq!(
        told(&rules(others), &rules(here)),
        [
            "network-inbound path=/a socket-domain=Integer(1): A denies by line 2, B allows by line 3",
            "network-inbound: A allows by line 3, B denies by line 2",
        ]
    );
    // A protocol may be left open.
    let tcp = "(allow network-bind (remote tcp \"*:80\"))";
    let named =
        "(allow network-bind (require-all (remote tcp \"*:80\") (socket-protocol IPPROTO_TCP)))";
    let shown = told(&rules(tcp), &rules(named));
    assert!(
        shown[0].contains(" socket-protocol=Integer(0)"),
        "{shown:?}"
    );
    // A socket for IPv6 can have an address of IPv4.
    let v4 = "(allow network-outbound (remote tcp4 \"*:80\"))";
    let own =
        "(allow network-outbound (require-all (remote tcp4 \"*:80\") (socket-domain AF_INET)))";
    assert_eq!(
        told(&rules(v4), &rules(own)),
        [
            "network-outbound remote=192.0.2.1 Internet { v6: false, transport: Tcp, loopback: false, port: 80 } socket-domain=Integer(30): A allows by line 3, B denies by line 2"
        ]
    );
}

#[test]
fn bits_are_shown_as_one_value() {
    let both = "(allow file-read-data (require-all (file-mode #o2) (file-mode #o5) (require-not (file-mode #o10))))";
    assert_eq!(
        told(&rules(both), DENY),
        ["file-read-data file-mode=Bits(7): A allows by line 3, B denies by line 2"]
    );
}

#[test]
fn paths_of_files_say_nothing_of_sockets() {
    let domain =
        "(allow default (require-all (literal \"/a\") (require-not (socket-domain AF_UNIX))))";
    let lines = told(&rules(domain), DENY);
    assert!(
        lines.iter().any(|line| line.contains("file-read*")),
        "{lines:?}"
    );
    assert!(
        !lines.iter().any(|line| line.contains("network-inbound")),
        "{lines:?}"
    );
}

#[test]
fn examples_are_small_and_concrete() {
    assert_eq!(
        told(
            &rules("(allow network-outbound (remote tcp \"*:443\"))"),
            &rules("(allow network-outbound (remote ip \"*:443\"))")
        ),
        [
            "network-outbound remote=192.0.2.1 Internet { v6: false, transport: Udp, loopback: false, port: 443 }: A denies by line 2, B allows by line 3"
        ]
    );
    assert_eq!(
        told(
            &rules("(allow file-write* (require-all (subpath \"/tmp\") (require-not (vnode-type SYMLINK))))"),
            &rules("(allow file-write* (subpath \"/tmp\"))")
        ),
        ["file-write-acl file-write-create file-write-data file-write-finderinfo file-write-flags file-write-mode file-write-owner file-write-times file-write-unlink file-write-xattr path=/tmp vnode-type=Integer(5): A denies by line 2, B allows by line 3"]
            .map(|line: &str| line.replace("file-write-acl file-write-create file-write-data file-write-finderinfo file-write-flags file-write-mode file-write-owner file-write-times file-write-unlink file-write-xattr", "file-write*"))
    );
    assert_eq!(
        told(
            &rules("(allow mach-lookup (global-name-prefix \"com.apple.\"))"),
            &rules("(allow mach-lookup (global-name \"com.apple.x\"))")
        ),
        ["mach-lookup global-name=com.apple.: A allows by line 3, B denies by line 2"]
    );
    assert_eq!(
        told(&rules("(allow signal)"), DENY),
        ["signal: A allows by line 3, B denies by line 2"]
    );
}

#[test]
fn each_way_of_differing_is_shown() {
    let class = |names: &str| {
        rules(&format!(
            "(allow iokit-open* (iokit-user-client-class {names}))"
        ))
    };
    assert_eq!(
        told(&class(r#""A""#), &class(r#""B" "C""#)).len(),
        3,
        "{:?}",
        told(&class(r#""A""#), &class(r#""B" "C""#))
    );
    // What differs everywhere does not hide what differs more.
    let quiet = "(version 1)\n(deny default (with no-report))\n(allow signal (target children))";
    let shown = told(quiet, "(version 1)\n(deny default)");
    let allows = shown.iter().filter(|line| line.contains("A allows"));
    assert_eq!(allows.count(), 1, "{shown:?}");
    // What does without a value is shown without it.
    let either = r#"(allow iokit-open* (iokit-user-client-type 1)
        (require-all (uid 0) (iokit-connection "C")))"#;
    let shown = told(&rules(either), &rules(""));
    assert!(
        shown[0].contains("iokit-user-client-type") && !shown[0].contains("iokit-connection"),
        "{shown:?}"
    );
}

#[test]
fn the_value_of_one_entitlement_is_not_that_of_another() {
    let both = |of_a: &str, of_b: &str| {
        rules(&format!(
            r#"(allow mach-lookup (require-all
                (require-entitlement "a" (entitlement-value "{of_a}"))
                (require-entitlement "b" (entitlement-value "{of_b}"))))"#
        ))
    };
    assert_eq!(told(&both("x", "y"), &both("x", "y")), [""; 0]);
    let shown = told(&both("x", "y"), &both("y", "x"));
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(
        shown[1].contains("=a=x %entitlement-string=b=y: A allows by line 3"),
        "{shown:?}"
    );
    // In another order it is the same.
    let swapped = rules(
        r#"(allow mach-lookup (require-all
            (require-entitlement "b" (entitlement-value "y"))
            (require-entitlement "a" (entitlement-value "x"))))"#,
    );
    assert_eq!(told(&both("x", "y"), &swapped), [""; 0]);
    // A flag is one or the other.
    let neither = rules(
        r#"(allow mach-lookup (require-all
            (require-entitlement "a") (require-entitlement "a" (entitlement-value #f))))"#,
    );
    assert_eq!(told(&neither, DENY), [""; 0]);
}

#[test]
fn one_of_ten_thousand_rules_is_found() {
    let rules = (0..10_000).map(|n| {
        format!("\n(allow file-read-data (require-all (literal \"/{n}\") (vnode-type DIRECTORY)))")
    });
    let profile = format!("(version 1)(deny default){}", rules.collect::<String>());
    let other = profile.replace("\"/7000\"", "\"/x\"");
    assert_eq!(
        told(&profile, &other),
        [
            "file-read-data path=/x vnode-type=Integer(2): A denies by line 1, B allows by line 7002",
            "file-read-data path=/7000 vnode-type=Integer(2): A allows by line 7002, B denies by line 1",
        ]
    );
}

/// What each rule asks of values of its own is not combined with what the others ask.
#[test]
fn conditions_of_forty_names_are_told_apart() {
    let rule = |n: u32| {
        format!(
            "(allow mach-lookup (require-all (require-entitlement \"e{n}\") (require-not (global-name \"g{n}\"))))"
        )
    };
    let all: Vec<String> = (0..40).map(rule).collect();
    let profile = |rules: &[String]| format!("(version 1)(deny default)\n{}", rules.join("\n"));
    let reversed: Vec<String> = all.iter().rev().cloned().collect();
    assert_eq!(told(&profile(&all), &profile(&reversed)), [""; 0]);
    assert_eq!(
        told(&profile(&all), &profile(&all[..39])),
        [
            "mach-lookup global-name=g0 %entitlement-load=e39 %entitlement-boolean=e39=Bool(true): A allows by line 41, B denies by line 1"
        ]
    );
}

/// Thirty expressions that may be found anywhere tell a billion classes of paths apart.
#[test]
fn one_of_thirty_pairs_of_expressions_is_found() {
    let alternative = |n: u8| {
        let word = |at: u8| format!("{0}{0}{1}", char::from(b'a' + n % 26), n / 26 * 4 + at);
        let [a, b, c, d] = [0, 1, 2, 3].map(word);
        format!("(require-all (regex #\"{a}.*{b}\") (regex #\"{c}.*{d}\"))")
    };
    let all: Vec<String> = (0..30).map(alternative).collect();
    let profile = |any: &[String]| rules(&format!("(allow file-read-data {})", any.join("\n")));
    let mut other: Vec<String> = all.iter().rev().cloned().collect();
    assert_eq!(told(&profile(&all), &profile(&other)), [""; 0]);
    other.remove(4);
    assert_eq!(
        told(&profile(&all), &profile(&other)),
        ["file-read-data path=/zz0zz1zz2zz3: A allows by line 3, B denies by line 2"]
    );
}

#[test]
fn many_values_at_once_are_a_difference() {
    let held: String = (0..20).map(|n| format!("(extension \"e{n}\")")).collect();
    let shown = told(
        &rules(&format!("(allow mach-lookup (require-all {held}))")),
        DENY,
    );
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!(shown[0].matches("extension=").count(), 20, "{shown:?}");
}

#[test]
fn modifiers_are_a_difference() {
    assert_eq!(
        told(
            &rules(
                "(allow file-read* (with report) (literal \"/x\"))\n(deny signal (with no-report))"
            ),
            &rules("(allow file-read* (literal \"/x\"))\n(deny signal)")
        ),
        [
            "file-read* path=/x: A allows with report by line 3, B allows by line 3",
            "signal: A denies with no-report by line 4, B denies by line 4",
        ]
    );
}

#[test]
fn what_another_modifier_says_as_well_makes_no_difference() {
    let with = |modifiers: &str| rules(&format!("(allow file-read* {modifiers})"));
    let backtrace = with("(with telemetry-backtrace)");
    let both = with("(with telemetry) (with telemetry-backtrace)");
    assert_eq!(told(&both, &backtrace), [""; 0]);
    assert_eq!(told(&with("(with telemetry)"), &backtrace).len(), 1);
}

#[test]
fn message_filters_are_compared_by_what_they_decide() {
    let filtered = |inner: &str| {
        rules(&format!(
            "(allow iokit-open-user-client (apply-message-filter {inner}))"
        ))
    };
    let both = "(deny iokit-external-method) (allow iokit-external-method (iokit-method-number 1)) (allow iokit-external-method (iokit-method-number 2))";
    let other = "(deny iokit-external-method) (allow iokit-external-method (iokit-method-number 2) (iokit-method-number 1))";
    assert_eq!(
        told(&filtered(both), &filtered(other)),
        Vec::<String>::new()
    );
    let less = "(deny iokit-external-method) (allow iokit-external-method (iokit-method-number 1))";
    assert_eq!(
        told(&filtered(both), &filtered(less)),
        [
            "iokit-open-user-client: A allows with message-filter by line 3, B allows with message-filter by line 3",
            "  then iokit-external-method iokit-method-number=Integer(2): A allow, B deny",
        ]
    );
    assert_eq!(
        told(&rules("(allow iokit-open-user-client)"), &filtered(less)),
        [
            "iokit-open-user-client: A allows by line 3, B allows with message-filter by line 3",
            "  then iokit-external-method iokit-method-number=Integer(0): A allow, B deny",
        ]
    );
}

#[test]
fn a_class_with_letters_in_upper_case_is_what_it_is_in_lower_case() {
    let found = |regex: &str| rules(&format!("(allow file-read* (regex #\"{regex}\"))"));
    for (one, other) in [
        ("^/[A-z]$", r"^/[A-Za-z\[-`]$"),
        ("^/[@-B]$", "^/[@a-b]$"),
        ("^/[^Z-a]$", r"^/[^\[-az]$"),
    ] {
        assert_eq!(told(&found(one), &found(other)), [""; 0], "{one}");
    }
    let shown = told(&found("^/[^Z-b]$"), &found(r"^/[^\[-az]$"));
    assert!(shown[0].contains("path=/b:"), "{shown:?}");
}

#[test]
fn names_of_sockets_are_values_where_there_are_some() {
    let rule = "(allow network-bind (literal \"@a\\x00\"))";
    for (name, expected) in [
        ("linux", vec!["network-bind path=@a\0".to_owned()]),
        ("macos-14.4.1", Vec::new()),
    ] {
        let world = support::world(name);
        let side = |text: &str| support::policy_in(text, &world);
        let (left, right) = (side(&rules(rule)), side(DENY));
        let answer = |left: &Policy| {
            let sides = [left, &right].map(|side| {
                let graph = lower(side, &world);
                Subject::of_rules(graph, &side.rules, &world)
            });
            diff(&sides[0], &sides[1], 1)
        };
        let shown: Vec<String> = (lines(&answer(&left), &left, &right).iter())
            .filter_map(|line| Some(line.split_once(':')?.0.to_owned()))
            .collect();
        assert_eq!(shown, expected, "{name}");
        // No file is called so.
        let file = side(&rules("(allow file-read* (literal \"@a\"))"));
        assert_eq!(answer(&file).different, [], "{name}");
    }
}

#[test]
fn two_spellings_of_one_place_are_one_where_either_will_do() {
    let shown = |world: &str, left: &str, right: &str| {
        let world = support::world(world);
        let sides = [left, right].map(|filter| {
            support::policy_in(&rules(&format!("(allow file-read* {filter})")), &world)
        });
        let subjects = [&sides[0], &sides[1]]
            .map(|side| Subject::of_rules(lower(side, &world), &side.rules, &world));
        let answer = diff(&subjects[0], &subjects[1], 3);
        let paths = answer.different.iter().flat_map(|one| &one.examples);
        let paths: Vec<String> = paths.map(|one| value(&one.values[0].1)).collect();
        paths
    };
    for (left, right, expected) in [
        (r#"(subpath "/private/tmp")"#, r#"(subpath "/tmp")"#, vec![]),
        (
            r#"(literal "/private/etc/a")"#,
            r#"(literal "/etc/a")"#,
            vec![],
        ),
        (
            r#"(prefix "/private/var/a")"#,
            r#"(prefix "/var/a")"#,
            vec![],
        ),
        // Which is all of it, and what is called so otherwise.
        (
            r#"(prefix "/private/tm")"#,
            r#"(subpath "/tmp")"#,
            vec!["/private/tm"],
        ),
        (
            r#"(regex "^/private/(tmp|var)/")"#,
            r#"(regex "^/(tmp|var)/")"#,
            vec![],
        ),
        (
            r#"(regex "/tmp/a$")"#,
            r#"(regex "^/tmp/a$")"#,
            vec!["/a/tmp/a"],
        ),
        (
            r#"(require-not (literal "/tmp"))"#,
            r#"(require-not (literal "/private/tmp"))"#,
            vec![],
        ),
        // No other place.
        (
            r#"(subpath "/private/tmpa")"#,
            r#"(subpath "/tmpa")"#,
            vec!["/tmpa", "/private/tmpa"],
        ),
        (
            r#"(subpath "/private")"#,
            r#"(require-any (subpath "/tmp") (subpath "/var"))"#,
            vec!["/etc"],
        ),
        (
            r#"(subpath "/private/home")"#,
            r#"(literal "/tmp/b")"#,
            vec!["/tmp/b", "/private/home"],
        ),
    ] {
        assert_eq!(shown("linux", left, right), expected, "{left} {right}");
        assert_ne!(
            shown("macos-14.4.1", left, right),
            [""; 0],
            "{left} {right}"
        );
    }
}

#[test]
fn a_system_that_folds_paths_is_not_one_that_does_not() {
    let linux = support::world("linux");
    let across = |left: &str, right: &str| {
        let (left, right) = (policy(left), support::policy_in(right, &linux));
        let there = lower(&right, &linux);
        let other = Subject::of_rules(there, &right.rules, &linux);
        let answer = diff(&subject(&left), &other, 1);
        let of_data = |one: &&lapbelt_analysis::diff::Differing| {
            one.operations.iter().any(|name| name == "file-read*")
        };
        let data = answer.different.iter().find(of_data);
        data.map(|one| value(&one.examples[0].values[0].1))
    };
    for (form, upper, lower) in [
        ("subpath", "/Ab", "/ab"),
        ("literal", "/Ab", "/ab"),
        ("prefix", "/Ab", "/ab"),
        ("regex", "^/[A-B]b$", "^/[ab]b$"),
    ] {
        let of = |text: &str| rules(&format!("(allow file-read* ({form} \"{text}\"))"));
        // What is allowed there in one spelling is allowed here in any.
        let shown = across(&of(upper), &of(upper)).expect("a difference");
        assert_ne!(shown, shown.to_ascii_uppercase(), "{form}");
        assert!(across(&of(lower), &of(lower)).is_some(), "{form}");
        let either = rules("(allow file-read* (regex \"^/[aA][bB]\"))");
        if form == "prefix" {
            assert_eq!(across(&of(upper), &either), None);
        }
    }
}

#[test]
fn worlds_are_matched_by_name() {
    let linux = support::world("linux");
    let text = rules("(allow mach-lookup (global-name \"a\"))");
    let left = policy(&text);
    let right = support::policy_in(&text, &linux);
    let there = Subject::of_rules(lower(&right, &linux), &right.rules, &linux);
    let answer = diff(&subject(&left), &there, 3);
    assert_eq!(lines(&answer, &left, &right), Vec::<String>::new());
    assert!(answer.equal > 100, "{answer:?}");
}

/// What 12.5 and 14.4.1 say differently of attributes of files, each with rules of its own.
fn of_attributes(here: &str, there: &str) -> Vec<String> {
    let old = support::world("macos-12.5.0");
    let text = |words: &str| rules(&format!("(allow file-read-data {words})"));
    let left = support::policy_in(&text(here), &old);
    let right = policy(&text(there));
    let of_old = Subject::of_rules(lower(&left, &old), &left.rules, &old);
    let told = lines(&diff(&of_old, &subject(&right), 3), &left, &right);
    let other = lines(&diff(&subject(&right), &of_old, 3), &right, &left);
    assert_eq!(told.len(), other.len());
    let about = |line: &String| line.starts_with("file-read-data");
    let mut told: Vec<String> = told.into_iter().filter(about).collect();
    told.sort();
    told
}

#[test]
fn named_values_are_matched_by_name() {
    // 18 in the one world, 20 in the other, where 18 is a protected ancestor.
    let home = "(file-attribute smb-home-mount-dir)";
    assert_eq!(of_attributes(home, home), Vec::<String>::new());
    assert_eq!(
        of_attributes(home, "(file-attribute protected-ancestor)"),
        [
            "file-read-data file-attribute=Integer(16): A denies by line 2, B allows by line 3",
            "file-read-data file-attribute=Integer(18): A allows by line 3, B denies by line 2",
        ]
    );
    // The new world has this one only, as 17, which is an exemption in the old world.
    assert_eq!(
        of_attributes(
            "(file-attribute network-approval-exempt)",
            "(file-attribute rsr-cryptex)"
        ),
        [
            "file-read-data file-attribute=Integer(17): A allows by line 3, B denies by line 2",
            "file-read-data file-attribute=rsr-cryptex: A denies by line 2, B allows by line 3",
        ]
    );
}

#[test]
fn named_values_in_message_filters_are_matched_by_name() {
    let old = support::world("macos-12.5.0");
    let text = rules(
        "(allow mach-bootstrap (apply-message-filter (deny mach-message-send) \
         (allow mach-message-send (file-attribute app-bundle))))",
    );
    let left = support::policy_in(&text, &old);
    let right = policy(&text);
    let here = Subject::of_rules(lower(&left, &old), &left.rules, &old);
    let told = lines(&diff(&here, &subject(&right), 3), &left, &right);
    let of_messages: Vec<String> = told
        .into_iter()
        .filter(|line| line.starts_with("mach-bootstrap"))
        .collect();
    assert_eq!(of_messages, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Requests decided differently are found, and nothing else is said to be.
    #[test]
    fn a_difference_is_one_and_no_difference_is_none(
        left in profile(),
        right in profile(),
        paths in prop::collection::vec("/(a|b|usr)(/(a|b|lib)){0,2}", 1..6),
        kind in 1..7_i64,
        mode in prop::sample::select(vec![0_u64, 0o400, 0o200, 0o600]),
    ) {
        use lapbelt_policy::request::{Request, Value};
        let (left, right) = (policy(&left), policy(&right));
        let (here, there) = (subject(&left), subject(&right));
        let answer = diff(&here, &there, 5);
        prop_assert!(answer.undecided.is_empty());
        let id = |name: &str| WORLD.filter_named(name).expect("a filter").id;
        let covers = |own: &str, name: &str| {
            let ids = [own, name].map(|n| WORLD.operation_named(n).expect("an operation").id);
            WORLD.falls_back_to(ids[1], ids[0])
        };
        for name in ["file-read-data", "file-write-data", "file-read*", "file-ioctl"] {
            let differs = answer.different.iter().any(|one| one.operations.iter().any(|own| covers(own, name)));
            for path in &paths {
                let request = Request::new(WORLD.operation_named(name).expect("an operation").id)
                    .with(id("path"), Value::Text(path.as_bytes()))
                    .with(id("vnode-type"), Value::Integer(kind))
                    .with(id("file-mode"), Value::Bits(mode));
                let same = here.decide(&request).0 == there.decide(&request).0;
                prop_assert!(same || differs, "{name} {path}");
            }
        }
        for differing in &answer.different {
            prop_assert!(!differing.examples.is_empty());
            for example in &differing.examples {
                prop_assert_ne!(&example.left.outcome, &example.right.outcome);
            }
        }
    }
}
