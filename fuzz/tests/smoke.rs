//! Every fuzz target, fed for a moment: with any bytes, and with words that mean something.

use lapbelt_fuzz::{profile, question, violation, world};
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
    "world w\n",
    "evidence k text\n",
    "operation 0 default parent=- default=deny evidence=k\n",
    "filter 1 path category=path kind=path-pattern cost=60 evidence=k\n",
    "{\"values\":[",
    "/..//.",
    "[::1]:80",
];

fn input() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(prop::sample::select(WORDS), 0..30)
            .prop_map(|w| w.concat().into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn profiles(bytes in input()) {
        profile::run(&bytes);
    }

    #[test]
    fn worlds(bytes in input()) {
        world::run(&bytes);
    }

    #[test]
    fn questions(bytes in input()) {
        question::run(&bytes);
    }

    #[test]
    fn violations(bytes in input()) {
        violation::run(&bytes);
    }
}
