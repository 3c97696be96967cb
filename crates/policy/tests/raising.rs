//! Rules made from a graph decide as the graph does.

use std::sync::LazyLock;

use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::graph::{Canon, Known, NodeId, Outcome, Written, differences, lower, raise};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Action, Modifier, Policy, Rule, RuleFilter, Version};
use lapbelt_policy::socket::End;
use lapbelt_policy::world::{FilterId, World, shipped};
use proptest::prelude::*;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
});

fn id(name: &str) -> FilterId {
    WORLD.filter_named(name).expect("a filter").id
}

fn some_test() -> impl Strategy<Value = Test> {
    let path = |argument| Test {
        filter: id("path"),
        argument: Argument::Pattern(argument),
    };
    let number = |name: &'static str| {
        move |number| Test {
            filter: id(name),
            argument: Argument::Integer(number),
        }
    };
    let text = || prop::sample::select(vec!["/a", "/b", "/a/b", "/a/b/c"]);
    prop_oneof![
        3 => text().prop_map(move |text| path(Pattern::Literal(text.into()))),
        3 => text().prop_map(move |text| path(Pattern::Subpath(text.into()))),
        1 => (1..3_i64).prop_map(number("vnode-type")),
        1 => (1..4_i64).prop_map(number("target")),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    some_test()
        .prop_map(Filter::Test)
        .prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::Any),
                prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::All),
                inner.prop_map(|f| Filter::Not(Box::new(f))),
            ]
        })
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![Just(Action::Allow), Just(Action::Deny)]
}

const OPERATIONS: &[&str] = &[
    "default",
    "file*",
    "file-read*",
    "file-read-data",
    "file-write*",
    "signal",
    "mach-lookup",
];

fn rule() -> impl Strategy<Value = Rule> {
    let names = prop::collection::vec(prop::sample::select(OPERATIONS.to_vec()), 1..3);
    let filters = prop_oneof![
        1 => Just(Vec::new()),
        4 => prop::collection::vec(filter(), 1..4),
    ];
    (action(), names, filters, 0..6_u8).prop_map(|(action, names, filters, marked)| {
        let modifier = Modifier {
            modifier: WORLD.modifier_named("telemetry").expect("a modifier").id,
            argument: None,
        };
        let ids = names
            .iter()
            .map(|name| WORLD.operation_named(name).expect("an operation").id);
        let plain = |filter| RuleFilter {
            filter,
            origin: None,
        };
        Rule {
            action,
            operations: ids.collect(),
            filters: filters.into_iter().map(plain).collect(),
            modifiers: if marked == 0 {
                vec![modifier]
            } else {
                Vec::new()
            },
            origin: None,
        }
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let version = prop_oneof![Just(Version::V1), Just(Version::V2), Just(Version::V3)];
    (version, prop::collection::vec(rule(), 0..10)).prop_map(|(version, rules)| Policy {
        version,
        rules,
        sources: Vec::new(),
        implied: true,
    })
}

fn entries(policy: &Policy, canon: &mut Canon) -> Vec<NodeId> {
    canon.add_graph(&lower(policy, &WORLD), &policy.rules, &WORLD)
}

fn raised(canon: &Canon, wanted: &[NodeId]) -> Policy {
    let written = Written::of_canon(canon, wanted);
    let mut ways = [true, false].into_iter();
    let found = ways.find_map(|implied| {
        let policies = raise(&written, &[], implied, &WORLD, &mut Known::default()).expect("rules");
        policies.into_iter().next()
    });
    found.expect("one at least")
}

/// Whether a policy decides as the entries say, for every operation in the op table.
fn assert_decides(
    policy: &Policy,
    canon: &mut Canon,
    wanted: &[NodeId],
) -> Result<(), TestCaseError> {
    let made = entries(policy, canon);
    for operation in WORLD.operations().iter().filter(|o| o.in_table) {
        let at = usize::from(operation.id.0);
        let found = differences(canon, wanted[at], made[at], End::of(operation), |id| {
            WORLD.filter(id)
        });
        prop_assert_eq!(
            found,
            Ok(Vec::new()),
            "{} {:?}",
            operation.name,
            policy.rules
        );
    }
    Ok(())
}

/// A graph as no rules would make it: edges from any node to any before it.
fn tangle() -> impl Strategy<Value = Vec<(Test, prop::sample::Index, prop::sample::Index)>> {
    let index = any::<prop::sample::Index>;
    prop::collection::vec((some_test(), index(), index()), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn rules_of_a_policy_decide_as_it_does(policy in policy()) {
        let mut canon = Canon::default();
        let wanted = entries(&policy, &mut canon);
        let raised = raised(&canon, &wanted);
        assert_decides(&raised, &mut canon, &wanted)?;
    }

    #[test]
    fn rules_of_any_graph_decide_as_it_does(
        tangle in tangle(),
        starts in prop::collection::vec(any::<prop::sample::Index>(), 3),
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
        let plain = Policy { version: Version::V1, rules: Vec::new(), sources: Vec::new(), implied: true };
        let mut wanted = entries(&plain, &mut canon);
        for (name, start) in ["file-read*", "file-read-data", "mach-lookup"].into_iter().zip(starts) {
            let operation = WORLD.operation_named(name).expect("an operation").id;
            wanted[usize::from(operation.0)] = *start.get(&nodes);
        }
        let raised = raised(&canon, &wanted);
        assert_decides(&raised, &mut canon, &wanted)?;
    }
}

#[test]
fn what_the_system_adds_is_left_out_if_it_has_to_be() {
    for implied in [true, false] {
        let mut canon = Canon::default();
        let policy = Policy {
            version: Version::V1,
            rules: Vec::new(),
            sources: Vec::new(),
            implied,
        };
        let wanted = entries(&policy, &mut canon);
        let raised = raised(&canon, &wanted);
        assert_eq!(raised.implied, implied);
    }
}
