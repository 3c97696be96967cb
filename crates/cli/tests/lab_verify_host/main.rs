//! `lapbelt lab verify-host` against shared libraries with the functions of `libsandbox`, built
//! here from C, whose compiler is our own.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

const STAND_IN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/lab_verify_host/stand_in.c"
);

/// A library, in a folder, so changed.
fn library(folder: &Path, changes: &[&str]) -> PathBuf {
    let path = folder.join("libsandbox.so");
    let built = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&path)
        .args(changes)
        .arg(STAND_IN)
        .status();
    assert!(built.expect("a C compiler").success());
    path
}

fn lapbelt(folder: &Path, words: &[&str]) -> Output {
    let lapbelt = assert_cmd::cargo::cargo_bin("lapbelt");
    let mut command = Command::new(&lapbelt);
    let command = command.current_dir(folder).args(words);
    command
        .env("STAND_IN_COMPILER", lapbelt)
        .output()
        .expect("a run")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn agreements(answer: &Value) -> Vec<&str> {
    let profiles = answer["profiles"].as_array().expect("profiles").iter();
    profiles
        .filter_map(|one| one["agreement"].as_str())
        .collect()
}

/// The one test of all profiles that are shipped: some fifty starts of our compiler.
#[test]
fn all_that_is_shipped_agrees_and_what_is_sent_is_a_witness() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = library(folder.path(), &[]).display().to_string();
    let words = [
        "--json",
        "lab",
        "verify-host",
        "--library",
        &library,
        "--out",
        "sent.json",
    ];
    let output = lapbelt(folder.path(), &words);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let answer = json(&output);
    assert!(
        agreements(&answer).iter().all(|word| *word == "identical"),
        "{answer}"
    );
    assert_eq!(answer["count"], answer["agree"]);
    let sent = std::fs::read_to_string(folder.path().join("sent.json")).expect("a file");
    let sent: Value = serde_json::from_str(&sent).expect("JSON");
    let profiles = sent["profiles"].as_array().expect("profiles");
    for name in ["pure-computation.sb", "families/op-table/v1_read.sb"] {
        let one = profiles.iter().find(|one| one["name"] == name);
        let one = one.unwrap_or_else(|| panic!("{name} is not in {sent}"));
        let hex = one["theirs"]["hex"].as_str().expect("bytes");
        assert_eq!(Some(hex.len() as u64 / 2), one["theirs"]["length"].as_u64());
        assert_eq!(one["theirs"]["sha256"], one["ours"]["sha256"]);
        let source = one["source"].as_str().expect("a source");
        assert!(source.contains("(version 1)"), "{source}");
    }
    let output = lapbelt(folder.path(), &["--json", "lab", "witness", "sent.json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(json(&output)["identical"], profiles.len());
}

#[test]
fn parameters_reach_the_compiler() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = library(folder.path(), &[]).display().to_string();
    let own = "(version 1)(deny default)(allow file-read* (literal (param \"HERE\")))";
    std::fs::write(folder.path().join("own.sb"), own).expect("a profile");
    let mut words = vec!["lab", "verify-host", "own.sb", "--library", &library];
    let output = lapbelt(folder.path(), &words);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("own.sb: neither compiles it"), "{text}");
    words.extend(["-D", "HERE=/here", "--out", "sent.json"]);
    let output = lapbelt(folder.path(), &words);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("own.sb: identical"), "{text}");
    let sent = std::fs::read_to_string(folder.path().join("sent.json")).expect("a file");
    let sent: Value = serde_json::from_str(&sent).expect("JSON");
    assert_eq!(sent["profiles"][0]["params"]["HERE"], "/here");
}

#[test]
fn what_differs_is_told_with_its_meaning() {
    for (change, agreement, meaning) in [
        // Half of the slot of `default`.
        ("-DCORRUPT=14", "differs", "op table: default"),
        // The class of the first node.
        ("-DCORRUPT=0", "unexplained", ""),
        ("-DANOTHER", "differs", "node"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let library = library(folder.path(), &[change]).display().to_string();
        std::fs::write(folder.path().join("own.sb"), "(version 1)(allow default)").expect("a file");
        let words = [
            "--json",
            "lab",
            "verify-host",
            "own.sb",
            "--library",
            &library,
        ];
        let output = lapbelt(folder.path(), &words);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let answer = json(&output);
        assert!(
            agreements(&answer).contains(&agreement),
            "{change}: {answer}"
        );
        let of = |one: &&Value| one["agreement"] == agreement;
        let profiles = answer["profiles"].as_array().expect("profiles");
        let one = profiles.iter().find(of).expect("one that differs");
        let told = one["first_difference"]["meaning"]
            .as_str()
            .expect("a meaning");
        assert!(told.contains(meaning), "{change}: {told}");
    }
}

#[test]
fn a_refusal_is_told_in_the_compilers_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = library(folder.path(), &[]).display().to_string();
    std::fs::write(folder.path().join("bad.sb"), "(version 1)(allow nonsense)").expect("a file");
    let words = ["lab", "verify-host", "bad.sb", "--library", &library];
    let output = lapbelt(folder.path(), &words);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("bad.sb: neither compiles it: error"),
        "{text}"
    );

    let words = [
        "lab",
        "verify-host",
        "bad.sb",
        "-D",
        "REFUSED=1",
        "--library",
        &library,
    ];
    let output = lapbelt(folder.path(), &words);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("does not take the parameter REFUSED"),
        "{text}"
    );
}

#[test]
fn what_is_no_libsandbox_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let lacking = library(folder.path(), &["-DLACKS"]).display().to_string();
    std::fs::copy(&lacking, folder.path().join("a.bin")).expect("a copy");
    for (path, reason) in [
        (lacking.as_str(), "has no sandbox_compile_file"),
        (
            "/nonexistent/libsandbox.so",
            "cannot load /nonexistent/libsandbox.so",
        ),
        (STAND_IN, "cannot load"),
        // Here, not where the loader has its own.
        ("a.bin", "has no sandbox_compile_file"),
    ] {
        let output = lapbelt(folder.path(), &["lab", "verify-host", "--library", path]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(reason), "{text}");
    }
}
