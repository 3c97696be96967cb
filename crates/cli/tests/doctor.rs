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
}
