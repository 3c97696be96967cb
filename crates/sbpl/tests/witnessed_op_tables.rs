//! What the world says of defaults, fallback and implied rules, held against the op tables that the
//! build's own compiler wrote: an operation whose slot holds a terminal node decides so whatever
//! is asked, any other depends on the request.

use std::collections::BTreeMap;

use lapbelt_policy::ask::ask;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::shipped;
use lapbelt_sbpl::{NoImports, Source, evaluate};
use serde_json::Value;

/// Witnesses with message filters, which are not evaluated yet. One that is must not stand here.
/// (The one of version 2 also has masks of system calls inferred from the operations allowed.)
const MESSAGE_FILTERS: &[&str] = &[
    "gate_airlock_minimal_file",
    "gate_v1_inner_deny_async_external_method",
    "gate_v2_inner_deny_external_trap",
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16);
    digits
        .chunks(2)
        .map(|pair| byte(pair).expect("a byte"))
        .collect()
}

/// For each slot of the op table, what its terminal node decides; `None` for a filter node.
fn op_table(blob: &[u8]) -> Vec<Option<Action>> {
    let word = |at: usize| usize::from(u16::from_le_bytes([blob[at], blob[at + 1]]));
    let count = usize::from(blob[4]);
    let tables = word(10) + usize::from(blob[5]) + usize::from(blob[6]) + word(12);
    let table = 14 + 2 * tables;
    let nodes = (table + 2 * count).next_multiple_of(8);
    let node = |slot: usize| &blob[nodes + 8 * word(table + 2 * slot)..][..8];
    let decision = |node: &[u8]| match node {
        [1, flags, ..] if flags & 1 == 1 => Some(Action::Deny),
        [1, ..] => Some(Action::Allow),
        _ => None,
    };
    (0..count).map(|slot| decision(node(slot))).collect()
}

#[test]
fn entries_decide_as_the_slots_do() {
    let Some(witness) = lapbelt_corpus::folder().map(|path| path.join("witness")) else {
        return;
    };
    let world = shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("it parses");
    let read = |name: &str| std::fs::read_to_string(witness.join(name)).expect("a witness");
    let index: Value = serde_json::from_str(&read("index.json")).expect("the index");
    let mut wrong = Vec::new();
    let entries = index["entries"].as_array().expect("entries");
    assert!(entries.len() >= 40);
    for entry in entries {
        let id = entry["id"].as_str().expect("an id");
        let params: BTreeMap<_, _> = entry["params"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_str().expect("text").to_owned()))
            .collect();
        let text = read(&format!("{id}.sb"));
        let evaluation = evaluate(
            &Source {
                name: id,
                text: &text,
            },
            &params,
            &NoImports,
            &world,
        );
        let Some(policy) = evaluation.policy else {
            let error = &evaluation.diagnostics.first().expect("a reason").message;
            assert!(
                MESSAGE_FILTERS.contains(&id),
                "{id} does not evaluate: {error}"
            );
            continue;
        };
        assert!(!MESSAGE_FILTERS.contains(&id), "{id} evaluates by now");
        let decider = Decider::new(&policy, &world);
        let table = op_table(&bytes(&read(&format!("{id}.hex"))));
        for (operation, slot) in world.operations().iter().zip(table) {
            let of = |target: &[u8]| {
                let request = ask(&world, &operation.name, Some(target), &[]).expect("a request");
                decider.decide(&request).action
            };
            // An implied rule that decides as what follows it is left out by the compiler.
            let implied = world
                .implied()
                .iter()
                .any(|rule| rule.operation == operation.id);
            let ours = match decider.always(operation.id) {
                None if implied && of(b"self") == of(b"others") => Some(of(b"self")),
                always => always,
            };
            if ours != slot {
                wrong.push(format!(
                    "{id}: {} is {slot:?}, ours {ours:?}",
                    operation.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} slots differ: {wrong:#?}", wrong.len());
}
