//! Bad input: one paragraph with a cause and a next step, exit 2, nothing half-written.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// Runs in a folder of its own and answers with exit code and standard error.
fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command
        .current_dir(folder)
        .args(args)
        .output()
        .expect("a run");
    let text = String::from_utf8(output.stderr).expect("text");
    (output.status.code().expect("an exit code"), text)
}

/// The errors that a command answers with where JSON is asked for.
fn errors(folder: &Path, args: &[&str]) -> Vec<Value> {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command
        .current_dir(folder)
        .args(args)
        .arg("--json")
        .output();
    let output = output.expect("a run");
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    let told = String::from_utf8(output.stderr).expect("text");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("one value of JSON");
    let errors = answer["errors"].as_array().expect("a list").clone();
    for error in &errors {
        let message = error["message"].as_str().expect("a message");
        assert!(told.contains(message), "{told}");
    }
    errors
}

#[test]
fn the_formats_of_lint_and_fmt_have_errors_too() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("open.sb"), "(version 1)\n(allow\n").expect("a file");
    let answer = |args: &[&str]| -> Value {
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        let output = command.current_dir(folder.path()).args(args).output();
        let output = output.expect("a run");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        serde_json::from_slice(&output.stdout).expect("one value of JSON")
    };
    let lint = ["lint", "--format", "json", "open.sb"];
    for (option, name) in [
        ("--world", "world"),
        ("--allow", "lint"),
        ("--deny", "lint"),
    ] {
        let answer = answer(&[lint.as_slice(), &[option, "nosuch"]].concat());
        let message = answer["errors"][0]["message"].as_str().expect("a message");
        assert!(
            message.contains(&format!("no {name} is called")),
            "{message}"
        );
    }
    let answer = answer(&["fmt", "--json", "open.sb"]);
    let error = &answer[0]["errors"][0];
    assert_eq!(answer[0]["file"], "open.sb");
    assert_eq!(
        (&error["file"], &error["line"], &error["column"]),
        (&"open.sb".into(), &2.into(), &1.into())
    );
}

#[test]
fn errors_are_json_where_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
    write("good.sb", "(version 1)\n(deny default)\n");
    write("bad.sb", "(version 1)\n(deny defualt)\n");
    for args in [
        &["compile", "bad.sb", "-o", "out"][..],
        &["query", "bad.sb", "process-fork"],
        &["diff", "good.sb", "bad.sb"],
        &["expand", "bad.sb"],
        &["workflow", "--profile", "bad.sb", "--cmd", "true"],
    ] {
        let place = serde_json::json!({
            "message": "unknown operation `defualt`", "level": "error",
            "code": "unknown-operation", "file": "bad.sb", "line": 2, "column": 7,
            "help": "did you mean `default`?"});
        assert_eq!(errors(folder, args), [place], "{args:?}");
    }
    let file = |args: &[&str]| errors(folder, args)[0]["file"].clone();
    assert_eq!(file(&["decode", "bad.sb"]), "bad.sb");
    assert_eq!(file(&["decode", "absent"]), "absent");
    assert_eq!(file(&["query", "absent", "process-fork"]), "absent");
    assert_eq!(file(&["lint", "absent"]), "absent");
    write("no.layout", "{}");
    write("denials", "x\n");
    assert_eq!(file(&["decode", "--layout", "absent", "bad.sb"]), "absent");
    assert_eq!(
        file(&["decode", "--layout", "no.layout", "bad.sb"]),
        "no.layout"
    );
    assert_eq!(file(&["world", "extract", "bad.sb"]), "bad.sb");
    let line = |args: &[&str]| {
        let error = &errors(folder, args)[0];
        (error["file"].clone(), error["line"].clone())
    };
    assert_eq!(
        line(&["world", "check", "bad.sb"]),
        ("bad.sb".into(), 1.into())
    );
    assert_eq!(line(&["suggest", "denials"]), ("denials".into(), 1.into()));
    // Not about a file.
    assert_eq!(file(&["query", "good.sb", "process-frok"]), Value::Null);
    // What the format cannot hold is told with the place of the rule.
    let long = "x".repeat(70_000);
    write(
        "long.sb",
        &format!("(version 1)\n(allow file-read* (literal \"/{long}\"))\n"),
    );
    let error = &errors(folder, &["compile", "long.sb", "-o", "out"])[0];
    assert_eq!(
        (&error["file"], &error["line"]),
        (&"long.sb".into(), &2.into())
    );
}

fn assert_nothing_written(folder: &Path) {
    assert!(
        !folder.join("lapbelt-out").exists(),
        "a run directory was left behind"
    );
}

#[test]
fn a_missing_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = run(
        folder.path(),
        &["workflow", "--cmd", "no-such-program-here"],
    );
    assert_eq!(code, 2);
    assert!(
        text.contains("no program no-such-program-here in PATH"),
        "{text}"
    );
    let (code, text) = run(folder.path(), &["workflow", "--cmd", "./absent"]);
    assert_eq!(code, 2);
    assert!(
        text.contains("./absent") && text.contains("check the path"),
        "{text}"
    );
    assert_nothing_written(folder.path());
}

#[test]
fn something_that_is_no_program() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("notes.txt"), "hello").expect("a file");
    let (code, text) = run(folder.path(), &["workflow", "--cmd", "./notes.txt"]);
    assert_eq!(code, 2);
    assert!(
        text.contains("not an executable file") && text.contains("chmod +x"),
        "{text}"
    );
    assert_nothing_written(folder.path());
}

#[test]
fn a_program_that_fails_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = run(folder.path(), &["workflow", "--cmd", "/bin/false"]);
    assert_eq!(code, 2);
    assert!(
        text.contains("fails with exit status 1 without any sandbox"),
        "{text}"
    );
    assert!(text.contains("--success-cmd"), "{text}");
}

#[test]
fn a_profile_with_a_syntax_error_or_an_unknown_operation() {
    let folder = tempfile::tempdir().expect("a folder");
    for (text, place, words) in [
        (
            "(version 1)\n(allow default\n",
            "bad.sb:2:1",
            "opened here and never closed",
        ),
        (
            "(version 1)\n(allow file-raed*)\n",
            "bad.sb:2:8",
            "did you mean `file-read*`?",
        ),
        (
            "(version 1)\n(allow file-read* (subpath (param \"X\")))\n",
            "bad.sb:2:",
            "pass it with -D X=VALUE",
        ),
    ] {
        std::fs::write(folder.path().join("bad.sb"), text).expect("a profile");
        for command in [
            &["trace", "--profile", "bad.sb", "--cmd", "/bin/true"][..],
            &["shrink", "--profile", "bad.sb", "--cmd", "/bin/true"],
            &["query", "bad.sb", "file-read-data", "/x"],
        ] {
            let (code, shown) = run(folder.path(), command);
            assert_eq!(code, 2, "{command:?}: {shown}");
            assert!(
                shown.contains(place) && shown.contains(words),
                "{command:?}: {shown}"
            );
        }
        let (code, shown) = run(folder.path(), &["exec", "-f", "bad.sb", "/bin/true"]);
        assert_eq!(code, 65, "as sandbox-exec: {shown}");
        assert_nothing_written(folder.path());
    }
}

#[test]
fn a_folder_that_cannot_be_written_or_is_not_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let true_in = |out: &str| {
        run(
            folder.path(),
            &["workflow", "--cmd", "/bin/true", "--out", out],
        )
    };
    let (code, text) = true_in("/proc/nowhere");
    assert_eq!(code, 2);
    assert!(text.contains("cannot create /proc/nowhere"), "{text}");
    std::fs::create_dir(folder.path().join("mine")).expect("a folder");
    std::fs::write(folder.path().join("mine/letter.txt"), "dear").expect("a file");
    let (code, text) = true_in("mine");
    assert_eq!(code, 2);
    assert!(
        text.contains("not a run of ours") && text.contains("--out"),
        "{text}"
    );
    assert!(folder.path().join("mine/letter.txt").exists());
}

#[test]
fn lines_that_are_no_violations() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("v.ndjson"), "\n{}\n").expect("a file");
    let (code, text) = run(folder.path(), &["suggest", "v.ndjson"]);
    assert_eq!(code, 2);
    assert!(
        text.contains("v.ndjson:2:2: missing field") && text.contains("exec --violations"),
        "{text}"
    );
    assert!(!text.contains("at line"), "{text}");
    let mut command = Command::cargo_bin("lapbelt").expect("the command");
    let output = command.args(["suggest", "-"]).write_stdin("{}\n").output();
    let text = String::from_utf8(output.expect("it runs").stderr).expect("text");
    assert!(text.contains("<stdin>:1:2: missing field"), "{text}");
}

#[test]
fn a_run_that_cannot_be_resumed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = run(folder.path(), &["workflow", "--resume", "nothing-here"]);
    assert_eq!(code, 2);
    assert!(text.contains("run.json"), "{text}");
    let (_, text) = run(folder.path(), &["summary", "--out", "nothing-here"]);
    assert!(text.contains("holds no run, as"), "{text}");
    for (verb, option) in [
        ("shrink", ["--profile", "x.sb"]),
        ("workflow", ["--success-cmd", "true"]),
        ("trace", ["--linger", "7"]),
        ("workflow", ["--strategy", "stepwise"]),
        ("workflow", ["--max-iters", "7"]),
        ("shrink", ["--out", "elsewhere"]),
    ] {
        let words = [&[verb, "--resume", "nothing-here"], &option[..]].concat();
        let (code, text) = run(folder.path(), &words);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("cannot be used with"), "{text}");
    }
}

#[test]
fn an_answer_that_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("p.sb"), "(version 1)(deny default)").expect("a file");
    for args in [
        &["expand", "p.sb"][..],
        &["compile", "p.sb", "-o", "-"],
        &["world", "list"],
        &["lint", "--help"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_lapbelt"))
            .current_dir(folder.path())
            .args(args)
            .stdout(full.expect("a device that is full"))
            .output()
            .expect("it starts");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains("could not be written"), "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), "").expect("a file");
    std::fs::write(folder.path().join("good.sb"), "(version 1)").expect("a file");
    for (args, wanted) in [
        (
            &["workflow", "--out", "file", "--cmd", "true"][..],
            "file is a file and no folder",
        ),
        (
            &["workflow", "--out", "file/x", "--cmd", "true"],
            "file is a file and no folder",
        ),
        (
            &["shrink", "--profile", "none.sb", "--cmd", "true"],
            "check the name",
        ),
        (
            &["shrink", "--profile", "no/none.sb", "--cmd", "true"],
            "no folder no: make it",
        ),
        (&["lint", "none.sb"], "check the name"),
        (&["lint", "file/x.sb"], "file is a file and no folder"),
        (&["expand", "."], "it is a folder: name a file"),
        (
            &["compile", "good.sb", "-o", "no/out"],
            "no folder no: make it",
        ),
    ] {
        let (code, text) = run(folder.path(), args);
        assert_eq!(code, 2, "{args:?}: {text}");
        assert!(text.contains(wanted), "{args:?}: {text}");
        assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    }
    assert_nothing_written(folder.path());
}
