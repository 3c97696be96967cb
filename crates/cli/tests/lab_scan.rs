//! `lapbelt lab scan` as a user runs it.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

fn out(arguments: &[&str], file: &Path) -> (i32, String, String) {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command.args(arguments).arg(file).output().expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

fn program(dir: &Path, name: &str) -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scan/tests/scan/sources");
    let program = dir.join("program");
    let mut gcc = std::process::Command::new("gcc");
    gcc.args(["-w", "-O1"])
        .arg(sources.join(name))
        .arg("-o")
        .arg(&program);
    assert!(gcc.status().expect("gcc").success());
    program
}

#[test]
fn verdicts_with_the_instructions_that_show_them() {
    let dir = tempfile::tempdir().expect("a directory");
    let program = program(dir.path(), "array_by_index_12.c");
    let (code, text, error) = out(&["lab", "scan"], &program);
    assert_eq!(code, 0, "{error}");
    assert!(
        text.contains("\nhi/lo split of a u16: not found\n"),
        "{text}"
    );
    assert!(
        text.contains("\nfixed-stride node array: found\n"),
        "{text}"
    );
    assert!(text.contains("\nbytecode VM: not found\n"), "{text}");
    assert!(text.contains("records of 12 bytes"), "{text}");
    assert!(text.contains("walk+0x"), "{text}");

    let (_, text, _) = out(&["--json", "lab", "scan"], &program);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let verdicts: Vec<&Value> = (0..3)
        .map(|n| &answer["hypotheses"][n]["verdict"])
        .collect();
    assert_eq!(verdicts, ["not found", "found", "not found"]);
    let finding = &answer["findings"][1];
    assert_eq!(finding["tier"], "derived");
    let digest = finding["inputs"][0]["sha256"].as_str();
    assert_eq!(digest.map(str::len), Some(64));
}

#[test]
fn what_cannot_be_scanned() {
    let dir = tempfile::tempdir().expect("a directory");
    let program = program(dir.path(), "one_header.c");
    let (code, _, error) = out(&["lab", "scan", "--from", "nowhere"], &program);
    assert_eq!(code, 2);
    assert!(error.contains("no function `nowhere`"), "{error}");
    let bytes = std::fs::read(&program).expect("the program");
    std::fs::write(&program, &bytes[..bytes.len() / 2]).expect("a file");
    let (code, _, error) = out(&["lab", "scan"], &program);
    assert_eq!(code, 2);
    assert!(
        error.contains("damaged ") && error.contains(" at byte "),
        "{error}"
    );
}
