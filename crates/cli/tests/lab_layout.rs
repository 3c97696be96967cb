//! `lapbelt lab layout` and `lapbelt decode --layout` as a user runs them.

use std::path::Path;

use assert_cmd::Command;
use lapbelt_analysis::finding::{Finding, Tier};
use serde_json::Value;

fn lapbelt() -> Command {
    Command::cargo_bin("lapbelt").expect("the built command")
}

fn out(command: &mut Command) -> (i32, String, String) {
    let output = command.output().expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

/// A corpus that our own compiler writes.
fn corpus(dir: &Path) {
    let path = |name: &str, filter: &str| format!("(allow file-read* ({filter} \"/{name}\"))");
    let deny = "(version 1)(deny default)";
    let profiles = [
        ("a", format!("{deny}{}", path("one", "literal"))),
        ("b", format!("{deny}{}", path("two", "subpath"))),
        (
            "c",
            format!(
                "{deny}{}(allow process-fork (target self))",
                path("three", "literal")
            ),
        ),
        (
            "d",
            "(version 1)(allow default)(deny file-write* (literal \"/x\"))(deny \
              file-read* (literal \"/much/longer\"))(deny network-outbound (socket-type 1))"
                .to_string(),
        ),
        (
            "e",
            format!(
                "{deny}(allow network-outbound (require-all (socket-domain 2) (socket-type \
              300)))(allow mach-lookup (global-name \"com.own\"))"
            ),
        ),
        ("f", "(version 1)(allow default)".to_string()),
    ];
    for (name, text) in profiles {
        let source = dir.join(format!("{name}.sb"));
        std::fs::write(&source, text).expect("a source");
        let target = dir.join(format!("{name}.bin"));
        let mut command = lapbelt();
        let (code, _, error) = out(command.arg("compile").arg(&source).arg("-o").arg(&target));
        assert_eq!(code, 0, "{error}");
    }
}

#[test]
fn a_layout_is_found_written_and_decoded_by() {
    let dir = tempfile::tempdir().expect("a directory");
    corpus(dir.path());
    let layout = dir.path().join("found.layout");
    let mut command = lapbelt();
    command
        .args(["--json", "lab", "layout", "infer"])
        .arg(dir.path());
    let (code, text, error) = out(command.arg("--export").arg(&layout));
    assert_eq!(code, 0, "{error}");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let best = &answer["hypotheses"][0];
    let found = &best["layout"];
    assert_eq!(answer["files"], 6);
    for (key, wanted) in [
        ("endianness", Value::from("little")),
        ("header_length", Value::from(14)),
        ("op_table_offset", Value::from(14)),
        ("op_count", Value::from(190)),
        ("node_offset", Value::from(400)),
        ("stride", Value::from(8)),
        ("edge_unit", Value::from("index")),
        ("literal_unit", Value::from(8)),
    ] {
        assert_eq!(found[key], wanted, "{key} of {best:#}");
    }
    for (key, offset) in [
        ("tag", 0),
        ("filter", 1),
        ("argument", 2),
        ("match", 4),
        ("unmatch", 6),
    ] {
        assert_eq!(found[key]["offset"], offset, "{key} of {best:#}");
    }
    let base = found["node_offset"].as_u64().expect("a number")
        + 8 * found["node_count"].as_u64().expect("a number");
    assert_eq!(found["literal_base"], base);
    assert!(best["terms"]["edges"]["evidence"].is_string());
    assert!(best["score"].as_f64() >= answer["hypotheses"][1]["score"].as_f64());
    let finding = &answer["findings"][0];
    let kept: Finding = serde_json::from_value(finding.clone()).expect("a finding");
    assert_eq!((kept.tier, &kept.evidence.world), (Tier::Hypothesis, &None));
    let inputs = kept.evidence.inputs.as_slice();
    assert_eq!(inputs.len(), 6);
    // The compiler wrote the very bytes of `(allow default)`, so their digest is known.
    let allow = "19832eb9716a32459bee8398c8977fd1";
    assert!(
        inputs[5].sha256.to_string().starts_with(allow),
        "{inputs:?}"
    );
    assert_eq!(
        kept.evidence.command[..4],
        ["lapbelt", "--json", "lab", "layout"]
    );
    assert_eq!(finding["data"]["layout"], *found);
    assert_eq!(finding["data"]["scores"][0]["score"], best["score"]);

    let mut command = lapbelt();
    command
        .arg("decode")
        .arg(dir.path().join("a.bin"))
        .arg("--layout")
        .arg(&layout);
    let (code, text, error) = out(&mut command);
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("tag 0 filter 1 argument 0 \"C/one"), "{text}");

    let mut command = lapbelt();
    command
        .args(["lab", "layout", "diff"])
        .arg(dir.path().join("a.bin"));
    command
        .arg(dir.path().join("b.bin"))
        .arg("--layout")
        .arg(&layout);
    let (code, text, error) = out(&mut command);
    assert_eq!(code, 1, "{error}");
    assert!(text.starts_with("literal 0: C/one"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn what_is_none_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut command = lapbelt();
    let (code, _, error) = out(command.args(["lab", "layout", "infer"]).arg(dir.path()));
    assert_eq!(
        (code, error.contains("no compiled profiles")),
        (2, true),
        "{error}"
    );
    let zeros = dir.path().join("zeros.hex");
    std::fs::write(&zeros, "00".repeat(200)).expect("a file");
    let mut command = lapbelt();
    let (code, _, error) = out(command.args(["lab", "layout", "infer"]).arg(&zeros));
    assert_eq!(
        (code, error.contains("no layout fits")),
        (2, true),
        "{error}"
    );
    let layout = dir.path().join("bad.layout");
    std::fs::write(&layout, "{\"stride\": 0}").expect("a file");
    let mut command = lapbelt();
    let (code, _, error) = out(command
        .arg("decode")
        .arg(&zeros)
        .arg("--layout")
        .arg(&layout));
    assert_eq!((code, error.contains("no layout as")), (2, true), "{error}");
}
