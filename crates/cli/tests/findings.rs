//! The commands of `docs/findings.md` print what it says they print.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A command of the page, with what it prints if that stands right behind it.
struct Shown {
    command: String,
    printed: Option<String>,
}

fn shown(page: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    // Text and code take turns.
    let mut parts = page.split("\n```");
    let mut text = parts.next().unwrap_or_default();
    while let Some(code) = parts.next() {
        let (language, body) = code.split_once('\n').expect("code");
        match (language, shown.last_mut()) {
            ("sh", _) => shown.push(Shown {
                command: body.to_string(),
                printed: None,
            }),
            ("", Some(last)) if text.trim().is_empty() => last.printed = Some(body.to_string()),
            _ => {}
        }
        text = parts.next().unwrap_or_default();
    }
    shown
}

#[test]
fn commands_print_what_the_page_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/findings.md")).expect("the page");
    let root = root.canonicalize().expect("the repository");
    let lapbelt = PathBuf::from(env!("CARGO_BIN_EXE_lapbelt"));
    let folder = tempfile::tempdir().expect("a directory");
    let profiles = folder.path().join("profiles");
    std::os::unix::fs::symlink(root.join("profiles"), profiles).expect("a link");
    let path = format!(
        "{}:{}",
        lapbelt.parent().expect("a folder").display(),
        std::env::var("PATH").expect("PATH")
    );
    let mut compared = 0;
    // What stands behind it no other system answers.
    let here = page
        .split("\n## Questions that only a Mac can answer")
        .next();
    for Shown { command, printed } in shown(here.expect("a page")) {
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).current_dir(folder.path());
        let output = shell.env("PATH", &path).output().expect("a run");
        let error = String::from_utf8_lossy(&output.stderr);
        // 1 is an answer, such as that two profiles differ.
        let answers = [Some(0), Some(1)];
        assert!(
            answers.contains(&output.status.code()),
            "{command}\n{error}"
        );
        if let Some(printed) = printed {
            let text = String::from_utf8_lossy(&output.stdout);
            assert_eq!(text.trim_end(), printed.trim_end(), "{command}\n{error}");
            compared += 1;
        }
    }
    assert!(compared >= 10, "only {compared} compared");
}
