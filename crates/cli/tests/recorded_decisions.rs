//! `lapbelt query --batch` gives the decisions that a macOS kernel was recorded to give, of profiles
//! as text and as what they compile to.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use lapbelt_blob::encode::encode;
use lapbelt_learn::source::{FileImports, evaluate_text};
use lapbelt_policy::world::{World, shipped};
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
    decide(|profile, _| profile.to_path_buf());
}

#[test]
fn every_recorded_decision_of_compiled_profiles() {
    let world = shipped("macos-14.4.1").expect("a shipped world");
    let world = world.expect("a world that parses");
    let folder = tempfile::tempdir().expect("a folder");
    let mut made = HashMap::new();
    decide(|profile, params| {
        let next = folder.path().join(format!("{}.blob", made.len()));
        let key = (profile.to_path_buf(), params.clone());
        made.entry(key)
            .or_insert_with(|| {
                std::fs::write(&next, compile(profile, params, &world)).expect("a file");
                next
            })
            .clone()
    });
}

fn compile(profile: &Path, params: &BTreeMap<String, String>, world: &World) -> Vec<u8> {
    let name = profile.display().to_string();
    let text = std::fs::read_to_string(profile).expect("a profile");
    let imports = FileImports::new(Some(profile), params);
    let evaluated = evaluate_text(&name, &text, params, &imports, world);
    let policy = evaluated.expect("a profile that evaluates").policy;
    let encoded = encode(&policy, world);
    encoded
        .unwrap_or_else(|error| panic!("{name}: {error}"))
        .bytes
}

/// Asks of each recorded case what the kernel was asked, of the profile that stands for its own.
fn decide(mut stand_in: impl FnMut(&Path, &BTreeMap<String, String>) -> PathBuf) {
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
        let params = case["params"].as_object().into_iter().flatten();
        let params = params.map(|(key, value)| (key.clone(), value.as_str().expect("text").into()));
        let params: BTreeMap<String, String> = params.collect();
        let profile = stand_in(&profile, &params);
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
