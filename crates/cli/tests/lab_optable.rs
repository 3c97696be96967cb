//! `lapbelt lab optable` as a user runs it.

#[cfg(target_os = "linux")]
mod supervised;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Value, json};

fn lapbelt(arguments: &[&Path]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command.args(arguments).output().expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

fn optable(dir: &Path, out: &Path) -> Value {
    let words = ["--json", "lab", "optable", "--out"].map(Path::new);
    let (code, text, error) = lapbelt(&[&words[..], &[out, dir]].concat());
    assert_eq!(code, 0, "{error}");
    serde_json::from_str(&text).expect("JSON")
}

fn families() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles/families")
}

fn file(out: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(out.join(name)).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

fn of<'a>(list: &'a Value, key: &str, id: &str) -> &'a Value {
    let found = list
        .as_array()
        .into_iter()
        .flatten()
        .find(|own| own[key] == id);
    found.unwrap_or_else(|| panic!("no {id} in {list:#}"))
}

#[test]
fn the_op_table_family_is_described_and_explained() {
    let out = tempfile::tempdir().expect("a directory");
    let summary = optable(&families().join("op-table"), out.path());
    assert_eq!(summary, file(out.path(), "summary.json"));
    assert_eq!(summary["profiles"].as_array().map(Vec::len), Some(17));

    let own = of(&summary["profiles"], "id", "v12_read_subpath_mach");
    assert_eq!(
        (&own["op_count"], &own["node_count"]),
        (&json!(190), &json!(7))
    );
    assert_eq!(own["op_entries"].as_array().map(Vec::len), Some(190));
    assert_eq!(own["tag_counts"], json!({"0": 5, "1": 2}));
    assert_eq!(own["operations"], json!(["file-read*", "mach-lookup"]));
    assert_eq!(own["filters"], json!(["global-name", "path"]));
    let lookup = of(
        &own["entry_signatures"],
        "starts_with",
        "global-name literal \"com.apple.cfprefsd.agent\"",
    );
    assert_eq!(lookup["reachable"], 3);
    assert_eq!(lookup["filters"], json!(["global-name"]));
    assert_eq!(
        lookup["literals"],
        json!(["literal \"com.apple.cfprefsd.agent\""])
    );
    assert_eq!(lookup["truncated"], false);

    // One operation more: its slot starts another graph, all others only get other numbers.
    let shift = of(&summary["shifts"], "to", "v12_read_subpath_mach");
    assert_eq!(shift["from"], "v11_read_subpath");
    let graph = of(&shift["shifts"], "cause", "graph");
    assert_eq!(
        (&graph["slots"], &graph["operations"]),
        (&json!([96]), &json!(["mach-lookup"]))
    );
    assert_eq!(
        shift["decides"][0]["request"],
        "mach-lookup com.apple.cfprefsd.agent"
    );
    assert_eq!(shift["rules_name"], json!(["mach-lookup"]));
    for shift in summary["shifts"].as_array().expect("shifts") {
        assert_eq!(
            shift["slots_with_other_graphs"], shift["of_operations_named"],
            "{shift:#}"
        );
    }
    let finding = &summary["findings"][0];
    assert_eq!(
        (&finding["data"]["explained"], &finding["tier"]),
        (&finding["data"]["slots"], &json!("derived"))
    );
    assert_eq!(finding["inputs"].as_array().map(Vec::len), Some(34));

    let map = file(out.path(), "op_table_map.json");
    let hint = &map["single_op_hints"]["mach-lookup"][0];
    assert_eq!((&hint["slot"], &hint["entry"]), (&json!(96), &json!(3)));
    assert_eq!(hint["moved"], json!({"against": "v0_empty", "slots": [96]}));
    let numbered = json!({"name": "mach-lookup", "id": 96, "slot": 96, "entry": 3});
    assert_eq!(map["profiles"]["v3_mach"]["operations"], json!([numbered]));
    let signatures = file(out.path(), "op_table_signatures.json");
    assert_eq!(
        signatures["profiles"]["v12_read_subpath_mach"],
        own["entry_signatures"]
    );
    let catalog = file(out.path(), "op_table_catalog_v1.json");
    assert_eq!(catalog["records"].as_array().map(Vec::len), Some(17));
    assert_eq!(catalog["vocabulary"]["operations"]["in_world"], 190);
    let named = catalog["vocabulary"]["filters"]
        .as_array()
        .expect("filters");
    let named: Vec<&str> = named
        .iter()
        .filter_map(|own| own["name"].as_str())
        .collect();
    assert_eq!(named, ["path", "global-name", "target"]);
    assert!(catalog["evidence"]["inputs"].is_array());
}

#[test]
fn bytes_without_sources_are_described_too() {
    let dir = tempfile::tempdir().expect("a directory");
    for name in ["foo", "bar"] {
        let source = families().join(format!("literal-index/{name}.sb"));
        let target = dir.path().join(format!("{name}.bin"));
        let words = ["compile", "-o"].map(Path::new);
        let (code, _, error) = lapbelt(&[words[0], &source, words[1], &target]);
        assert_eq!(code, 0, "{error}");
    }
    let out = dir.path().join("out");
    let summary = optable(dir.path(), &out);
    let own = of(&summary["profiles"], "id", "foo");
    assert_eq!(
        (&own["source"], &own["operations"]),
        (&Value::Null, &json!([]))
    );
    let shift = of(&summary["shifts"], "to", "foo");
    // Another literal: the same numbers everywhere, but another graph.
    assert_eq!(
        shift["shifts"][0]["from_node"],
        shift["shifts"][0]["to_node"]
    );
    assert_eq!(shift["shifts"][0]["operations"], json!(["file-read*"]));
    assert_eq!(shift["of_operations_named"], Value::Null);
}

#[test]
fn what_is_no_folder_of_profiles_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let words = ["lab", "optable"].map(Path::new);
    let (code, _, error) = lapbelt(&[words[0], words[1], dir.path()]);
    assert_eq!(
        (code, error.contains("no profiles in")),
        (2, true),
        "{error}"
    );
    std::fs::write(dir.path().join("x.bin"), [0; 20]).expect("a file");
    let (code, _, error) = lapbelt(&[words[0], words[1], dir.path()]);
    assert_eq!((code, error.contains("x.bin")), (2, true), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn profiles_are_tried_on_the_host() {
    if supervised::skipped() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    for name in ["v0_empty", "v1_read", "v4_network"] {
        let name = format!("{name}.sb");
        std::fs::copy(
            families().join("op-table").join(&name),
            dir.path().join(&name),
        )
        .expect("a copy");
    }
    let out = dir.path().join("out");
    let words = ["lab", "optable", "--probe", "--out"].map(Path::new);
    let (code, text, error) = lapbelt(&[&words[..], &[&out, dir.path()]].concat());
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("0 against the profile"), "{text}");
    let catalog = file(&out, "op_table_catalog_v1.json");
    let answers = |id, question: &str| -> Value {
        of(&catalog["records"], "id", id)["runtime_signature"][question].clone()
    };
    let (read, connect) = ("file-read-data /etc/hosts", "network-outbound 127.0.0.1:9");
    for (id, reads, connects) in [
        ("v0_empty", "deny", "deny"),
        ("v1_read", "allow", "deny"),
        ("v4_network", "deny", "allow"),
    ] {
        assert_eq!(answers(id, read), reads, "{id}");
        assert_eq!(answers(id, connect), connects, "{id}");
    }
    let runtime = file(&out, "runtime_signatures.json");
    assert_eq!(
        runtime["profiles"].as_object().map(serde_json::Map::len),
        Some(3)
    );
    assert!(runtime["evidence"]["inputs"].is_array());
}
