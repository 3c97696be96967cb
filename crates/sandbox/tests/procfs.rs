//! Files of a procfs that is not ours are what they are where they lie.
#![cfg(target_os = "linux")]

mod support;

use std::process::Command;

use lapbelt_policy::event::Event;
use lapbelt_sandbox::Status;
use support::{Playground, denials, finish, is_root, job};

/// Whether this process is one with mounts of its own: it is run again as such.
fn has_own_mounts(test: &str) -> bool {
    const AGAIN: &str = "LAPBELT_TEST_OWN_MOUNTS";
    if std::env::var_os(AGAIN).is_some() {
        return true;
    }
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private"]);
        command
    };
    if !is_root() || !unshare().arg("true").status().is_ok_and(|s| s.success()) {
        lapbelt_corpus::say_skipped("only root may have mounts of its own here");
        return false;
    }
    let own = std::env::current_exe().expect("a test");
    let again = unshare()
        .arg(own)
        .args(["--exact", test, "--nocapture"])
        .env(AGAIN, "1")
        .status();
    assert!(again.expect("unshare").success());
    false
}

/// Runs a shell script in a policy that allows all but what `rule` says.
fn run(playground: &Playground, rule: &str, script: &str) -> (Status, Vec<Event>) {
    let policy = playground.fill(&format!("(version 1)(allow default)(deny {rule})"));
    let script = playground.fill(script);
    let (outcome, events) = finish(job(&policy, "/bin/sh", &["-c", &script]));
    assert!(outcome.unseen.is_empty(), "{script}");
    (outcome.status, events)
}

#[test]
fn a_second_one_means_the_program_by_self() {
    if !has_own_mounts("a_second_one_means_the_program_by_self") {
        return;
    }
    let playground = Playground::new();
    let mount = "mount -t proc proc {dir}/empty";
    let mounted = Command::new("sh")
        .args(["-c", &playground.fill(mount)])
        .status();
    assert!(mounted.expect("mount").success());
    // As it lies among our mounts, and as only the program has it.
    for before in ["", "unshare -m ", "unshare -mpf "] {
        for name in ["self/status", "thread-self/../../status", "mounts"] {
            let rule = r#"file-read-data (regex #"^{dir}/empty/[0-9]+/(status|mounts)$")"#;
            let again = if before.is_empty() { "true" } else { mount };
            let script = format!("{before}sh -c '{again}; exec cat {{dir}}/empty/{name}'");
            let (status, events) = run(&playground, rule, &script);
            assert_eq!(status, Status::Exited(1), "{script}");
            let [event] = &events[..] else {
                panic!("{script}: {events:?}");
            };
            // The first of its pid namespace, where it has one of its own.
            let pid = match before {
                "unshare -mpf " => 1,
                _ => event.pid,
            };
            let end = name.rsplit('/').next().expect("a name");
            let target = playground.fill(&format!("{{dir}}/empty/{pid}/{end}"));
            assert_eq!(denials(&events), [("file-read-data".to_owned(), target)]);
        }
        let magic =
            format!("{before}sh -c 'exec 3<{{dir}}/file; exec cat {{dir}}/empty/self/fd/3'");
        let rule = r#"file-read-data (literal "{dir}/file")"#;
        let (status, _) = run(&playground, rule, &magic);
        assert_ne!(status, Status::Exited(0), "{magic}");
    }
}

#[test]
fn numbers_of_another_pid_namespace_are_not_ours() {
    if !has_own_mounts("numbers_of_another_pid_namespace_are_not_ours") {
        return;
    }
    let playground = Playground::new();
    let script = "unshare -mpf --mount-proc sh -c 'exec 3< /proc/1/status'";
    // Number 1 is the shell itself.
    let (status, events) = run(&playground, "process-info*", script);
    assert_eq!((status, denials(&events)), (Status::Exited(0), vec![]));
    let rule = r#"file-read-data (literal "/proc/1/status")"#;
    let (status, events) = run(&playground, rule, script);
    assert_ne!(status, Status::Exited(0));
    let wanted = ("file-read-data".to_owned(), "/proc/1/status".to_owned());
    assert_eq!(denials(&events), [wanted]);
}
