//! `lapbelt summary` of a run, on a terminal and as a page.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

fn lapbelt(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    command
        .current_dir(folder)
        .args(words)
        .output()
        .expect("a run")
}

#[test]
fn a_run_as_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    std::fs::write(at.join("<b>&"), "b\na\n").expect("a file");
    let learnt = lapbelt(at, &["-q", "workflow", "--cmd", "sort", "--", "<b>&"]);
    assert_eq!(learnt.status.code(), Some(0), "{learnt:?}");
    let words = ["summary", "--out", "lapbelt-out", "--html", "run.html"];
    let output = lapbelt(at, &words);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("program  "));
    let page = std::fs::read_to_string(at.join("run.html")).expect("a page");
    for part in [
        "The smallest profile",
        "<svg",
        "(deny default)",
        "/&lt;b&gt;&amp;",
        "kept_required",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("<b>&") && !page.contains("http://") && !page.contains("<script"));

    let journal = at.join("lapbelt-out/phases/shrink/metrics.jsonl");
    let text = std::fs::read_to_string(&journal).expect("metrics");
    std::fs::write(&journal, format!("{text}{{\n")).expect("written");
    let output = lapbelt(at, &words);
    let line = text.lines().count() + 1;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("metrics.jsonl") && said.contains(&format!("line {line}")),
        "{said}"
    );
}
