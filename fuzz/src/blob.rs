//! Any bytes as a compiled profile: an error with a place, or a profile of which every byte is
//! explained and that can be asked.

use std::sync::LazyLock;

use lapbelt_blob::decode::decode;
use lapbelt_blob::explain;
use lapbelt_blob::policy::compiled;
use lapbelt_blob::survey::survey;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::world::{World, shipped};

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
});

/// Feeds one input as it is, and once more as nodes and literals behind a header that fits.
pub fn run(bytes: &[u8]) {
    check(bytes);
    check(&framed(bytes));
}

/// Feeds one input as a bundle, and once more as nodes and literals behind two records.
pub fn bundle(bytes: &[u8]) {
    let mut whole = bytes.to_vec();
    if let Some(kind) = whole.get_mut(..2) {
        kind.copy_from_slice(&[0x00, 0x80]);
    }
    check(&whole);
    check(&bundled(bytes));
}

/// Whatever is read holds together.
fn check(bytes: &[u8]) {
    let surveyed = survey(bytes, &WORLD);
    let Ok(blob) = decode(bytes, &WORLD) else {
        return;
    };
    let rows = explain::rows(&blob, bytes, &WORLD);
    let covered: usize = rows.iter().map(|row| row.end - row.start).sum();
    assert_eq!(covered, bytes.len());
    if Some(blob.layout.name) == WORLD.layout() {
        let surveyed = surveyed.expect("what is decoded is surveyed");
        assert_eq!(surveyed.faults, []);
    }
    for profile in &blob.profiles {
        if let Ok(compiled) = compiled(&blob, profile, &WORLD) {
            Decider::of(compiled.graph, &compiled.rules);
        }
    }
}

fn slots() -> usize {
    let operations = WORLD.operations().iter();
    operations.filter(|operation| operation.in_table).count()
}

/// The first byte says how many nodes there are; the last node starts every decision.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let (count, rest) = split(bytes);
    let mut whole = vec![0, 0, count, 0, slots() as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for _ in 0..slots() {
        whole.extend([count - 1, 0]);
    }
    whole.resize(whole.len().next_multiple_of(8), 0);
    whole.extend(rest);
    whole
}

/// As [`framed`], with two profiles, named by the first literal.
fn bundled(bytes: &[u8]) -> Vec<u8> {
    let (count, rest) = split(bytes);
    let mut whole = vec![0, 0x80, count, 0, slots() as u8, 0, 0, 0, 2, 0, 0, 0, 0, 0];
    for _ in 0..2 {
        whole.extend([0; 4]);
        for _ in 0..slots() {
            whole.extend([count - 1, 0]);
        }
    }
    whole.resize(whole.len().next_multiple_of(8), 0);
    whole.extend(rest);
    whole
}

fn split(bytes: &[u8]) -> (u8, &[u8]) {
    match bytes.split_first() {
        Some((first, rest)) => (first % 16 + 1, rest),
        None => (1, bytes),
    }
}
