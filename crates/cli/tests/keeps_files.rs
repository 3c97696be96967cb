//! Whatever a program does to files that were there before, learning its profile destroys none.

mod learning;
mod supervised;

use learning::learn;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use supervised::skipped;

/// The contents of all files below a folder that are not of the run.
fn contents(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("lapbelt-out") {
            found.extend(contents(&path));
        } else if path.is_file() {
            found.push(fs::read_to_string(&path).expect("text"));
        }
    }
    found
}

#[test]
fn what_a_program_takes_away_is_told_and_nothing_else_is_removed() {
    if skipped() {
        return;
    }
    for script in [
        "mv data sub/",
        "mv data data~; echo new > data",
        "cp data new; rm data; mv new data",
        "gzip -f data",
        "ln data sub/link; rm data",
        "ln data link; rm data; ln link data; rm link",
        "test -e data && mv data sub/; true",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("sub")).expect("a folder");
        fs::write(folder.path().join("data"), "precious").expect("a file");
        let (code, text) = learn(folder.path(), &[], script);
        assert_eq!(code, 2, "{script}: {text}");
        assert!(
            text.contains("deleted or renamed") && text.contains("--fresh-cmd"),
            "{text}"
        );
        if script.starts_with("gzip") {
            assert!(folder.path().join("data.gz").exists(), "{script}");
        } else {
            let found = contents(folder.path());
            assert!(
                found.iter().any(|text| text == "precious"),
                "{script}: {found:?}"
            );
        }
    }
}

#[test]
fn what_a_name_holds_reaches_no_terminal() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let name = OsStr::from_bytes(b"a\n\x1b[2J\xff");
    fs::write(folder.path().join(name), "").expect("a file");
    let (code, text) = learn(folder.path(), &[], "rm a*");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains(r"/a\n\u{1b}[2J\xff, which"), "{text}");
}

#[test]
fn what_goes_away_and_comes_back_is_not_taken_away() {
    if skipped() {
        return;
    }
    for (script, code) in [
        ("mv data new; mv new data", 0),
        ("mv data new; mv new newer; mv newer data", 0),
        ("mv sub other; mv other sub", 0),
        ("echo x > sub/new && mv data sub/new && mv sub/new data", 0),
        ("mv data new; mv new data; mv data new", 2),
        ("mv data new; cp new data; rm new", 2),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("sub")).expect("a folder");
        fs::write(folder.path().join("data"), "precious").expect("a file");
        let (ended, text) = learn(folder.path(), &[], script);
        assert_eq!(ended, code, "{script}: {text}");
        assert_eq!(contents(folder.path()), ["precious"], "{script}");
    }
}

#[test]
fn with_a_way_back_such_a_program_can_be_learnt() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data"), "precious").expect("a file");
    let script = "if test -f data; then rm data && : > gone; else test -f gone; fi";
    let (code, text) = learn(
        folder.path(),
        &["--fresh-cmd", "echo precious > data"],
        script,
    );
    assert_eq!(code, 0, "{text}");
    let profile = folder.path().join("lapbelt-out/profiles/shrunk.sb");
    let profile = fs::read_to_string(profile).expect("a profile");
    assert!(profile.contains("file-write-unlink"), "{profile}");
}

#[test]
fn what_a_killed_run_left_behind_is_removed_by_the_next() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = "echo x > out && sleep 0.2";
    let mut first = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
        .current_dir(folder.path())
        .args(["workflow", "--cmd", "/bin/sh", "--", "-c", script])
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a run");
    let out = folder.path().join("out");
    while !out.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // The list of what was created is written behind the program's back.
    std::thread::sleep(Duration::from_millis(100));
    first.kill().expect("it still runs");
    first.wait().expect("an end");
    let (code, text) = learn(folder.path(), &[], script);
    assert_eq!(code, 0, "{text}");
    assert!(!out.exists(), "left behind");
    let profile = folder.path().join("lapbelt-out/profiles/shrunk.sb");
    let profile = fs::read_to_string(profile).expect("a profile");
    assert!(profile.contains("(allow file-write-create"), "{profile}");
}

#[test]
fn another_name_of_a_file_that_the_program_makes_is_taken_away_again() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data"), "precious").expect("a file");
    let (code, text) = learn(folder.path(), &[], "rm -f link; ln data link");
    assert_eq!(code, 0, "{text}");
    assert!(!folder.path().join("link").exists(), "left behind");
    assert_eq!(contents(folder.path()), ["precious"]);
}

#[test]
fn shared_memory_that_a_refused_run_leaves_is_taken_away_again() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // Each run makes it anew, or fails.
    let name = format!("/dev/shm/lapbelt-{}", std::process::id());
    let script = format!("set -C; : > {name} && rm {name}");
    let (code, text) = learn(folder.path(), &[], &script);
    assert_eq!(code, 0, "{text}");
    assert!(!Path::new(&name).exists(), "left behind");
    let profile = folder.path().join("lapbelt-out/profiles/shrunk.sb");
    let profile = fs::read_to_string(profile).expect("a profile");
    assert!(profile.contains("ipc-posix-shm-write-unlink"), "{profile}");
}

#[test]
fn a_program_is_called_by_the_name_it_was_given() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["sh", "/bin/sh"] {
        let script = format!("test \"$0\" = {name}");
        let status = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
            .current_dir(folder.path())
            .args(["-q", "workflow", "--cmd", name, "--", "-c", &script])
            .status();
        assert!(status.expect("a run").success(), "{name}");
    }
}

#[test]
fn a_profile_learnt_from_one_with_imports_reads_where_it_is_written() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("given")).expect("a folder");
    for (name, text) in [
        ("a.sb", "(version 1)\n(deny default)\n(import \"b.sb\")\n"),
        (
            "b.sb",
            "(if (param \"ALL\") (import \"c.sb\"))\n(allow process*)\n",
        ),
        ("c.sb", "(allow file-read-data (literal (param \"ALL\")))\n"),
    ] {
        fs::write(at("given").join(name), text).expect("a profile");
    }
    fs::write(at("data"), "").expect("a file");
    let options = ["--profile", "given/a.sb", "-D", "ALL=/nowhere"];
    let (code, text) = learn(folder.path(), &options, "read line < data; test -f data");
    assert_eq!(code, 0, "{text}");
    fs::remove_dir_all(at("given")).expect("it is ours");
    for (path, wanted) in [("/nowhere", Some(0)), ("/elsewhere", Some(1))] {
        let status = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
            .current_dir(folder.path())
            .args([
                "-q",
                "query",
                "lapbelt-out/profiles/trace.sb",
                "file-read-data",
                path,
            ])
            .stdout(Stdio::null())
            .status();
        assert_eq!(status.expect("an answer").code(), wanted, "{path}");
    }
}

#[test]
fn a_learnt_profile_outlives_a_run_that_comes_to_nothing() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let learnt = |options: &[&str], script| learn(folder.path(), options, script);
    let out = folder.path().join("lapbelt-out");
    let earlier = out.join("earlier");
    assert_eq!(learnt(&[], "true").0, 0);
    for _ in 0..2 {
        let (code, text) = learnt(&["--max-iters", "1"], "true");
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("is kept in"), "{text}");
        assert!(earlier.join("profiles/shrunk.sb").exists());
    }
    // What found nothing takes the place of nothing.
    let (code, text) = learnt(&[], "exit 4");
    assert_eq!(code, 2, "{text}");
    assert!(!text.contains("is kept in"), "{text}");
    assert!(!earlier.exists() && out.join("profiles/shrunk.sb").exists());
    assert_eq!(learnt(&[], "true").0, 0);
    assert!(!earlier.exists(), "another succeeded");
}

#[test]
fn a_workflow_is_shrunk_on_from_what_it_learnt() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = learn(folder.path(), &[], "true");
    assert_eq!(code, 0, "{text}");
    let shrunk = || fs::read_to_string(folder.path().join("lapbelt-out/profiles/shrunk.sb"));
    let before = shrunk().expect("a profile");
    // Of what is set for other runs, only what is not used is told of.
    for (out, told) in [("lapbelt-out", false), ("elsewhere", true)] {
        let output = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
            .current_dir(folder.path())
            .args(["shrink", "--resume", "lapbelt-out"])
            .env("OUT_DIR", out)
            .env("MAX_ITERS", "7")
            .output()
            .expect("a run");
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(text.contains("passed over OUT_DIR"), told, "{text}");
        assert_eq!(shrunk().expect("a profile"), before);
    }
}

#[test]
fn a_shrink_that_fails_names_nothing_of_an_earlier_run() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = learn(folder.path(), &[], "true");
    assert_eq!(code, 0, "{text}");
    let lapbelt = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_lapbelt"))
            .current_dir(folder.path())
            .args(args)
            .output()
            .expect("a run")
    };
    let run = || -> serde_json::Value {
        let text = fs::read(folder.path().join("lapbelt-out/run.json")).expect("a manifest");
        serde_json::from_slice(&text).expect("JSON")
    };
    fs::write(folder.path().join("other.sb"), "(version 1)(deny default)").expect("a file");
    let output = lapbelt(&["shrink", "--profile", "other.sb", "--cmd", "/bin/true"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let failed = run();
    assert_eq!(failed["trace"]["status"], "unknown", "{failed:#}");
    let shrunk = &failed["paths"]["profiles"]["shrunk"];
    assert_eq!(*shrunk, serde_json::Value::Null);
    assert!(
        !failed["digests"].to_string().contains("lapbelt-out"),
        "{failed:#}"
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        !text.contains("shrunk.sb") && !text.contains("trace.sb"),
        "{text}"
    );
    // Nor is there a list of candidates where none was tried.
    let trace = [
        "trace",
        "--profile",
        "new.sb",
        "--out",
        "traced",
        "--cmd",
        "/bin/true",
    ];
    assert!(lapbelt(&trace).status.success());
    let run = fs::read_to_string(folder.path().join("traced/run.json")).expect("a manifest");
    assert!(run.contains("phases/trace/metrics.jsonl"), "{run}");
    assert!(!run.contains("phases/shrink/metrics.jsonl"), "{run}");
}

#[test]
fn what_a_run_without_a_sandbox_makes_is_removed_too() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("count"), "").expect("a file");
    let script = "echo x >> count; [ $(wc -l < count) -gt 1 ] || exit 7; echo data > got";
    let (code, text) = learn(folder.path(), &[], script);
    assert_eq!(code, 0, "{text}");
    assert!(!folder.path().join("got").exists(), "left behind");
    let profile = folder.path().join("lapbelt-out/profiles/shrunk.sb");
    let profile = fs::read_to_string(profile).expect("a profile");
    assert!(profile.contains("(allow file-write-create"), "{profile}");
}

#[test]
fn what_a_run_that_is_cut_short_moved_away_is_put_back() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data"), "precious").expect("a file");
    let linking = "ln data away && rm data; sleep 600; ln away data; rm away";
    let script = "mv data away; sleep 600; mv away data";
    for script in [linking, script] {
        let (code, text) = learn(folder.path(), &["--timeout", "0.5"], script);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("does not end within --timeout"), "{text}");
        assert!(folder.path().join("data").exists(), "{script}");
    }

    let out = tempfile::tempdir().expect("a folder");
    let run = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
        .current_dir(folder.path())
        .args(["workflow", "--cmd", "/bin/sh", "--out"])
        .arg(out.path())
        .args(["--", "-c", script])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    while !folder.path().join("away").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it still runs");
    let output = run.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(contents(folder.path()), ["precious"]);
    assert!(folder.path().join("data").exists());
}

#[test]
fn what_is_made_in_a_folder_that_is_moved_away_is_removed_where_it_is_put_back() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("sub")).expect("a folder");
    fs::write(folder.path().join("sub/data"), "precious").expect("a file");
    let script = "mv sub other && echo x > other/new && mv other sub && cat sub/new";
    let (code, text) = learn(folder.path(), &[], script);
    assert_eq!(code, 0, "{text}");
    assert_eq!(contents(folder.path()), ["precious"]);
}

#[test]
fn what_was_moved_from_where_something_was_is_not_removed() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data"), "precious").expect("a file");
    let options = ["--fresh-cmd", "rm -f moved; echo copy > data"];
    let script = "test ! -e data || mv data moved";
    let (code, text) = learn(folder.path(), &options, script);
    assert_eq!(code, 0, "{text}");
    assert_eq!(contents(folder.path()), ["copy\n"]);
}
