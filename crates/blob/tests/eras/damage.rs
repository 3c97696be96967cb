//! Damaged files: an error that names the place, never a panic, never a loop.

use lapbelt_blob::bytes::ClaimError;
use lapbelt_blob::decode::{Blob, decode};
use lapbelt_blob::error::DecodeError;
use lapbelt_blob::explain;
use lapbelt_blob::layout::known::KNOWN;
use lapbelt_blob::policy::compiled;
use proptest::prelude::*;

use crate::WORLD;
use crate::build::{A, ALLOW, DENY, File, N, layout, regex, subpath, text};

/// A file with something of everything.
fn whole(index: usize) -> Vec<u8> {
    let layout = &KNOWN[index % KNOWN.len()];
    let nodes = [
        N::Filter(1, A::Literal(0), 3, 1),
        N::Filter(0x82, A::Value(0), 3, 2),
        N::Filter(0x84, A::Literal(2), 3, 4),
        ALLOW,
        DENY,
    ];
    let literals = [
        subpath(layout, "/usr"),
        regex(layout, b"\x19\x02a\x2f\x06\x00\x02b\x15\x00"),
        vec![1, 0, 1, 0, 6],
        text(layout, "name"),
    ];
    let mut file = File::new(layout, &nodes, &literals);
    file.regexes = vec![1];
    if layout.bundle.is_empty() {
        file.literals.pop();
    } else {
        file.names = vec![3];
    }
    file.bytes()
}

/// What this layout says is wrong.
fn refused(name: &str, bytes: &[u8]) -> String {
    let error = decode(bytes, &WORLD).expect_err("an error");
    let DecodeError::NoLayout(rejections) = error else {
        panic!("{error}");
    };
    let own = rejections.iter().find(|one| one.layout == name);
    own.expect("a rejection").error.to_string()
}

/// Whatever was read holds together.
fn assert_sound(blob: &Blob, bytes: &[u8]) {
    let covered: usize = blob.spans.iter().map(|span| span.end - span.start).sum();
    assert_eq!(covered, bytes.len());
    explain::rows(blob, bytes, &WORLD);
    for profile in &blob.profiles {
        let _ = compiled(blob, profile, &WORLD);
    }
}

#[test]
fn errors_name_the_place() {
    let layout = layout("macos-14");
    let refused = |nodes: &[N], literals: &[Vec<u8>]| {
        refused("macos-14", &File::new(layout, nodes, literals).bytes())
    };
    let at = |index: usize, byte: usize| format!("at byte {}", 24 + 8 * index + byte);
    let filter = |matched, unmatched| N::Filter(4, A::Value(1), matched, unmatched);
    for (nodes, place, words) in [
        (
            vec![filter(9, 1), DENY],
            at(0, 4),
            "one of 2 nodes, found 9",
        ),
        (
            vec![filter(1, 2), DENY],
            at(0, 6),
            "one of 2 nodes, found 2",
        ),
        (vec![filter(1, 0), DENY], at(0, 6), "lead back"),
        (
            vec![filter(1, 2), filter(2, 0), DENY],
            at(1, 6),
            "lead back",
        ),
        (
            vec![N::Filter(9, A::Value(1), 1, 1), DENY],
            at(0, 1),
            "a filter of tiny, found 9",
        ),
        (
            vec![N::Filter(0x81, A::Value(3), 1, 1), DENY],
            at(0, 2),
            "one of 0 regular",
        ),
        (
            vec![N::Filter(0x83, A::Value(0), 1, 1), DENY],
            at(0, 1),
            "the plain form of class",
        ),
        (
            vec![N::Filter(6, A::Value(2), 1, 1), DENY],
            at(0, 2),
            "0 or 1 for a flag",
        ),
        (
            vec![N::Filter(1, A::Value(9), 1, 1), DENY],
            "at byte 112".into(),
            "length of a literal",
        ),
        (
            vec![N::Terminal(0x8000, [0; 4])],
            at(0, 1),
            "flags that tiny has",
        ),
        (
            vec![N::Terminal(0, [1, 0, 0, 0])],
            at(0, 4),
            "the number and place of several",
        ),
        (
            vec![N::Terminal(0, [2, 0, 0, 0])],
            at(1, 0),
            "a list of modifiers",
        ),
        (
            vec![N::Terminal(0x80_0000, [7, 0, 0, 0])],
            at(0, 4),
            "a modifier of tiny",
        ),
        (
            vec![N::Terminal(0x80_0000, [19, 4, 0, 0])],
            at(0, 6),
            "one of 0 message filters",
        ),
        (
            vec![N::Terminal(0x80_0000, [19, 1, 0, 0])],
            at(0, 5),
            "operation of message filters",
        ),
    ] {
        let error = refused(&nodes, &[]);
        assert!(error.contains(&place) && error.contains(words), "{error}");
    }
    let error = refused(
        &[N::Filter(1, A::Literal(0), 1, 1), DENY],
        &[vec![1, 0, 0x20]],
    );
    assert!(
        error.contains("at byte 42") && error.contains("0x20"),
        "{error}"
    );
}

#[test]
fn bytes_that_nothing_explains_are_an_error() {
    let layout = layout("macos-14");
    let mut bytes = File::new(layout, &[ALLOW, DENY], &[]).bytes();
    assert!(decode(&bytes, &WORLD).is_ok());
    let end = bytes.len();
    bytes.extend([0; 8]);
    let leftover = ClaimError::Leftover {
        start: end,
        end: end + 8,
    };
    assert_eq!(refused("macos-14", &bytes), leftover.to_string());
    // One byte of the hole behind the op table.
    bytes.truncate(end);
    bytes[21] = 1;
    assert!(refused("macos-14", &bytes).contains("at byte 21: expected zero padding"));
    bytes[21] = 0;
    bytes[24] = 2;
    assert!(refused("macos-14", &bytes).contains("at byte 24: expected 0 (filter)"));
}

#[test]
fn no_part_of_a_file_is_a_file() {
    for index in 0..KNOWN.len() {
        let whole = whole(index);
        assert!(decode(&whole, &WORLD).is_ok());
        for length in 0..whole.len() {
            assert!(decode(&whole[..length], &WORLD).is_err(), "{length} bytes");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damage_is_survived(
        index in 0..KNOWN.len(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = whole(index);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= value;
        }
        if let Ok(blob) = decode(&bytes, &WORLD) {
            assert_sound(&blob, &bytes);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(blob) = decode(&bytes, &WORLD) {
            assert_sound(&blob, &bytes);
        }
    }
}
