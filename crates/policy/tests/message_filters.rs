//! Message filters: rules about the messages that follow what a rule allowed.

use std::sync::LazyLock;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::graph::{Inclusion, includes};
use lapbelt_policy::request::{Request, Value};
use lapbelt_policy::rule::{
    Action, Modifier, ModifierArgument, Policy, Rule, RuleFilter, RuleRef, Version,
};
use lapbelt_policy::world::{World, shipped};
use proptest::prelude::*;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
});

const OPEN: &str = "iokit-open-user-client";
const METHOD: &str = "iokit-external-method";
const TRAP: &str = "iokit-external-trap";

fn rule(action: Action, operation: &str, number: Option<i64>) -> Rule {
    let filter = WORLD.filter_named("iokit-method-number").expect("a filter");
    Rule {
        action,
        operations: vec![WORLD.operation_named(operation).expect("an operation").id],
        filters: number
            .into_iter()
            .map(|number| RuleFilter {
                filter: Filter::Test(Test {
                    filter: filter.id,
                    argument: Argument::Integer(number),
                }),
                origin: None,
            })
            .collect(),
        modifiers: Vec::new(),
        origin: None,
    }
}

/// `(allow iokit-open-user-client [(apply-message-filter inner…)])`
fn opened(inner: Option<Vec<Rule>>) -> Rule {
    let mut rule = rule(Action::Allow, OPEN, None);
    rule.modifiers = inner
        .into_iter()
        .map(|rules| Modifier {
            modifier: WORLD.modifier_named("message-filter").expect("it has").id,
            argument: Some(ModifierArgument::MessageFilter(rules)),
        })
        .collect();
    rule
}

fn policy(rules: Vec<Rule>) -> Policy {
    Policy {
        version: Version::V2,
        rules,
        sources: Vec::new(),
        implied: true,
    }
}

fn ask(operation: &str, number: i64) -> Request<'static> {
    let filter = WORLD.filter_named("iokit-method-number").expect("a filter");
    let operation = WORLD.operation_named(operation).expect("an operation").id;
    Request::new(operation).with(filter.id, Value::Integer(number))
}

/// Whether the client may be opened and the message may pass.
fn passes(decider: &Decider, message: &Request<'_>) -> bool {
    let open = decider.decide(&ask(OPEN, 0));
    open.action == Action::Allow
        && decider
            .messages(&open.source)
            .is_none_or(|inner| inner.decide(message).action == Action::Allow)
}

#[test]
fn a_message_filter_decides_only_what_follows_its_own_rule() {
    let inner = vec![
        rule(Action::Deny, METHOD, None),
        rule(Action::Allow, METHOD, Some(3)),
    ];
    let decider = Decider::new(&policy(vec![opened(Some(inner))]), &WORLD);
    assert!(passes(&decider, &ask(METHOD, 3)));
    assert!(!passes(&decider, &ask(METHOD, 4)));
    // What the filter does not name is allowed, whatever the profile's own default.
    assert!(passes(&decider, &ask(TRAP, 4)));
    let open = decider.decide(&ask(OPEN, 0));
    let verdict = decider
        .messages(&open.source)
        .expect("a filter")
        .decide(&ask(METHOD, 3));
    let by = RuleRef {
        rule: 1,
        filter: Some(0),
    };
    assert_eq!(verdict.source, lapbelt_policy::graph::Source::Rule(by));
    // The rules inside are no rules of the profile.
    assert_eq!(decider.decide(&ask(METHOD, 4)).action, Action::Allow);
    // A later rule without a filter takes its place.
    let free = Decider::new(
        &policy(vec![
            opened(Some(vec![rule(Action::Deny, METHOD, None)])),
            opened(None),
        ]),
        &WORLD,
    );
    assert!(passes(&free, &ask(METHOD, 4)));
}

fn inner() -> impl Strategy<Value = Option<Vec<Rule>>> {
    let one = (
        any::<bool>(),
        prop::sample::select(vec![METHOD, TRAP, "default-message-filter"]),
        prop::option::of(0..3i64),
    )
        .prop_map(|(allow, operation, number)| {
            let action = if allow { Action::Allow } else { Action::Deny };
            rule(action, operation, number)
        });
    prop::option::of(prop::collection::vec(one, 0..4))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn inclusion_looks_into_message_filters(outer in inner(), inner in inner(), open in any::<bool>()) {
        let mut rules = vec![opened(inner)];
        if !open {
            rules.push(rule(Action::Deny, OPEN, None));
        }
        let outside = Decider::new(&policy(vec![opened(outer)]), &WORLD);
        let inside = Decider::new(&policy(rules), &WORLD);
        let wider = [METHOD, TRAP].iter().any(|operation| {
            // Every number that a rule names, and one that none names.
            (0..4).any(|number| {
                let message = ask(operation, number);
                passes(&inside, &message) && !passes(&outside, &message)
            })
        });
        match includes(outside.graph(), inside.graph()) {
            Inclusion::Proven => prop_assert!(!wider),
            Inclusion::Widened(widening) => {
                // Tests count as independent, so a message with two numbers at once, or one of an
                // operation that is only asked for as another, may be the witness.
                let held = widening.when.iter().filter(|(_, holds)| *holds).count();
                let asked = widening.message.map(|id| WORLD.operation(id).name.as_str());
                prop_assert!(wider || held > 1 || !matches!(asked, Some(METHOD | TRAP)));
            }
            Inclusion::TooBig => prop_assert!(false, "small policies fit"),
        }
    }
}
