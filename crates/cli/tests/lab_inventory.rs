//! `lapbelt lab inventory`, `unknowns` and `roles` as a user runs them.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

fn lapbelt(words: &[&str], paths: &[&Path]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command.args(words).args(paths).output().expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

fn json(words: &[&str], paths: &[&Path]) -> (i32, Value) {
    let (code, text, error) = lapbelt(&[&["--json"], words].concat(), paths);
    let answer = serde_json::from_str(&text);
    (
        code,
        answer.unwrap_or_else(|_| panic!("no JSON: {text} {error}")),
    )
}

/// A profile with a socket type that has no name, and a port.
const SOURCE: &str = "(version 1)(deny default)\n\
    (allow file-read* (literal \"/etc/hosts\"))\n\
    (allow network-outbound (require-all (socket-domain AF_INET) (socket-type 300)))\n";

fn source(dir: &Path) -> PathBuf {
    let path = dir.join("own.sb");
    std::fs::write(&path, SOURCE).expect("a source");
    path
}

/// The profile compiled, with some bytes changed.
fn blob(dir: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let path = dir.join(name);
    let (code, _, error) = lapbelt(&["compile", "-o"], &[&path, &source(dir)]);
    assert_eq!(code, 0, "{error}");
    let mut bytes = std::fs::read(&path).expect("bytes");
    change(&mut bytes);
    std::fs::write(&path, bytes).expect("a file");
    path
}

/// Where the node that asks for the socket type stands.
fn socket_type(bytes: &[u8]) -> usize {
    let at = bytes[400..]
        .chunks(8)
        .position(|node| node.starts_with(&[0, 12, 0x2c, 1]));
    400 + 8 * at.expect("the node")
}

#[test]
fn values_are_counted_by_filter_with_who_comes_by() {
    let dir = tempfile::tempdir().expect("a directory");
    let own = source(dir.path());
    let (code, text, error) = lapbelt(&["lab", "inventory"], &[&own]);
    assert_eq!(code, 0, "{error}");
    insta::assert_snapshot!(text.replace(&dir.path().display().to_string(), "DIR"));

    let (code, answer) = json(&["lab", "inventory"], &[&own]);
    assert_eq!(code, 0);
    let finding = &answer["findings"][0];
    assert_eq!(finding["world"], "sonoma-14.4.1-23E224-arm64-dyld-2c0602c5");
    let data = &finding["data"];
    let filters = data["profiles"][0]["filters"].as_array().expect("filters");
    let of = |name: &str| {
        filters
            .iter()
            .find(|own| own["name"] == name)
            .expect("a filter")
    };
    assert_eq!(of("socket-type")["values"][0]["value"], 300);
    assert_eq!(
        of("socket-type")["operations"],
        serde_json::json!(["network-outbound"])
    );
    assert_eq!(of("path")["values"][0]["meaning"], "literal \"/etc/hosts\"");
    let rows = data["region"]["rows"].as_array().expect("rows");
    assert!(
        rows.iter()
            .any(|row| row.as_str().expect("hex").starts_with("000c2c01"))
    );

    // The same of the compiled profile, but for what was read.
    let compiled = blob(dir.path(), "own.bin", |_| {});
    let (_, other) = json(&["lab", "inventory"], &[&compiled]);
    assert_eq!(other["findings"][0]["data"]["profiles"], data["profiles"]);
    assert_ne!(other["findings"][0]["inputs"], finding["inputs"]);
}

#[test]
fn a_layout_that_was_found_is_enough() {
    let dir = tempfile::tempdir().expect("a directory");
    let layout = dir.path().join("found.layout");
    let field = |offset, size| serde_json::json!({"offset": offset, "size": size});
    let found = serde_json::json!({
        "endianness": "little", "header_length": 14, "stride": 8, "edge_unit": "index",
        "tag": field(0, 1), "filter": field(1, 1), "argument": field(2, 2), "match": field(4, 2),
        "unmatch": field(6, 2), "literal_unit": 8,
        "rules": {
            "slot": 2, "tables": [], "op_count": {"stated": field(4, 1)}, "nodes": {"alignment": 8},
            "node_count": {"stated": field(2, 2)}, "edge_word": 8, "edge_base": "nodes-start",
            "branch_tags": [0],
            "literals": {"base": "nodes-end", "to_content": false, "prefix": 2, "alignment": 8,
                         "first": 1},
        },
    });
    std::fs::write(&layout, found.to_string()).expect("a layout");
    let own = blob(dir.path(), "own.bin", |_| {});
    let (code, answer) = json(&["lab", "inventory", "--layout"], &[&layout, &own]);
    let findings = answer["findings"].as_array().expect("findings");
    assert_eq!((code, findings.len()), (0, 1));
    assert_eq!(
        (&findings[0]["world"], &findings[0]["tier"]),
        (&Value::Null, &"hypothesis".into())
    );
    // Nothing says what the numbers mean, so all but literals are unknown.
    let (code, answer) = json(&["lab", "unknowns", "--layout"], &[&layout, &own]);
    assert_eq!(code, 1);
    let unknown = answer["findings"].as_array().expect("findings");
    assert!(
        unknown.iter().any(|own| own["data"]["filter"] == 14),
        "{unknown:#?}"
    );
}

#[test]
fn what_has_no_name_comes_with_its_context() {
    let dir = tempfile::tempdir().expect("a directory");
    let own = source(dir.path());
    let (code, text, error) = lapbelt(&["lab", "unknowns"], &[&own]);
    assert_eq!(code, 1, "{error}");
    insta::assert_snapshot!(text.replace(&dir.path().display().to_string(), "DIR"));
    let (_, answer) = json(&["lab", "unknowns"], &[&own]);
    let seen = &answer["findings"][0]["data"]["seen"][0];
    assert_eq!(
        seen["reach"][0]["operations"],
        serde_json::json!(["network-outbound"])
    );
    assert_eq!(
        seen["literals_near"],
        serde_json::json!(["literal \"com.apple.flow-divert\""])
    );
    std::fs::write(&own, "(version 1)(allow default)").expect("a source");
    let (code, text, _) = lapbelt(&["lab", "unknowns"], &[&own]);
    assert_eq!(
        (code, text.as_str()),
        (0, "every value of 1 file is explained\n")
    );
}

#[test]
fn structure_fails_and_an_unknown_value_does_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let whole = blob(dir.path(), "whole.bin", |_| {});
    let (code, text, error) = lapbelt(&["lab", "roles", "check"], &[&whole]);
    assert_eq!(code, 0, "{error}");
    insta::assert_snapshot!(text);
    let changes: [(&str, usize, u8, &str); 5] = [
        ("tag", 0, 9, "no layout is declared for nodes of tag 9"),
        ("filter", 1, 0x7f, "filter 127 is not declared"),
        ("edge", 5, 0xff, "an edge to"),
        ("form", 1, 11 | 0x80, "socket-domain: at byte"),
        ("literal", 1, 10, "control-name: at byte"),
    ];
    for (name, byte, value, wanted) in changes {
        let broken = blob(dir.path(), "broken.bin", |bytes| {
            let at = socket_type(bytes) + byte;
            bytes[at] = value;
        });
        let (code, answer) = json(&["lab", "roles", "check"], &[&broken]);
        let faults = answer["faults"].as_array().expect("faults");
        assert_eq!((code, faults.len()), (1, 1), "{name}: {faults:?}");
        assert!(
            faults[0].as_str().expect("text").contains(wanted),
            "{name}: {faults:?}"
        );
    }
    // What does not compile is no profile with a fault, but alone it is no answer.
    let sources = dir.path().join("sources");
    std::fs::create_dir(&sources).expect("a folder");
    source(&sources);
    let bad = sources.join("bad.sb");
    std::fs::write(&bad, "(version 1)(allow fle-read*)").expect("a source");
    let (code, answer) = json(&["lab", "roles", "check"], &[&sources]);
    assert_eq!((code, &answer["files"]), (0, &1.into()));
    let why = answer["skipped"][0]["why"].as_str().expect("text");
    assert!(why.starts_with("1:19: "), "{why}");
    assert_eq!(lapbelt(&["lab", "roles", "check"], &[&bad]).0, 2);
    // Cut off in the middle of the nodes.
    let short = blob(dir.path(), "short.bin", |bytes| bytes.truncate(404));
    assert_eq!(json(&["lab", "roles", "check"], &[&short]).0, 1);
}

#[test]
fn a_folder_or_file_without_anything_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let (folder, file) = (dir.path().join("bare"), dir.path().join("bare.bin"));
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(&file, "").expect("a file");
    for words in [&["lab", "inventory"][..], &["lab", "layout", "infer"]] {
        for (path, why) in [(&folder, "profiles in"), (&file, "the file is empty")] {
            let (code, _, error) = lapbelt(words, &[path]);
            assert_eq!(code, 2, "{words:?}");
            assert!(error.contains(why) && error.contains("bare"), "{error}");
        }
    }
}

#[test]
fn a_guardrail_names_what_drifted() {
    let dir = tempfile::tempdir().expect("a directory");
    let own = blob(dir.path(), "own.bin", |_| {});
    let guard = dir.path().join("guard.json");
    let pin = &["lab", "roles", "check", "--pin"];
    let (code, ..) = lapbelt(pin, &[&guard, &own]);
    assert_eq!(code, 0);
    let check = &["lab", "roles", "check", "--guard"];
    assert_eq!(json(check, &[&guard, &own]).0, 0);
    let (code, _, error) = lapbelt(check, &[&own, &own]);
    assert_eq!(code, 2);
    assert!(error.contains("is no guardrail"), "{error}");
    blob(dir.path(), "own.bin", |bytes| {
        let at = socket_type(bytes);
        bytes[at + 2] = 0x2d;
    });
    let (code, text, _) = lapbelt(check, &[&guard, &own]);
    assert_eq!(code, 1);
    let drifts: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("drift: "))
        .collect();
    for wanted in [
        "values: tag 0 filter 12 socket-type: argument 300 is miss: pinned 1, now nothing",
        "values: tag 0 filter 12 socket-type: argument 301 is miss: pinned nothing, now 1",
    ] {
        let wanted = format!("drift: files: own.bin: {wanted}");
        assert!(drifts.contains(&wanted.as_str()), "{wanted} in {drifts:#?}");
    }
    // Both digests changed as well.
    assert_eq!(drifts.len(), 4, "{drifts:#?}");
}

/// What the whole reading of the system's own profiles takes, this one takes as well.
#[test]
fn profiles_of_the_system_have_no_faults() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let witness = corpus.join("witness");
    // The one number without a name is written so in their sources.
    let (_, answer) = json(&["lab", "unknowns"], &[&witness]);
    let unknown = answer["findings"].as_array().expect("findings").iter();
    let unknown = unknown.map(|own| (own["data"]["filter_name"].as_str(), &own["data"]["value"]));
    assert_eq!(
        unknown.collect::<Vec<_>>(),
        [(Some("socket-protocol"), &256.into())]
    );
    let (_, answer) = json(&["lab", "inventory"], &[&witness]);
    let findings = answer["findings"].as_array().expect("findings");
    for own in findings {
        for row in own["data"]["profiles"][0]["high_bits"]
            .as_array()
            .expect("rows")
        {
            assert_eq!(row["high"], 0, "{}", own["claim"]);
        }
    }
    let (code, answer) = json(&["lab", "roles", "check"], &[&witness]);
    assert_eq!(code, 0, "{:#}", answer["faults"]);
    assert!(answer["files"].as_u64().expect("a number") > 20);
    for role in answer["roles"].as_array().expect("roles") {
        assert!(role["kind"].is_string(), "{role}");
        assert_eq!(role["counts"]["broken"], 0, "{role}");
    }
}

fn cell(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(flag) => (*flag).into(),
        Field::Long(number) => (*number).into(),
        Field::Str(text) => text.as_str().into(),
        Field::ListInternal(list) => list.elements().iter().map(cell).collect(),
        other => panic!("no type of ours: {other}"),
    }
}

/// Two profiles as a table, read back.
#[test]
fn nodes_are_rows_of_a_table() {
    let dir = tempfile::tempdir().expect("a directory");
    let (table, other) = (
        dir.path().join("nodes.parquet"),
        dir.path().join("other.sb"),
    );
    std::fs::write(&other, "(version 1)(allow default)").expect("a source");
    let own = blob(dir.path(), "own.bin", |_| {});
    let words = &["lab", "inventory", "--parquet"];
    let (code, answer) = json(words, &[&table, &own, &other]);
    assert_eq!(code, 0);

    let file = std::fs::File::open(&table).expect("the table");
    let reader = SerializedFileReader::new(file).expect("a table");
    let metadata = reader.metadata().file_metadata();
    let pairs = metadata.key_value_metadata().expect("metadata");
    let evidence: Value =
        serde_json::from_str(pairs[0].value.as_deref().expect("a value")).expect("JSON");
    assert_eq!(pairs[0].key, "lapbelt.evidence");
    let inputs = evidence["inputs"].as_array().expect("inputs");
    assert_eq!(inputs.len(), 2);
    assert_eq!(inputs[1], answer["findings"][1]["inputs"][0]);

    let rows = reader.get_row_iter(None).expect("rows");
    let rows: Vec<Value> = rows
        .map(|row| {
            let row = row.expect("a row");
            let cells = row.get_column_iter();
            cells
                .map(|(name, field)| (name.clone(), cell(field)))
                .collect()
        })
        .collect();
    let nodes = |finding: &Value| {
        finding["data"]["region"]["nodes"]
            .as_u64()
            .expect("a number")
    };
    let findings = answer["findings"].as_array().expect("findings");
    assert_eq!(rows.len() as u64, findings.iter().map(nodes).sum::<u64>());
    let row = rows.iter().find(|row| row["filter_name"] == "socket-type");
    let row = row.expect("a row");
    let wanted = serde_json::json!({
        "file": own, "layout": "macos-14", "profile": null, "node": 2, "offset": 416,
        "bytes": "000c2c0107000800", "tag": 0, "filter": 12, "filter_name": "socket-type",
        "other_form": false, "argument": 300, "word": "miss", "meaning": null, "matched": 7,
        "unmatched": 8, "edges_in": 1, "slots_in": 0, "edges_out": 2,
        "operations": ["network-outbound"], "sha256": findings[0]["inputs"][0]["sha256"],
    });
    assert_eq!(*row, wanted);
    // A decision tests nothing, and an operation of every kind may come by.
    let last = rows.last().expect("a row");
    assert_eq!((&last["filter"], &last["tag"]), (&Value::Null, &1.into()));
    let operations: usize = rows
        .iter()
        .filter(|row| row["file"] == rows[0]["file"])
        .map(|row| row["operations"].as_array().map_or(0, Vec::len))
        .sum();
    assert!(operations >= 190, "{operations}");
}
