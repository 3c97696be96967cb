//! Both ways of comparing say the same.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Columns, Known, by_columns, walk};
use crate::event::OwnedValue;
use crate::filter::{Argument, Test};
use crate::graph::{Canon, Outcome};
use crate::pattern::Pattern;
use crate::pattern::regex::Regex;
use crate::request::Request;
use crate::rule::Action;
use crate::socket::End;
use crate::world::{OperationId, World, shipped};

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
});

fn test() -> impl Strategy<Value = Test> {
    let id = |name: &str| WORLD.filter_named(name).expect("a filter").id;
    let path = move |pattern| Test {
        filter: id("path"),
        argument: Argument::Pattern(pattern),
    };
    let text = || prop::sample::select(vec!["/a", "/b", "/a/b"]);
    prop_oneof![
        text().prop_map(move |text| path(Pattern::Literal(text.into()))),
        text().prop_map(move |text| path(Pattern::Subpath(text.into()))),
        prop::sample::select(vec!["a", "b$", "^/a/", "/b(/|$)"])
            .prop_map(move |source| path(Pattern::Regex(Regex::new(source).expect("a regex")))),
        (
            1..3_i64,
            prop::sample::select(vec!["vnode-type", "socket-domain"])
        )
            .prop_map(move |(number, name)| Test {
                filter: id(name),
                argument: Argument::Integer(number),
            },),
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
    fn a_walk_finds_a_difference_where_columns_do(
        tangle in prop::collection::vec(
            (test(), any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            1..12,
        ),
        ends in [any::<prop::sample::Index>(), any::<prop::sample::Index>()],
        end in prop_oneof![Just(None), Just(Some(End::Local))],
    ) {
        let mut canon = Canon::default();
        let mut nodes = vec![
            canon.decide(&Outcome::plain(Action::Allow)),
            canon.decide(&Outcome::plain(Action::Deny)),
        ];
        for (test, matched, unmatched) in &tangle {
            let (matched, unmatched) = (*matched.get(&nodes), *unmatched.get(&nodes));
            nodes.push(canon.ask(test, matched, unmatched));
        }
        let [left, right] = ends.map(|end| *end.get(&nodes));
        let asks_path = canon.reachable(&[left, right]).into_iter().any(|id| {
            matches!(canon.step(id), super::Step::Test { test, .. }
                if matches!(canon.test(test).argument, Argument::Pattern(_)))
        });
        prop_assume!(left != right && asks_path);
        let filter = |id| WORLD.filter(id);
        let columns = Columns::new(&canon, &[left, right], Known::of(end), &filter).expect("few classes");
        let expected = by_columns(columns, left, right).expect("few combinations");
        let found = walk::differences(&canon, left, right, end, &filter).expect("few places");
        prop_assert_eq!(expected.is_empty(), found.is_empty());
        for difference in found {
            let request = difference.values.iter().fold(
                Request::new(OperationId(0)),
                |request, (filter, value)| request.with(*filter, value.borrow()),
            );
            let (one, other) = (canon.follow(left, &request), canon.follow(right, &request));
            prop_assert_eq!((one, other), (difference.left, difference.right));
            prop_assert_ne!(one, other);
            // Only unix-domain sockets have paths.
            let value = |name: &str| {
                let id = WORLD.filter_named(name).expect("a filter").id;
                let mut values = difference.values.iter();
                values.find(|own| own.0 == id).map(|own| own.1.clone())
            };
            if let (Some(_), Some(domain), Some(_)) = (value("path"), value("socket-domain"), end) {
                prop_assert_eq!(domain, OwnedValue::Integer(1));
            }
        }
    }
}
