//! One decision by a policy of 1,000 rules: goal under 1 µs, no allocation.

use divan::{AllocProfiler, Bencher, black_box};
use lapbelt_policy::decide::Decider;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_policy::request::{Request, Value};
use lapbelt_policy::rule::{Action, Policy, Rule, RuleFilter, Version};
use lapbelt_policy::world::{World, shipped};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Allows and denies that alternate, so that no two rules can be joined: 600 literals, 380
/// subpaths, 20 regexes, as a profile learnt from a large program has them.
fn policy(world: &World) -> Policy {
    let operation = world
        .operation_named("file-read*")
        .expect("an operation")
        .id;
    let filter = world.filter_named("path").expect("a filter").id;
    let pattern = |index: usize| match index % 50 {
        0..30 => Pattern::Literal(format!("/usr/lib/package{index}/module.so").into_bytes()),
        30..49 => Pattern::Subpath(format!("/opt/tool{index}/share").into_bytes()),
        _ => Pattern::Regex(Regex::new(format!("^/tmp/job{index}-[0-9]+/")).expect("a regex")),
    };
    let rule = |index: usize| {
        let test = Test {
            filter,
            argument: Argument::Pattern(pattern(index)),
        };
        Rule {
            action: if index.is_multiple_of(2) {
                Action::Allow
            } else {
                Action::Deny
            },
            operations: vec![operation],
            filters: vec![RuleFilter {
                filter: Filter::Test(test),
                origin: None,
            }],
            modifiers: Vec::new(),
            origin: None,
        }
    };
    Policy {
        version: Version::V1,
        rules: (0..1000).map(rule).collect(),
        sources: Vec::new(),
        implied: true,
    }
}

#[divan::bench(args = [
    "/usr/lib/package500/module.so",
    "/opt/tool780/share/doc/a/b/c/readme.txt",
    "/tmp/job49-12345/output",
    "/home/someone/project/src/deep/down/in/a/tree/file.rs",
])]
fn thousand_rules(bencher: Bencher<'_, '_>, path: &str) {
    let world = shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a good world");
    let decider = Decider::new(&policy(&world), &world);
    let operation = world
        .operation_named("file-read-data")
        .expect("an operation")
        .id;
    let filter = world.filter_named("path").expect("a filter").id;
    bencher.bench(|| {
        let value = Value::Text(black_box(path.as_bytes()));
        decider.decide(&Request::new(operation).with(filter, value))
    });
}
