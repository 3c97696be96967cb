//! Every fuzz target, fed for a moment: with any bytes, and with words that mean something.

use lapbelt_fuzz::{
    blob, format, log_line, macho, pattern_code, profile, question, regex_code, scan, violation,
    world,
};
use proptest::prelude::*;

const WORDS: &[&str] = &[
    "(",
    ")",
    "(",
    ")",
    " ",
    "\n",
    "\"",
    "\\",
    "#\"",
    "'",
    "`",
    ",@",
    ";",
    "#|",
    "|#",
    "#x1F",
    "-1.5e9",
    "(version 1)",
    "(allow ",
    "(deny ",
    "default",
    "file-read*",
    "file-write-data",
    "network*",
    "(literal \"/a\")",
    "(subpath (param \"P\"))",
    "(regex #\"^/a[0-9]+$\")",
    "(require-not ",
    "(require-all ",
    "(remote ip \"*:80\")",
    "(with no-log)",
    "(define ",
    "(lambda ",
    "(let ",
    "(map ",
    "(if #t ",
    "(cond ",
    "(let ((x 1)) ",
    "(apply-message-filter ",
    "; a comment\n",
    "  ; aligned\n",
    "#| block\n comment |#",
    "\n#if X\n",
    "\r\n",
    "\t",
    "\n\n\n",
    "#(1 2)",
    " . ",
    "\u{feff}",
    "(global-name \"com.apple.a-long-name-of-a-service-that-takes-much-of-a-line\")",
    "world w\n",
    "evidence k text\n",
    "operation 0 default parent=- default=deny evidence=k\n",
    "filter 1 path category=path kind=path-pattern cost=60 evidence=k\n",
    "{\"values\":[",
    "/..//.",
    "[::1]:80",
    "Sandbox: x(1) deny(1) ",
    "2 duplicate reports for ",
    "remote:",
    " ioctl-command:(_IO \"h\" 4)",
];

fn input() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(prop::sample::select(WORDS), 0..30)
            .prop_map(|w| w.concat().into_bytes()),
    ]
}

/// Pieces of compiled profiles: nodes, terminals, instructions, literals.
const PIECES: &[&[u8]] = &[
    b"\x00\x01\x00\x00\x01\x00\x02\x00",
    b"\x00\x0e\x01\x00\x01\x00\x00\x00",
    b"\x00\x86\x00\x00\x02\x00\x01\x00",
    b"\x01\x00\x00\x00\x00\x00\x00\x00",
    b"\x01\x05\x00\x00\x00\x00\x00\x00",
    b"\x05\x00\x41/a\x0f\x0a\x00",
    b"\x41/a\x0f",
    b"\x00\x0f\x0a",
    b"\x40/\x80\x0a",
    b"\x0b\x00az",
    b"\x03/",
    b"\x02/\x0f",
    b"\x06",
    b"\x05",
    b"\x00\x00\x00\x03\x05\x00",
    b"\x02a",
    b"\x2f\x04\x00",
    b"\x0a\x00\x00",
    b"\x1b0.",
    b"\x19",
    b"\x29",
    b"\x15\x00",
];

fn code() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..100),
        (
            any::<u8>(),
            prop::collection::vec(prop::sample::select(PIECES), 0..12)
        )
            .prop_map(|(first, pieces)| [&[first][..], &pieces.concat()].concat()),
        prop::collection::vec(prop::sample::select(PIECES), 0..12).prop_map(|p| p.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn profiles(bytes in input()) {
        profile::run(&bytes);
    }

    #[test]
    fn texts_to_format(bytes in input()) {
        format::run(&bytes);
    }

    #[test]
    fn worlds(bytes in input()) {
        world::run(&bytes);
    }

    #[test]
    fn macho_files(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        macho::run(&bytes);
        macho::run(&[b"\xcf\xfa\xed\xfe\x0c\0\0\x01".as_slice(), &bytes].concat());
    }

    #[test]
    fn machine_code(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        scan::run(&bytes);
    }

    #[test]
    fn questions(bytes in input()) {
        question::run(&bytes);
    }

    #[test]
    fn violations(bytes in input()) {
        violation::run(&bytes);
    }

    #[test]
    fn blobs(bytes in code()) {
        blob::run(&bytes);
    }

    #[test]
    fn bundles(bytes in code()) {
        blob::bundle(&bytes);
    }

    #[test]
    fn pattern_codes(bytes in code()) {
        pattern_code::run(&bytes);
    }

    #[test]
    fn regex_codes(bytes in code()) {
        regex_code::run(&bytes);
    }

    #[test]
    fn log_lines(bytes in input()) {
        log_line::run(&bytes);
    }
}
