//! The questions that the findings leave to a Mac: each command that is given runs, here too, and
//! each profile is asked about.

mod supervised;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use supervised::skipped;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The words of a line of shell that has no more than single quotes.
fn words(line: &str) -> Vec<String> {
    line.split_whitespace()
        .map(|word| word.trim_matches('\'').to_owned())
        .collect()
}

/// The commands of the page that begin so, without `lapbelt`.
fn commands(beginning: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/findings.md")).expect("the page");
    let lines = page.lines().filter(|line| line.starts_with(beginning));
    lines.map(|line| words(line).split_off(1)).collect()
}

#[test]
fn each_command_can_be_run() {
    if skipped() {
        return;
    }
    let commands = commands("lapbelt lab probe ");
    assert!(commands.len() > 10);
    for words in commands {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        let command = command
            .current_dir(root())
            .args(&words)
            .args(["--backend", "linux"]);
        let output = command.output().expect("a run");
        let code = output.status.code().expect("an end");
        // What Linux cannot be asked is undecided; it may differ from macOS, which `query` follows.
        assert!([0, 1, 3].contains(&code), "{words:?}: {output:?}");
        let of_macos = words.iter().any(|word| word.contains("local_name"));
        assert!(code == 3 || !of_macos, "{words:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        let tally = said.lines().last().unwrap_or_default();
        assert_eq!(tally.starts_with("0 of "), of_macos, "{words:?}: {said}");
    }
}

#[test]
fn each_profile_is_asked_about() {
    let commands = commands("lapbelt lab probe ");
    let folder = root().join("profiles/questions/decisions");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = format!("decisions/{}", name.to_string_lossy());
        let asked = commands.iter().flatten().any(|word| word.ends_with(&name));
        assert!(asked, "no command asks {name}");
    }
}
