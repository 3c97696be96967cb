//! What the world says of defaults, fallback and implied rules, held against the op tables that the
//! build's own compiler wrote: an operation whose slot holds a terminal node decides so whatever
//! is asked, any other depends on the request.

use std::collections::BTreeMap;

use lapbelt_policy::ask::ask;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{OperationId, World, shipped};
use lapbelt_sbpl::{NoImports, Source, evaluate};
use serde_json::Value;

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
    let count = usize::from(blob[4]);
    let slots = (0..count).map(|slot| node(blob, table(blob) + 2 * slot));
    slots.map(decision).collect()
}

fn word(blob: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([blob[at], blob[at + 1]]))
}

/// Where the op table starts; the policy table ends there.
fn table(blob: &[u8]) -> usize {
    let tables = word(blob, 10) + usize::from(blob[5]) + usize::from(blob[6]) + word(blob, 12);
    14 + 2 * tables
}

/// The node whose index stands at an offset.
fn node(blob: &[u8], at: usize) -> &[u8] {
    let nodes = (table(blob) + 2 * usize::from(blob[4])).next_multiple_of(8);
    &blob[nodes + 8 * word(blob, at)..][..8]
}

fn decision(node: &[u8]) -> Option<Action> {
    match node {
        [1, flags, ..] if flags & 1 == 1 => Some(Action::Deny),
        [1, ..] => Some(Action::Allow),
        _ => None,
    }
}

/// Holds our message filter against the one policy of a blob: 1 if it has one.
fn check_message_filter(blob: &[u8], decider: &Decider, world: &World) -> usize {
    let asked = ask(world, "iokit-open-user-client", None, &[]).expect("a request");
    let opened = decider.decide(&asked.request());
    let ours = decider.messages(&opened.source);
    let count = word(blob, 12);
    assert_eq!(ours.is_some(), count == 1);
    let Some(ours) = ours else { return 0 };
    let open = world
        .operation_named("iokit-open-user-client")
        .expect("it has");
    let slot = node(blob, table(blob) + 2 * usize::from(open.id.0));
    // An allow with an inline modifier, 19, for an operation beyond the op table.
    let [1, 0, 0, 0x80, 19, message, 0, 0] = *slot else {
        panic!("another terminal: {slot:?}");
    };
    let theirs = decision(node(blob, table(blob) - 2));
    assert_eq!(ours.always(OperationId(message.into())), theirs);
    1
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
    let mut message_filters = 0;
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
            panic!("{id} does not evaluate: {:?}", evaluation.diagnostics);
        };
        let decider = Decider::new(&policy, &world);
        let blob = bytes(&read(&format!("{id}.hex")));
        message_filters += check_message_filter(&blob, &decider, &world);
        let table = op_table(&blob);
        for (operation, slot) in world.operations().iter().zip(table) {
            let ours = decider.always(operation.id);
            if ours != slot {
                wrong.push(format!(
                    "{id}: {} is {slot:?}, ours {ours:?}",
                    operation.name
                ));
            }
        }
    }
    assert_eq!(message_filters, 3);
    assert!(wrong.is_empty(), "{} slots differ: {wrong:#?}", wrong.len());
}
