//! Signals to a run, at whatever moment and however often they come.

mod supervised;

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use supervised::skipped;

/// Starts `lapbelt` in a folder, in a group of its own.
fn started(folder: &Path, words: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_lapbelt"))
        .current_dir(folder)
        .args(words)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run")
}

fn terminate_group(leader: &Child) {
    let leader = Pid::from_child(leader);
    // It may have ended just now.
    let _ = kill_process_group(leader, Signal::TERM);
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn two_signals_of_one_moment_stop_a_run_as_one_does() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let made = folder.path().join("made");
    let script = "echo text > made; sleep 5";
    let words = ["workflow", "--cmd", "/bin/sh", "--", "-c", script];
    let child = started(folder.path(), &words);
    while !made.exists() {
        thread::sleep(Duration::from_millis(5));
    }
    // As timeout(1) does it: the process, then its group.
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    terminate_group(&child);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(!made.exists(), "left behind");
}

/// The profile of a trace that was stopped when its script had made `../begun`, and gone on with once
/// there was `../go`; the script runs in `inner` below `folder`.
fn stopped_and_gone_on_with(folder: &Path, script: &str) -> String {
    let begun = folder.join("begun");
    let inner = folder.join("inner");
    std::fs::create_dir(&inner).expect("a folder");
    let words = ["trace", "--profile", "learnt.sb", "--cmd", "/bin/sh", "--"];
    let child = started(&inner, &[&words[..], &["-c", script]].concat());
    while !begun.exists() {
        thread::sleep(Duration::from_millis(5));
    }
    terminate_group(&child);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    std::fs::write(folder.join("go"), "").expect("a file");
    let resumed = started(&inner, &["trace", "--resume", "lapbelt-out"]);
    let output = resumed.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    std::fs::read_to_string(inner.join("learnt.sb")).expect("a profile")
}

#[test]
fn a_trace_that_was_stopped_still_creates_its_profile() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = "test -e ../go || { echo > ../begun; sleep 20; }; true";
    let learnt = stopped_and_gone_on_with(folder.path(), script);
    assert!(learnt.contains("process-exec*"), "{learnt}");
    // Before anything is run.
    let words = ["trace", "--profile", "no/x.sb", "--cmd", "/bin/true"];
    let output = started(folder.path(), &words).wait_with_output();
    let output = output.expect("an end");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("make it first"), "{}", said(&output));
}

#[test]
fn what_a_stopped_trace_learnt_is_put_in_order_with_the_rest() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // What the first run learns stays; the second waits to be stopped.
    let script = "mkdir -p d; for i in 1 2 3 4; do echo > d/$i; done; \
                  test -e ../one && { test -e ../go || { echo > ../begun; sleep 20; }; }; echo > ../one";
    let learnt = stopped_and_gone_on_with(folder.path(), script);
    assert_eq!(learnt.matches("; learned").count(), 1, "{learnt}");
    let heads = learnt.lines().filter(|line| line.starts_with("(allow "));
    let heads: Vec<_> = heads.map(|line| line.split(' ').nth(1)).collect();
    let mut once = heads.clone();
    once.dedup();
    assert_eq!(heads, once, "{learnt}");
    // Who needed what is known of all rules.
    let rules =
        learnt.matches("(literal ").count() + learnt.matches("(allow process-fork)").count();
    assert_eq!(rules, learnt.matches("  ; ").count(), "{learnt}");
}

#[test]
fn a_signal_while_the_program_is_started_is_no_fault_of_ours() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let exec = ["exec", "-n", "no-write", "/bin/sleep", "30"];
    let workflow = ["workflow", "--cmd", "/bin/sleep", "--", "30"];
    for (words, code) in [(&exec[..], 15), (&workflow, 3)] {
        // Later each time, until it is up for certain.
        let (mut heeded, mut delay) = (0, Duration::ZERO);
        while heeded < 15 {
            let child = started(folder.path(), words);
            let began = Instant::now();
            thread::sleep(delay);
            terminate_group(&child);
            let output = child.wait_with_output().expect("an end");
            let (status, said) = (output.status, said(&output));
            // Before it heeds signals the first ends it.
            let ended = status.code().or(status.signal());
            assert!(
                ended == Some(code) || status.signal() == Some(15),
                "{words:?} {status}: {said}"
            );
            assert!(began.elapsed() < Duration::from_secs(25), "{words:?}: lost");
            heeded += i32::from(ended == Some(code));
            delay += Duration::from_micros(500);
            assert!(delay < Duration::from_secs(2), "{words:?}: unheeded");
        }
    }
}

#[test]
fn what_is_learnt_is_not_learnt_again_after_a_crash() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let lines = |phase: &str| {
        let path = format!("lapbelt-out/phases/{phase}/metrics.jsonl");
        let text = std::fs::read_to_string(folder.path().join(path)).unwrap_or_default();
        text.lines().count()
    };
    let killed = |words: &[&str], tried: usize| {
        let mut child = started(folder.path(), words);
        while lines("shrink") < tried {
            thread::sleep(Duration::from_millis(5));
            assert!(child.try_wait().expect("a state").is_none(), "ended");
        }
        child.kill().expect("it runs");
        child.wait().expect("an end");
    };
    let command = [
        "--cmd",
        "/bin/sh",
        "--",
        "-c",
        "true < /etc/passwd; sleep 0.05",
    ];
    killed(&[&["workflow"], &command[..]].concat(), 2);
    let learnt = lines("trace");
    let resume = ["workflow", "--resume", "lapbelt-out"];
    killed(&resume, 4);
    let output = started(folder.path(), &resume)
        .wait_with_output()
        .expect("an end");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(lines("trace"), learnt);
}

#[test]
fn with_the_whole_group_killed_nothing_of_the_program_is_left() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pid");
    let script = "setsid sh -c 'echo $$ > new; mv new pid; exec sleep 600' & wait";
    let words = [
        "exec",
        "-p",
        "(version 1)(allow default)",
        "sh",
        "-c",
        script,
    ];
    let mut child = started(folder.path(), &words);
    while !file.exists() {
        thread::sleep(Duration::from_millis(5));
    }
    kill_process_group(Pid::from_child(&child), Signal::KILL).expect("it runs");
    child.wait().expect("an end");
    let process = std::fs::read_to_string(&file).expect("a number");
    let process = Path::new("/proc").join(process.trim());
    let begin = Instant::now();
    while process.exists() {
        assert!(begin.elapsed() < Duration::from_secs(20), "left behind");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_shrink_goes_on_with_its_own_profile() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let command = ["--cmd", "/bin/sh", "--", "-c", "sleep 0.05"];
    let trace = [&["trace", "--profile", "learnt.sb"], &command[..]].concat();
    let traced = started(folder.path(), &trace).wait_with_output();
    assert!(traced.expect("an end").status.success());
    let given = "(version 1)(deny default)(allow file-read*)(allow process*)(allow signal)(allow \
                 file-map-executable)";
    std::fs::write(folder.path().join("given.sb"), given).expect("a profile");
    let shrink = [&["shrink", "--profile", "given.sb"], &command[..]].concat();
    let mut child = started(folder.path(), &shrink);
    while !folder
        .path()
        .join("lapbelt-out/phases/shrink/metrics.jsonl")
        .exists()
    {
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it runs");
    child.wait().expect("an end");
    let trace = started(folder.path(), &["trace", "--resume", "lapbelt-out"]);
    let output = trace.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("learns nothing"), "{output:?}");
    for verb in ["shrink", "workflow"] {
        let resume = [verb, "--resume", "lapbelt-out"];
        let output = started(folder.path(), &resume).wait_with_output();
        let output = output.expect("an end");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let shrunk = folder.path().join("lapbelt-out/profiles/shrunk.sb");
        let shrunk = std::fs::read_to_string(shrunk).expect("a profile");
        assert!(
            shrunk.starts_with("; The smallest part of given.sb"),
            "{shrunk}"
        );
    }
}
