//! Both ways of comparing say the same.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{by_columns, search};
use crate::event::OwnedValue;
use crate::filter::{Argument, Test};
use crate::graph::{Canon, NodeId, Outcome, OutcomeId};
use crate::pattern::Pattern;
use crate::pattern::regex::Regex;
use crate::request::{Request, Value};
use crate::rule::Action;
use crate::socket::End;
use crate::theory::Values;
use crate::world::{FilterInfo, OperationId, World, shipped};

static WORLD: LazyLock<World> = LazyLock::new(|| world("macos-14.4.1"));
static LINUX: LazyLock<World> = LazyLock::new(|| world("linux"));

fn world(name: &str) -> World {
    shipped(name)
        .expect("a shipped world")
        .expect("a world that parses")
}

/// A test, with the name of its filter.
fn test() -> impl Strategy<Value = (&'static str, Argument)> {
    let path = |pattern| ("path", Argument::Pattern(pattern));
    let text = || {
        prop::sample::select(vec![
            "/a",
            "/b",
            "/a/b",
            "/tmp/b",
            "/private",
            "/private/tmp",
        ])
    };
    let expressions = ["a", "b$", "^/a/", "/b(/|$)", "b.*a", "p/b", "^/private/t"];
    prop_oneof![
        text().prop_map(move |text| path(Pattern::Literal(text.into()))),
        text().prop_map(move |text| path(Pattern::Subpath(text.into()))),
        text().prop_map(move |text| path(Pattern::Prefix(text.into()))),
        prop::sample::select(expressions.to_vec())
            .prop_map(move |source| path(Pattern::Regex(Regex::new(source).expect("a regex")))),
        (
            1..3_i64,
            prop::sample::select(vec!["vnode-type", "socket-domain", "extension-class"])
        )
            .prop_map(move |(number, name)| match name {
                "extension-class" => {
                    let class = Pattern::Literal(number.to_string().into());
                    ("extension", Argument::Pattern(class))
                }
                _ => (name, Argument::Integer(number)),
            }),
    ]
}

proptest! {
    // Half of what is generated is of no use here.
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        max_global_rejects: 10_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_search_finds_a_difference_where_columns_do(
        tangle in prop::collection::vec(
            (test(), any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            1..12,
        ),
        ends in [any::<prop::sample::Index>(), any::<prop::sample::Index>()],
        end in prop_oneof![Just(None), Just(Some(End::Local))],
        world in prop::sample::select(vec![&WORLD, &LINUX]),
    ) {
        let mut canon = Canon::default();
        let mut nodes = vec![
            canon.decide(&Outcome::plain(Action::Allow)),
            canon.decide(&Outcome::plain(Action::Deny)),
        ];
        for ((name, argument), matched, unmatched) in &tangle {
            let (matched, unmatched) = (*matched.get(&nodes), *unmatched.get(&nodes));
            let filter = world.filter_named(name).expect("a filter").id;
            let argument = argument.clone();
            nodes.push(canon.ask(&Test { filter, argument }, matched, unmatched));
        }
        let [left, right] = ends.map(|end| *end.get(&nodes));
        let asks_path = canon.reachable(&[left, right]).into_iter().any(|id| {
            matches!(canon.step(id), super::Step::Test { test, .. }
                if matches!(canon.test(test).argument, Argument::Pattern(_)))
        });
        prop_assume!(left != right && asks_path);
        let filter = |id| world.filter(id);
        let expected = by_columns(&canon, left, right, end, &filter).expect("few combinations");
        let found = search::differences(&canon, left, right, end, &filter).expect("few ways");
        prop_assert_eq!(expected.is_empty(), found.is_empty());
        for difference in found {
            let [one, other] = [left, right].map(|at| follow(&canon, at, &difference.values, world));
            prop_assert_eq!((one, other), (difference.left, difference.right));
            prop_assert_ne!(one, other);
            // Only unix-domain sockets have paths.
            let value = |name: &str| {
                let id = world.filter_named(name).expect("a filter").id;
                let mut values = difference.values.iter();
                values.find(|own| own.0 == id).map(|own| own.1.clone())
            };
            if let (Some(_), Some(domain), Some(_)) = (value("path"), value("socket-domain"), end) {
                prop_assert_eq!(domain, OwnedValue::Integer(1));
            }
        }
    }
}

/// What values come to from a node on.
fn follow(canon: &Canon, at: NodeId, values: &Values, world: &World) -> OutcomeId {
    let spelled: Vec<_> = (values.iter())
        .map(|(filter, value)| (filter, value, other_spelling(value, world.filter(*filter))))
        .collect();
    let request = Request::new(OperationId(0));
    let request = spelled
        .iter()
        .fold(request, |request, (filter, value, other)| {
            let value = match (value, other) {
                (OwnedValue::Text(one), Some(other)) => Value::Aliased(one, other),
                _ => value.borrow(),
            };
            request.with(**filter, value)
        });
    canon.follow(at, &request)
}

fn other_spelling(value: &OwnedValue, filter: &FilterInfo) -> Option<Vec<u8>> {
    let OwnedValue::Text(text) = value else {
        return None;
    };
    filter.aliases.iter().find_map(|alias| {
        let rest = text.strip_prefix(alias.short.as_bytes())?;
        let is_below = rest.is_empty() || rest.starts_with(b"/");
        is_below.then(|| [alias.long.as_bytes(), rest].concat())
    })
}

/// A test of a filter by a pattern.
fn pattern(filter: &str, pattern: Pattern) -> Test {
    Test {
        filter: WORLD.filter_named(filter).expect("a filter").id,
        argument: Argument::Pattern(pattern),
    }
}

fn regex(source: &str) -> Test {
    let regex = Regex::new(source).expect("a regex");
    pattern("path", Pattern::Regex(regex))
}

fn literal(filter: &str, text: &str) -> Test {
    pattern(filter, Pattern::Literal(text.into()))
}

/// A word that no other begins or ends like.
fn word(number: usize) -> String {
    let letter = |number: usize| char::from(b'a' + (number % 26) as u8);
    [number, number / 26, 7 * number]
        .map(letter)
        .iter()
        .collect()
}

/// Texts with one word and then another.
fn words(one: usize, other: usize) -> Test {
    regex(&format!("{}.*{}", word(one), word(other)))
}

/// How many differences are found between what is allowed where all of one of some tests hold.
fn found(left: &[Vec<Test>], right: &[Vec<Test>]) -> usize {
    let mut canon = Canon::default();
    let [left, right] = [left, right].map(|any| {
        let allow = canon.decide(&Outcome::plain(Action::Allow));
        let deny = canon.decide(&Outcome::plain(Action::Deny));
        any.iter().rev().fold(deny, |next, all| {
            let all = all.iter().rev();
            all.fold(allow, |matched, test| canon.ask(test, matched, next))
        })
    });
    let filter = |id| WORLD.filter(id);
    let found = search::differences(&canon, left, right, None, &filter).expect("few ways");
    for difference in &found {
        let ends = [left, right].map(|start| follow(&canon, start, &difference.values, &WORLD));
        assert_eq!(ends, [difference.left, difference.right]);
        assert_ne!(ends[0], ends[1]);
    }
    found.len()
}

/// What stands the same on both sides is not gone through, in whatever order it stands.
#[test]
fn forty_alternatives_are_told_apart() {
    let families: [fn(usize) -> Vec<Test>; 6] = [
        |n| vec![words(2 * n, 2 * n + 1)],
        |n| vec![words(4 * n, 4 * n + 1), words(4 * n + 2, 4 * n + 3)],
        |n| {
            vec![
                words(2 * n, 2 * n + 1),
                pattern("path", Pattern::Subpath(format!("/s/{n}x").into())),
            ]
        },
        |n| vec![words(2 * n, 2 * n + 1), literal("xattr", &format!("x{n}"))],
        |n| {
            vec![
                words(2 * n, 2 * n + 1),
                literal("extension", &format!("x{n}")),
            ]
        },
        |n| match n % 4 {
            0 => vec![literal("path", &format!("/l/{n}"))],
            1 => vec![pattern("path", Pattern::Prefix(format!("/p/{n}/").into()))],
            2 => vec![words(2 * n, 2 * n + 1)],
            _ => vec![words(4 * n, 4 * n + 1), words(4 * n + 2, 4 * n + 3)],
        },
    ];
    for (at, family) in families.into_iter().enumerate() {
        let all: Vec<Vec<Test>> = (0..40).map(family).collect();
        let mut other: Vec<Vec<Test>> = (0..40).map(|n| family(n * 23 % 40)).collect();
        assert_eq!(found(&all, &other), 0, "{at}");
        let last = other.pop().expect("one of them");
        assert_eq!(found(&all, &other), 1, "{at}");
        assert_eq!(found(&other, &all), 1, "{at}");
        other.push(family(100));
        assert_eq!(found(&all, &other), 2, "{at}");
        other.pop();
        other.push(last);
        // The last two get what the other had.
        let [.., one, two] = &mut other[..] else {
            panic!("forty of them");
        };
        if let ([_, one], [_, two]) = (&mut one[..], &mut two[..]) {
            std::mem::swap(one, two);
            assert_eq!(found(&all, &other), 4, "{at}");
        }
    }
}

#[test]
fn few_expressions_among_many_names_are_told_apart() {
    let name = |n: usize| vec![literal("path", &format!("/d/{n}"))];
    let pair = |n: usize| vec![words(4 * n, 4 * n + 1), words(4 * n + 2, 4 * n + 3)];
    let all: Vec<Vec<Test>> = (0..400).map(name).chain((0..15).map(pair)).collect();
    let mut other: Vec<Vec<Test>> = all.iter().rev().cloned().collect();
    assert_eq!(found(&all, &other), 0);
    other.swap_remove(3);
    assert_eq!(found(&all, &other), 1);
    other.swap_remove(300);
    assert_eq!(found(&other, &all), 2);
}
