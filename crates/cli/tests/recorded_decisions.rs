//! `lapbelt query --batch` gives the decisions that a macOS kernel was recorded to give.

use assert_cmd::Command;
use serde_json::{Map, Value, json};

/// Attributes of a recorded case that are values of filters. The target of a recorded
/// iokit-open-user-client is the class of the service; rules are about that of the client.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("socket_domain", "socket-domain"),
    ("socket_type", "socket-type"),
    ("socket_protocol", "socket-protocol"),
    ("iokit_user_client_class", "iokit-user-client-class"),
    ("target_relation", "target"),
];

#[test]
fn every_recorded_decision() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let cases = std::fs::read_to_string(corpus.join("runtime/cases.jsonl")).expect("cases");
    let mut lines = String::new();
    let mut expected = Vec::new();
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).expect("a case");
        let mut filters = Map::new();
        for (attribute, filter) in ATTRIBUTES {
            if let Some(text) = case["attrs"][attribute].as_str() {
                filters.insert(filter.to_string(), json!(text));
            }
        }
        let profile = corpus
            .join("runtime")
            .join(case["profile"].as_str().expect("a profile"));
        let checks = case["kernel_checks"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for (number, check) in checks.iter().enumerate() {
            let id = format!("{} #{number}", case["id"].as_str().expect("an id"));
            let line = json!({"id": id, "profile": profile, "params": case["params"],
                "operation": check["operation"], "target": check["target"], "filters": filters});
            lines.push_str(&format!("{line}\n"));
            expected.push((id, check["decision"].clone()));
        }
    }
    assert!(
        expected.len() > 100,
        "the corpus has {} checks",
        expected.len()
    );
    let folder = tempfile::tempdir().expect("a folder");
    let batch = folder.path().join("batch.jsonl");
    std::fs::write(&batch, lines).expect("a batch");
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command
        .arg("query")
        .arg("--batch")
        .arg(&batch)
        .output()
        .expect("a run");
    let text = String::from_utf8(output.stdout).expect("text");
    let answers: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), expected.len());
    let wrong: Vec<String> = answers
        .iter()
        .zip(&expected)
        .filter(|(answer, (id, decision))| answer["id"] != **id || answer["decision"] != *decision)
        .map(|(answer, (_, decision))| format!("{answer}, recorded {decision}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
