//! `lapbelt lab probe`: what the system decided, beside what the policy says.

mod supervised;

use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use supervised::skipped;

/// A run in a folder of its own; `None` where this kernel cannot supervise.
fn probe(profile: &str, args: &[&str]) -> Option<(Output, tempfile::TempDir)> {
    if skipped() {
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let text = profile.replace("HERE", &folder.path().display().to_string());
    std::fs::write(folder.path().join("p.sb"), text).expect("a profile");
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command
        .current_dir(folder.path())
        .args(["lab", "probe", "p.sb", "--backend", "linux"])
        .args(args)
        .output();
    Some((output.expect("a run"), folder))
}

#[test]
fn the_rules_say_what_to_ask() {
    let profile = "(version 1)(deny default)(allow file-write* (subpath \"HERE\"))\
                   (allow file-read-data (literal \"/etc/passwd\"))\
                   (allow process-exec* (literal \"/usr/bin/env\"))";
    let Some((output, folder)) = probe(profile, &["--json", "--out", "records.jsonl"]) else {
        return;
    };
    // Some of what suits the rules cannot be tried, such as to create what is there.
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let records = answer["records"].as_array().expect("records");
    let of = |operation: &str, target: &str| {
        let found = records.iter().find(|one| {
            one["operation"] == operation
                && one["target"]
                    .as_str()
                    .is_some_and(|own| own.ends_with(target))
        });
        found.unwrap_or_else(|| panic!("no {operation} {target} in {answer}"))
    };
    let created = of("file-write-create", "/lapbelt-probe");
    assert_eq!(
        (&created["record"], &created["observed"]),
        (&"case".into(), &"allow".into())
    );
    assert_eq!(created["predicted"]["agrees"], true);
    assert_eq!(
        of("file-write-unlink", "/lapbelt-probe")["observed"],
        "allow"
    );
    assert_eq!(of("file-read-data", "/etc/passwd")["observed"], "allow");
    // It ends the program that asks.
    assert_eq!(of("process-exec*", "/usr/bin/env")["observed"], "allow");
    let lines = std::fs::read_to_string(folder.path().join("records.jsonl")).expect("a file");
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(&lines, records);
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        2
    );
}

#[test]
fn what_cannot_be_told_is_undecided() {
    let args = [
        "--operation",
        "file-read-data",
        "--target",
        "/nonexistent/file",
    ];
    let Some((output, _folder)) = probe("(version 1)(allow default)", &args) else {
        return;
    };
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("it ends the same with no policy in force"),
        "{text}"
    );
}

#[test]
fn a_family_is_all_that_can_be_tried_of_it() {
    let args = [
        "--operation",
        "file-read*",
        "--target",
        "/etc/passwd",
        "--json",
    ];
    let profile = "(version 1)(allow default)(deny file-read-metadata)";
    let Some((output, _folder)) = probe(profile, &args) else {
        return;
    };
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let records = answer["records"].as_array().expect("records").iter();
    let seen: Vec<(&str, &str)> = records
        .filter_map(|one| Some((one["operation"].as_str()?, one["observed"].as_str()?)))
        .collect();
    let wanted = [
        ("file-read-data", "allow"),
        ("file-read-metadata", "deny"),
        ("file-read-xattr", "allow"),
    ];
    assert_eq!(seen, wanted);
}

#[test]
fn an_operation_that_cannot_be_tried_is_refused() {
    let args = ["--operation", "file-chroot", "--target", "/"];
    let Some((output, _folder)) = probe("(version 1)(allow default)", &args) else {
        return;
    };
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("no way to try `file-chroot` is known"),
        "{text}"
    );
}

#[test]
fn a_compiled_profile_can_be_asked() {
    let args = ["--operation", "file-read-data", "--target", "/etc/passwd"];
    let profile = "(version 1)(allow default)(deny file-read* (literal \"/private/etc/passwd\"))";
    let Some((_, folder)) = probe(profile, &args) else {
        return;
    };
    let lapbelt = |words: &[&str]| {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        let run = command.current_dir(folder.path()).args(words).output();
        run.expect("a run")
    };
    lapbelt(&["compile", "p.sb", "-o", "p.bin"]);
    let mut words = vec!["lab", "probe", "p.bin", "--backend", "linux"];
    words.extend(args);
    let output = lapbelt(&words);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.starts_with("deny file-read-data /etc/passwd"),
        "{output:?}"
    );
}

/// The functions of macOS by which names are asked for, as far as an attempt uses them.
const NAMES: &str = r#"
#include <stddef.h>
#include <errno.h>
#include <string.h>
unsigned bootstrap_port = 7;
int bootstrap_look_up(unsigned port, const char *name, unsigned *service) {
    if (port != 7) return 1;
    *service = 9;
    return strcmp(name, "known") == 0 ? 0 : strcmp(name, "refused") == 0 ? 1100 : 1102;
}
int sysctlbyname(const char *name, void *old, size_t *length, void *value, size_t size) {
    if (strcmp(name, "kern.known") == 0 && !old && !value && !size) return *length = 8, 0;
    errno = EPERM;
    return -1;
}
"#;

#[test]
fn names_are_asked_for_as_on_macos() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, library) = (
        folder.path().join("names.c"),
        folder.path().join("names.so"),
    );
    std::fs::write(&source, NAMES).expect("a file");
    let mut compiler = std::process::Command::new("cc");
    let compiler = compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source);
    assert!(compiler.status().expect("a C compiler").success());
    for (operation, target, answer) in [
        ("mach-lookup", "known", "done"),
        ("mach-lookup", "refused", "code 1100"),
        ("mach-lookup", "nobody", "code 1102"),
        ("sysctl-read", "kern.known", "done"),
        ("sysctl-read", "kern.refused", "errno 1"),
    ] {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        let command = command.args(["lab", "try", operation, target]);
        let output = command.env("LD_PRELOAD", &library).output().expect("a run");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said, format!("asking\n{answer}\n"), "{operation} {target}");
    }
}
