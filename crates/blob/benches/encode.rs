//! How long compiling takes: profiles that differ in their number of rules only.

use lapbelt_blob::encode::encode;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Action, Policy, Rule, RuleFilter, Version};
use lapbelt_policy::world::{World, shipped};

fn main() {
    divan::main();
}

/// Rules over paths, every tenth a deny, so that some patterns are joined and some are not.
fn policy(rules: usize, world: &World) -> Policy {
    let path = world.filter_named("path").expect("a filter").id;
    let operations = ["file-read*", "file-write*", "process-exec*"]
        .map(|name| world.operation_named(name).expect("an operation").id);
    let rule = |at: usize| {
        let text = format!("/users/u{}/library/item-{at}", at % 50);
        let pattern = match at % 3 {
            0 => Pattern::Literal(text.into_bytes()),
            _ => Pattern::Subpath(text.into_bytes()),
        };
        let argument = Argument::Pattern(pattern);
        Rule {
            action: if at.is_multiple_of(10) {
                Action::Deny
            } else {
                Action::Allow
            },
            operations: vec![operations[at % operations.len()]],
            filters: vec![RuleFilter {
                filter: Filter::Test(Test {
                    filter: path,
                    argument,
                }),
                origin: None,
            }],
            modifiers: Vec::new(),
            origin: None,
        }
    };
    Policy {
        version: Version::V1,
        rules: (0..rules).map(rule).collect(),
        sources: Vec::new(),
        implied: true,
    }
}

#[divan::bench(args = [1_000, 2_000, 4_000, 8_000])]
fn rules(bencher: divan::Bencher<'_, '_>, count: usize) {
    let world = shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses");
    let policy = policy(count, &world);
    bencher
        .counter(divan::counter::ItemsCount::new(count))
        .bench(|| encode(&policy, &world).expect("a profile").bytes);
}
