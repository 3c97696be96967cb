//! `lapbelt lint` as a user runs it.
//!
//! Each `lint/NAME.sb` says in its first line how it is run, `%` being the file itself, and
//! `lint/NAME.out` is what came of it. `LAPBELT_REWRITE=1` writes the outcomes anew; one without a
//! profile is stale.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint")
}

fn rewrites() -> bool {
    std::env::var_os("LAPBELT_REWRITE").is_some_and(|value| value == "1")
}

fn named(extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("the folder of cases");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

fn lapbelt(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command
        .current_dir(folder)
        .args(args)
        .output()
        .expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

/// Runs a case on a copy, so that it may be mended.
fn outcome(name: &str) -> String {
    let scratch = tempfile::tempdir().expect("a folder");
    let file = format!("{name}.sb");
    let text = fs::read_to_string(folder().join(&file)).expect("a case");
    let line = text.lines().next().unwrap_or_default();
    let run = line.strip_prefix("; RUN: lapbelt ");
    let run = run.unwrap_or_else(|| panic!("{file}: the first line is no `; RUN: lapbelt …`"));
    fs::write(scratch.path().join(&file), &text).expect("a copy");
    let args: Vec<&str> = run
        .split(' ')
        .map(|word| if word == "%" { file.as_str() } else { word })
        .collect();
    let (code, out, err) = lapbelt(scratch.path(), &args);
    let mut outcome = format!("exit {code}\n");
    for (what, said) in [("standard output", &out), ("standard error", &err)] {
        if !said.is_empty() {
            outcome.push_str(&format!("\n== {what}\n{said}"));
        }
    }
    let after = fs::read_to_string(scratch.path().join(&file)).expect("the copy");
    if after != text {
        outcome.push_str(&format!("\n== the file\n{after}"));
    }
    let left: Vec<_> = fs::read_dir(scratch.path()).expect("the folder").collect();
    assert_eq!(left.len(), 1, "{name} leaves files behind");
    outcome
}

#[test]
fn every_case_comes_out_as_recorded() {
    let cases = named("sb");
    let mut wrong = Vec::new();
    for name in &cases {
        let (outcome, path) = (outcome(name), folder().join(format!("{name}.out")));
        if rewrites() {
            fs::write(&path, &outcome).expect("a recorded outcome");
        } else if fs::read_to_string(&path).unwrap_or_default() != outcome {
            wrong.push(format!("{name}:\n{outcome}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let stale: Vec<String> = named("out").difference(&cases).cloned().collect();
    assert!(stale.is_empty(), "outcomes without a profile: {stale:?}");
}

#[test]
fn every_lint_has_a_case() {
    let (code, list, _) = lapbelt(&folder(), &["lint", "--explain", "list", "--json"]);
    assert_eq!(code, 0);
    let list: Value = serde_json::from_str(&list).expect("JSON");
    let lints = list["lints"].as_array().expect("lints");
    assert!(lints.len() >= 28, "{} lints", lints.len());
    let cases = named("sb");
    for lint in lints {
        let name = lint["name"].as_str().expect("a name");
        assert!(cases.contains(name), "no case lint/{name}.sb");
        let outcome = fs::read_to_string(folder().join(format!("{name}.out"))).unwrap_or_default();
        let code = lint["code"].as_str().expect("a code");
        assert!(
            outcome.contains(code),
            "{name}.sb does not find {code}:\n{outcome}"
        );
    }
}

#[test]
fn the_page_of_lints_is_fresh() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lints.md");
    let (code, made, _) = lapbelt(&folder(), &["lint", "--explain", "all"]);
    assert_eq!(code, 0);
    if rewrites() {
        fs::write(&page, &made).expect("the page");
    }
    let there = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        there == made,
        "docs/lints.md is stale: run this test with LAPBELT_REWRITE=1"
    );
    let (_, json, _) = lapbelt(&folder(), &["lint", "--explain", "all", "--json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let lints = json["lints"].as_array().expect("lints");
    let explained = |lint: &Value| {
        lint["explanation"]
            .as_str()
            .is_some_and(|it| !it.is_empty())
    };
    assert_eq!(lints.len(), there.matches("\n## ").count());
    assert!(lints.iter().all(explained));
}

#[test]
fn json_has_a_line_and_a_message_for_each_finding() {
    let profile = "sarif.sb";
    let (code, out, _) = lapbelt(&folder(), &["lint", "--profile", profile, "--json"]);
    assert_eq!(code, 1);
    let value: Value = serde_json::from_str(&out).expect("JSON");
    let findings = value["findings"].as_array().expect("findings");
    assert!(findings.len() >= 3, "{out}");
    for finding in findings {
        assert_eq!(finding["file"], profile);
        assert!(
            finding["line"].is_u64() && finding["column"].is_u64(),
            "{finding}"
        );
        assert!(
            finding["message"].is_string() && finding["code"].is_string(),
            "{finding}"
        );
    }
}

#[test]
fn sarif_is_what_the_standard_asks_for() {
    let schema = fs::read_to_string(folder().join("sarif-2.1.0.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a good schema");
    let (code, out, _) = lapbelt(&folder(), &["lint", "sarif.sb", "--format", "sarif"]);
    assert_eq!(code, 1);
    let log: Value = serde_json::from_str(&out).expect("JSON");
    let errors: Vec<String> = validator.iter_errors(&log).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));

    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert!(results.len() >= 3, "{out}");
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    // The path stands behind `ä`, two bytes and one character.
    let alias = results
        .iter()
        .find(|result| result["ruleId"] == "LB201")
        .expect("LB201");
    let region = &alias["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startColumn"], 34, "{region}");
    let replaced = &alias["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replaced["deletedRegion"], *region);
    assert_eq!(replaced["insertedContent"]["text"], "\"/private/tmp/ä\"");
}

#[test]
fn several_files_and_the_worst_of_them() {
    let (code, out, _) = lapbelt(&folder(), &["lint", "path-alias.sb", "clean.sb"]);
    assert_eq!((code, out.contains("path-alias.sb:4")), (1, true), "{out}");
    let (code, out, err) = lapbelt(
        &folder(),
        &["lint", "clean.sb", "no-such.sb", "path-alias.sb"],
    );
    assert_eq!(code, 2);
    assert!(
        out.contains("LB201") && err.contains("no-such.sb"),
        "{out}{err}"
    );
}

#[test]
fn a_lint_that_does_not_exist_is_an_error() {
    for args in [
        ["--explain", "LB999"],
        ["--allow", "LB999"],
        ["--deny", "nothing"],
    ] {
        let mut all = vec!["lint"];
        all.extend(args);
        if args[0] != "--explain" {
            all.push("clean.sb");
        }
        let (code, _, err) = lapbelt(&folder(), &all);
        assert_eq!(code, 2, "{args:?}");
        assert!(err.contains("no lint is called"), "{err}");
    }
}

#[test]
fn mending_keeps_permissions_and_links() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = tempfile::tempdir().expect("a folder");
    let file = scratch.path().join("real.sb");
    fs::copy(folder().join("old-name.sb"), &file).expect("a copy");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("permissions");
    std::os::unix::fs::symlink("real.sb", scratch.path().join("link.sb")).expect("a link");
    let (code, _, err) = lapbelt(scratch.path(), &["lint", "--fix", "link.sb"]);
    assert_eq!(code, 0, "{err}");
    let text = fs::read_to_string(&file).expect("the file");
    assert!(text.contains("ipc-posix-shm*"), "{text}");
    let mode = fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let link = fs::symlink_metadata(scratch.path().join("link.sb")).expect("the link");
    assert!(link.file_type().is_symlink());
}
