//! What outlives the program that is learnt, and what the user's own commands leave running.

mod learning;
mod supervised;

use learning::learn;
use std::path::Path;
use supervised::skipped;

fn text(folder: &Path, name: &str) -> String {
    let path = folder.join("lapbelt-out").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn what_is_killed_is_told() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (code, said) = learn(folder.path(), &["--linger", "0.05"], "sleep 600 &");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("still ran 0.05 s after"), "{said}");
    assert!(said.contains("sleep)"), "{said}");
    for name in ["run.json", "phases/trace/metrics.jsonl"] {
        let text = text(folder.path(), name);
        assert!(text.contains("\"stragglers\""), "{text}");
    }
}

#[test]
fn with_more_time_its_later_needs_are_learnt() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = "(sleep 0.1; : > late) &";
    let (code, said) = learn(folder.path(), &["--linger", "60"], script);
    assert!(code == 0 && !said.contains("still ran"), "{said}");
    assert!(text(folder.path(), "profiles/trace.sb").contains("/late\")"));
    assert!(text(folder.path(), "run.json").contains("\"linger_s\": 60.0"));
}

#[test]
fn what_the_commands_of_the_user_leave_running_is_ended() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // Each of them is known by the folder it runs in.
    let options = [
        "--fresh-cmd",
        "setsid sleep 600 &",
        "--success-cmd",
        "sleep 600 & exit $LAPBELT_STATUS",
    ];
    let (code, said) = learn(folder.path(), &options, "true");
    assert_eq!((code, said.as_str()), (0, ""));
    let (code, said) = learn(folder.path(), &options, "exit 5");
    assert_eq!(code, 2, "{said}");
    let own = std::fs::canonicalize(folder.path()).expect("a path");
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let places = processes.filter_map(|entry| std::fs::read_link(entry.path().join("cwd")).ok());
    assert_eq!(places.filter(|place| *place == own).count(), 0);
}

#[test]
fn what_was_killed_is_named_where_it_may_be_why() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let options = ["--linger", "0.05", "--success-cmd", "test -e late"];
    let script = "(exec sleep 600) & until grep -q sleep /proc/$!/comm; do :; done";
    let (code, said) = learn(folder.path(), &options, script);
    assert_eq!(code, 2, "{said}");
    let why = "killed what still ran 0.05 s after the program had ended (sleep); --linger";
    assert!(said.contains(why), "{said}");
}

#[test]
fn what_a_fresh_command_starts_is_there_in_the_runs_that_follow() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // One at a time: the one before has been ended.
    let server = "test ! -e server || ! kill -0 $(cat server) 2>/dev/null || exit 9; \
                  sleep 600 & echo $! > server";
    let (code, said) = learn(
        folder.path(),
        &["--fresh-cmd", server],
        "kill -0 $(cat server)",
    );
    assert_eq!((code, said.as_str()), (0, ""));
    let pid = std::fs::read_to_string(folder.path().join("server")).expect("a number");
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "it is ended");
}
