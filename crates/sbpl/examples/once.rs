//! Evaluates a profile so many times, to count the instructions that it takes:
//! `valgrind --tool=callgrind target/release/examples/once PROFILE 1`, less the same with 0.

use std::collections::BTreeMap;

use lapbelt_policy::world::shipped;
use lapbelt_sbpl::{NoImports, Source, evaluate};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("a profile");
    let times: u32 = arguments.next().map_or(1, |n| n.parse().expect("a number"));
    let text = std::fs::read_to_string(&path).expect("a text");
    let world = shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses");
    let source = Source {
        name: &path,
        text: &text,
    };
    for _ in 0..times {
        let evaluation = evaluate(&source, &BTreeMap::new(), &NoImports, &world);
        let rules = evaluation.policy.map(|policy| policy.rules.len());
        println!(
            "{} findings, rules: {rules:?}",
            evaluation.diagnostics.len()
        );
    }
}
