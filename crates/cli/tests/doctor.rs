//! `lapbelt doctor`: its verdict is that of a run it tries.

use assert_cmd::Command;
use serde_json::Value;

fn doctor(backend: &str) -> (Option<i32>, Value) {
    let output = Command::cargo_bin("lapbelt")
        .expect("the binary")
        .args(["--json", "doctor", "--backend", backend])
        .env("LAPBELT_SANDBOX_EXEC", "/nonexistent/sandbox-exec")
        .output()
        .expect("it runs");
    let answer = serde_json::from_slice(&output.stdout).expect("JSON");
    (output.status.code(), answer)
}

#[test]
fn this_host() {
    let (code, answer) = doctor("linux");
    let able = answer["able"].as_bool().expect("a verdict");
    assert_eq!(code, Some(if able { 0 } else { 1 }), "{answer}");
    let needed = &answer["checks"][1];
    assert_eq!(needed["name"], "seccomp user notification");
    if able {
        assert_eq!(needed["present"], true, "{answer}");
    } else {
        assert!(answer["trial"].is_string(), "{answer}");
    }
    // What is a Mac's is told apart, and takes nothing from the verdict.
    let of_macos: Vec<&str> = answer["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter(|check| check["system"] == "macos")
        .filter_map(|check| check["name"].as_str())
        .collect();
    assert_eq!(of_macos, ["sandbox-exec", "unified log", "libsandbox"]);
}

#[test]
fn a_library_is_told_from_a_file_that_is_none() {
    let none = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (library, seen) in [("/no/such.dylib", "/no/such.dylib"), (none, "cannot load")] {
        let output = Command::cargo_bin("lapbelt")
            .expect("the binary")
            .args(["--json", "doctor", "--library", library])
            .output()
            .expect("it runs");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let checks = answer["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["name"] == "libsandbox");
        let check = check.expect("a check of it");
        assert_eq!(check["present"], false, "{check}");
        assert!(
            check["seen"]
                .as_str()
                .is_some_and(|text| text.contains(seen)),
            "{check}"
        );
        assert!(check["remedy"].is_string(), "{check}");
    }
}

#[test]
fn what_is_missing_comes_with_a_remedy() {
    let (code, answer) = doctor("macos");
    assert_eq!(code, Some(1));
    let check = &answer["checks"][0];
    assert_eq!(check["present"], false);
    assert!(
        check["remedy"]
            .as_str()
            .is_some_and(|text| text.contains("LAPBELT_SANDBOX_EXEC"))
    );
    assert!(
        answer["trial"]
            .as_str()
            .is_some_and(|text| text.contains("/nonexistent"))
    );
    let checks = answer["checks"].as_array().expect("checks");
    let access = checks.iter().find(|check| check["name"] == "log access");
    assert_eq!(access.expect("a check of it")["present"], false);
}
