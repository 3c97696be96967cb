//! `lapbelt lab writes` as a user runs it: our own compiler watched, and traces of the system's.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

fn lapbelt(arguments: &[&str]) -> (i32, Value, String) {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command
        .arg("--json")
        .args(arguments)
        .output()
        .expect("a run");
    let code = output.status.code().expect("an exit code");
    let answer = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (
        code,
        answer,
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

fn records(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("a trace");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"));
    lines.collect()
}

/// The profiles that are shipped.
fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles");
    let files = std::fs::read_dir(folder).expect("profiles");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sb"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// Traces profiles into a folder; says so and answers no where the host does not let us.
fn traced(mode: &str, profiles: &[PathBuf], out: &Path) -> bool {
    let mut arguments = vec!["lab", "writes", "run", "--mode", mode, "--out"];
    arguments.push(out.to_str().expect("text"));
    for path in profiles {
        arguments.extend(["--profile", path.to_str().expect("text")]);
    }
    let (code, summary, error) = lapbelt(&arguments);
    if error.contains("the system refuses") {
        lapbelt_corpus::say_skipped(&error);
        return false;
    }
    let manifest = json(&out.join("manifest.json"));
    let why = &manifest["inputs"][0]["hook"]["hook_error"];
    if why
        .as_str()
        .is_some_and(|why| why.starts_with("debug registers"))
    {
        lapbelt_corpus::say_skipped(&why.to_string());
        return false;
    }
    assert_eq!(code, 0, "{summary} {error} {manifest:#}");
    assert_eq!(summary["whole"], profiles.len());
    assert_eq!(summary, json(&out.join("summary.json")));
    true
}

/// Without the help of what was analysed: the writes over zeros are the profile. Answers the
/// records, and which bytes none of them filled.
fn rebuilt(out: &Path, id: &str) -> (Vec<Value>, Vec<bool>) {
    let blob = std::fs::read(out.join(format!("blobs/{id}.sb.bin"))).expect("a blob");
    let mut rebuilt = vec![0; blob.len()];
    let mut holes = vec![true; blob.len()];
    let records = records(&out.join(format!("traces/{id}.jsonl")));
    for record in &records {
        assert_eq!(record["input"], id);
        let number = |key: &str| record[key].as_u64().expect("a number") as usize;
        let hex = record["bytes_hex"].as_str().expect("digits");
        assert_eq!(hex.len(), 2 * number("len"));
        let at = number("cursor") + number("chunk_offset");
        for (place, digits) in (at..).zip(hex.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).expect("digits");
            rebuilt[place] = u8::from_str_radix(digits, 16).expect("a byte");
            holes[place] = false;
        }
    }
    assert!(rebuilt == blob, "{id}");
    (records, holes)
}

#[test]
fn our_compiler_is_seen_to_write_each_byte_and_both_modes_agree() {
    let (dir, profiles) = (tempfile::tempdir().expect("a directory"), shipped());
    let mut seen: Vec<Vec<Value>> = Vec::new();
    for mode in ["hw-breakpoint", "patch"] {
        let out = dir.path().join(mode);
        if !traced(mode, &profiles, &out) {
            return;
        }
        let (code, answer, error) =
            lapbelt(&["lab", "writes", "analyze", out.to_str().expect("text")]);
        assert_eq!(code, 0, "{answer:#} {error}");
        let inputs = answer["inputs"].as_array().expect("inputs");
        assert_eq!(inputs.len(), profiles.len());
        let findings = answer["findings"].as_array().expect("findings");
        assert_eq!(findings.len(), profiles.len());
        for finding in findings {
            // What our own compiler does shows nothing of the system's.
            assert_eq!(finding["tier"], "derived");
            let files = finding["inputs"].as_array().expect("inputs").iter();
            let names: Vec<_> = files.filter_map(|own| own["name"].as_str()).collect();
            assert!(names[0].ends_with(".jsonl") && names[1].ends_with(".sb.bin"));
            assert_eq!(finding["command"][2], "lab");
        }
        for input in inputs {
            let id = input["id"].as_str().expect("a name");
            assert_eq!(
                (&input["rebuilt"], &input["holes_are_padding"]),
                (&true.into(), &true.into())
            );
            let (records, holes) = rebuilt(&out, id);
            // The table ends before a boundary of 8, and nodes start there.
            let first = holes.iter().position(|hole| *hole).expect("a hole");
            let count = holes.iter().filter(|hole| **hole).count();
            assert!((390..400).contains(&first) && count < 8 && (first + count) % 8 == 0);
            let stats = json(&out.join(format!("stats/{id}.stats.json")));
            // The routine that ends the writing is called once, for the one buffer.
            let steps = stats["break_hits"].as_u64().map(|hits| hits + 1);
            assert_eq!(
                (&stats["immutable_hits"], stats["step_hits"].as_u64()),
                (&1.into(), steps)
            );
            let buf = stats["immutable_buf"].as_u64().expect("an address");
            let buf = Value::from(format!("{buf:#x}"));
            assert!(records.iter().all(|record| record["buf"] == buf), "{id}");
            assert_eq!(stats["ring_dropped"], 0);
            let triage = json(&out.join(format!("triage/{id}.json")));
            assert_eq!(triage["hook_status"], "ok");
            assert!(triage["reached"]["call_sites"].as_u64().expect("a number") > 0);
            seen.push(records);
        }
    }
    for records in &mut seen {
        for record in records {
            record["buf"] = Value::Null;
        }
    }
    let (hardware, patch) = seen.split_at(profiles.len());
    assert!(hardware == patch);
}

#[test]
fn texts_parameters_and_failures_are_told_apart() {
    let dir = tempfile::tempdir().expect("a directory");
    let list = dir.path().join("list.json");
    let text = "(version 1)(allow default)(deny file-read* (literal (param \"F\")))";
    let entry =
        |id: &str, params: Value| serde_json::json!({"id": id, "string": text, "params": params});
    let entries = [
        entry("one", serde_json::json!({"F": "/one"})),
        entry("two", serde_json::json!({"F": "/two"})),
        entry("none", serde_json::json!({})),
    ];
    std::fs::write(&list, serde_json::json!(entries).to_string()).expect("a list");
    let out = dir.path().join("out");
    let (list, folder) = (list.to_str().expect("text"), out.to_str().expect("text"));
    let run = [
        "lab", "writes", "run", "--mode", "patch", "--inputs", list, "--out", folder,
    ];
    let (code, summary, error) = lapbelt(&run);
    if error.contains("the system refuses") {
        return lapbelt_corpus::say_skipped(&error);
    }
    // The third has no parameter, so nothing is written.
    assert_eq!(
        (code, &summary["compiled"], &summary["zero_hits"]),
        (1, &2.into(), &1.into())
    );
    let manifest = json(&out.join("manifest.json"));
    let failed = &manifest["inputs"][2];
    assert_eq!(failed["compile"]["status"], "failed");
    assert_eq!(failed["trace_integrity"]["whole"], false);
    assert!(
        failed["compile"]["stderr"]
            .as_str()
            .expect("text")
            .contains("param")
    );
    let (code, ..) = lapbelt(&[&run[..], &["--allow-zero-hits"]].concat());
    assert_eq!(code, 0);

    let (code, answer, error) = lapbelt(&["lab", "writes", "join", folder, "one", "two"]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(
        (&answer["witnessed"], &answer["inferred"]),
        (&3.into(), &0.into())
    );
    for one in answer["differences"].as_array().expect("differences") {
        assert!(
            one["what"].as_str().expect("text").contains("pattern"),
            "{one}"
        );
    }
    let (code, ..) = lapbelt(&["lab", "writes", "analyze", folder, "none"]);
    assert_eq!(code, 1);
    // What an earlier run has left is no part of the last.
    assert_eq!(lapbelt(&[&run[..], &["--only-id", "two"]].concat()).0, 0);
    let (_, answer, _) = lapbelt(&["lab", "writes", "analyze", folder]);
    let ids = answer["inputs"].as_array().expect("inputs").iter();
    assert!(ids.map(|input| &input["id"]).eq(["two"]));
}

#[test]
fn findings_are_kept_and_reported() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("text").to_owned();
    // A header that is filled in at the end, and one byte that was not seen.
    let lines = |last: &str| {
        [(0, "0000"), (2, "01ff"), (5, "07"), (0, last)]
            .map(|(at, hex)| format!("{{\"buf\":\"0x10\",\"cursor\":{at},\"hex\":\"{hex}\"}}\n"))
            .concat()
    };
    for (name, first) in [("one", "0a0b"), ("two", "0a0c")] {
        std::fs::write(path(&format!("{name}.hex")), format!("{first}01ff0007\n")).expect("bytes");
        std::fs::write(path(&format!("{name}.writes.jsonl")), lines(first)).expect("writes");
    }
    let (found, joined, page) = (path("found.json"), path("joined.json"), path("page.md"));
    let folder = path("");
    let (code, answer, error) = lapbelt(&["lab", "writes", "analyze", &folder, "--out", &found]);
    // It is no profile, so nothing says that the hole is padding.
    assert_eq!(code, 1, "{error}");
    let one = &answer["inputs"][0];
    assert_eq!(one["covered"], 5, "{answer:#}");
    assert_eq!(one["hole_ranges"][0]["start"], 4);
    assert_eq!(json(Path::new(&found))["findings"], answer["findings"]);
    let finding = &answer["findings"][0];
    assert_eq!(finding["tier"], "witnessed");
    assert_eq!(
        finding["claim"],
        "one: 1 of 6 bytes were not seen to be written"
    );
    let (code, ..) = lapbelt(&[
        "lab", "writes", "join", &folder, "one", "two", "--out", &joined,
    ]);
    assert_eq!(code, 0);
    let (code, _, error) = lapbelt(&["lab", "report", &found, &joined, "--out", &page]);
    assert_eq!(code, 0, "{error}");
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(
        page.contains("one and two differ in 1 byte, 1 of them seen"),
        "{page}"
    );

    let (code, _, error) = lapbelt(&["lab", "writes", "join", &folder, "one"]);
    assert_eq!(code, 2);
    assert!(error.contains("which other"), "{error}");
}

#[test]
fn what_can_be_watched_is_said_beforehand() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("out");
    let profile = &shipped()[0];
    let (code, answer, error) = lapbelt(&[
        "lab",
        "writes",
        "run",
        "--mode",
        "triage",
        "--out",
        out.to_str().expect("text"),
        "--profile",
        profile.to_str().expect("text"),
    ]);
    assert_eq!(code, 0, "{error}");
    let name = answer["symbol"]["name"].as_str().expect("a name");
    assert!(name.contains("6Buffer5write"), "{name}");
    let modes = answer["modes"].as_array().expect("modes");
    // A routine of the program itself is no matter of the loader.
    for mode in modes {
        let is_interpose = mode["mode"] == "interpose";
        assert_eq!(mode["can_work"], !is_interpose, "{mode}");
        assert!(!is_interpose || mode["reason"] == "defined_by_the_program_itself");
    }
    // Where the system lets us look, we see where it would be, and what the region allows.
    if answer["region"].is_null() {
        lapbelt_corpus::say_skipped("the system does not let us look at a process");
    } else {
        assert_eq!(answer["region"]["protection"], "r-xp");
        assert_eq!(answer["max_protection"], "rwx");
        let number = |value: &Value| value.as_u64().expect("a number");
        let (region, address) = (&answer["region"], number(&answer["address"]));
        assert!((number(&region["start"])..number(&region["end"])).contains(&address));
    }
    // Nothing was made.
    let made = std::fs::read_dir(out.join("blobs")).expect("a folder");
    assert_eq!(made.count(), 0);
    let id = profile
        .file_stem()
        .and_then(|stem| stem.to_str())
        .expect("a name");
    assert_eq!(json(&out.join(format!("triage/{id}.json"))), answer);
}

#[test]
fn traces_of_the_systems_compiler_are_rebuilt_named_and_joined() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let folder = corpus.join("witness");
    let folder = folder.to_str().expect("text");
    let (code, answer, error) = lapbelt(&["lab", "writes", "analyze", folder]);
    assert_eq!(code, 0, "{answer:#} {error}");
    let inputs = answer["inputs"].as_array().expect("inputs");
    assert_eq!(answer["explained"], inputs.len());
    assert!(inputs.len() >= 6);
    for input in inputs {
        assert_eq!(input["rebuilt"], true, "{}", input["id"]);
        let holes = input["hole_ranges"].as_array().expect("holes");
        assert_eq!(
            (holes.len(), &holes[0]["end"]),
            (1, &400.into()),
            "{}",
            input["id"]
        );
        assert_eq!(holes[0]["what"][0], "padding to the next boundary of 8");
    }
    let (code, answer, _) = lapbelt(&["lab", "writes", "join", folder]);
    let pairs = answer["pairs"].as_array().expect("pairs");
    assert_eq!(pairs.len(), inputs.len() * (inputs.len() - 1) / 2);
    assert_eq!(code, 1);
    // One has a message filter, and so two bytes more before the padding: the others were seen to
    // write nothing there.
    for pair in pairs {
        let sides = [&pair["one"], &pair["other"]];
        let is_longer = sides.iter().any(|id| **id == "gate_airlock_minimal_file");
        let inferred = pair["inferred"].as_u64().expect("a number");
        assert_eq!((1..=2).contains(&inferred), is_longer, "{pair}");
        assert!(is_longer || inferred == 0, "{pair}");
    }
    // One is traced on both sides, the other on one only.
    let (code, answer, _) = lapbelt(&[
        "lab",
        "writes",
        "join",
        folder,
        "baseline_allow_all",
        "triple_nested_tcp",
    ]);
    assert_eq!((code, &answer["inferred"]), (0, &0.into()));
    assert!(answer["witnessed"].as_u64().expect("a number") > 50);
    let (code, answer, _) = lapbelt(&[
        "lab",
        "writes",
        "join",
        folder,
        "baseline_allow_all",
        "domain_af_inet",
    ]);
    assert_eq!(code, 1);
    assert!(answer["inferred"].as_u64().expect("a number") > 0);
}

/// Each of the profiles whose bytes the system's compiler is known to have made.
#[test]
fn each_witnessed_profile_is_rebuilt_and_the_network_matrix_witnessed() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let files = std::fs::read_dir(corpus.join("witness")).expect("a folder");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sb"));
    paths.sort();
    let entries = paths.iter().map(|path| {
        // The one that names a parameter was compiled with this.
        serde_json::json!({"file": path, "params": {"ROOT": "/private/tmp"}})
    });
    let dir = tempfile::tempdir().expect("a directory");
    let (list, out) = (dir.path().join("list.json"), dir.path().join("out"));
    let entries: Vec<Value> = entries.collect();
    std::fs::write(&list, Value::from(entries).to_string()).expect("a list");
    let [list, folder] = [&list, &out].map(|path| path.to_str().expect("text"));
    let run = ["lab", "writes", "run", "--inputs", list, "--out", folder];
    let (_, summary, error) = lapbelt(&run);
    if error.contains("the system refuses") {
        return lapbelt_corpus::say_skipped(&error);
    }
    let manifest = json(&out.join("manifest.json"));
    let inputs = manifest["inputs"].as_array().expect("inputs");
    if let Some(why) = inputs[0]["hook"]["hook_error"].as_str() {
        return lapbelt_corpus::say_skipped(why);
    }
    assert_eq!(inputs.len(), paths.len());
    let mut network = Vec::new();
    for input in inputs {
        let id = input["id"].as_str().expect("a name");
        assert_eq!(input["trace_integrity"]["whole"], true, "{id}");
        let (_, holes) = rebuilt(&out, id);
        let holes: Vec<usize> = (0..holes.len()).filter(|at| holes[*at]).collect();
        let end = holes.last().map_or(0, |last| last + 1);
        assert!(holes.len() < 8 && end.is_multiple_of(8), "{id}: {holes:?}");
        let hex = std::fs::read_to_string(corpus.join(format!("witness/{id}.hex")));
        let blob = std::fs::read(out.join(format!("blobs/{id}.sb.bin"))).expect("a blob");
        let ours: String = blob.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(ours, hex.expect("a line").trim(), "{id}");
        if ["pair_", "domain_", "type_", "proto_"]
            .iter()
            .any(|kind| id.starts_with(kind))
        {
            network.push(id);
        }
    }
    assert_eq!(summary["whole"], paths.len());
    assert!(network.len() >= 20);
    let (code, answer, error) =
        lapbelt(&[&["lab", "writes", "join", folder][..], &network].concat());
    assert_eq!(code, 0, "{answer:#} {error}");
    let pairs = answer["pairs"].as_array().expect("pairs");
    assert_eq!(pairs.len(), network.len() * (network.len() - 1) / 2);
    assert!(pairs.iter().all(|pair| pair["inferred"] == 0));
}
