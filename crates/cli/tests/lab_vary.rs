//! `lapbelt lab layout vary` as a user runs it.

use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

fn vary(spec: &str, out: &Path) -> (i32, String, String) {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    command.args(["--json", "lab", "layout", "vary", spec, "--out"]);
    let output = command.arg(out).output().expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

/// What changes from one variant to another.
fn pair<'a>(answer: &'a Value, one: &str, other: &str) -> &'a Value {
    let pairs = answer["pairs"].as_array().expect("pairs");
    let found = pairs
        .iter()
        .find(|own| own["a"] == one && own["b"] == other);
    found.unwrap_or_else(|| panic!("no {one} and {other} in {answer:#}"))
}

#[test]
fn a_family_is_compiled_and_compared() {
    let dir = tempfile::tempdir().expect("a directory");
    let spec = "file-read*,file-write*:subpath,literal,vnode-type=REGULAR-FILE:/tmp/foo,/tmp/bar,\
                /tmp/longer";
    let (code, text, error) = vary(spec, dir.path());
    assert_eq!(code, 0, "{error}");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let written = std::fs::read_to_string(dir.path().join("manifest.json")).expect("a manifest");
    let written: Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!(written, answer);
    for (one, other, fields) in [
        ("one", "literal-2", json!(["literal"])),
        ("one", "literal-3", json!(["literal"])),
        // Either of two is one program.
        ("one", "literals-2", json!(["literal"])),
        ("literals-2", "literals-2-turned", json!(["literal"])),
        ("literals-2", "literals-3", json!(["literal"])),
        // Forms of one filter are told apart by the literal alone.
        ("one", "filter-2", json!(["literal"])),
        ("one", "filter-3", json!(["argument", "filter", "literal"])),
        // Tests are ordered by their cost.
        ("filters-1-3", "filters-1-3-turned", json!([])),
        ("one", "operation-2", json!(["op table"])),
        ("rules-1-2", "rules-1-2-turned", json!([])),
    ] {
        assert_eq!(pair(&answer, one, other)["fields"], fields, "{one} {other}");
    }
    let places = |one, other| -> Vec<&str> {
        let changes = pair(&answer, one, other)["changes"]
            .as_array()
            .expect("changes");
        changes
            .iter()
            .filter_map(|own| own["place"].as_str())
            .collect()
    };
    // A second literal of its own: one node more, with an argument of its own.
    assert_eq!(
        places("one", "filters-1-2"),
        [
            "header byte 2",
            "node 3 match",
            "node 4 tag",
            "node 4 filter",
            "node 4 argument",
            "node 4 match",
            "node 4 unmatch",
            "literal 1"
        ]
    );
    for variant in answer["variants"].as_array().expect("variants") {
        let name = variant["compiled"]["name"].as_str().expect("a name");
        let bytes = std::fs::read(dir.path().join(name)).expect("a compiled profile");
        assert_eq!(variant["bytes"], bytes.len());
    }
    let finding = &answer["findings"][2];
    assert_eq!(
        finding["claim"],
        "another literal, /tmp/bar changes literal"
    );
    assert_eq!(finding["tier"], "derived");
    assert_eq!(finding["inputs"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_makes_no_family_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    for (spec, why) in [
        ("file-read*", "expected OPERATIONS:FILTERS:LITERALS"),
        ("file-read*::/tmp", "expected OPERATIONS:FILTERS:LITERALS"),
        ("file-read*:bogus:/tmp", "is called `bogus`"),
        // Found once those before it have been compiled.
        ("file-read*,bogus:subpath:/tmp", "unknown operation `bogus`"),
        ("bogus:subpath:/tmp", "bogus"),
        ("network-outbound:socket-type:/tmp", "/tmp"),
    ] {
        let (code, _, error) = vary(spec, dir.path());
        assert_eq!((code, error.contains(why)), (2, true), "{spec}: {error}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).expect("a folder").count(), 0);
}
