//! Filters about the kind of a file and about its permissions.
#![cfg(target_os = "linux")]

mod support;

use lapbelt_sandbox::Status;
use support::{FIXTURE, Playground, finish, job};

/// Whether a command is refused under a policy that denies an operation by a filter.
fn is_refused(operation: &str, filter: &str, command: &str) -> bool {
    let playground = Playground::new();
    // Not of what the loader reads.
    let places = r#"(require-any (subpath "{dir}") (subpath "/dev"))"#;
    let rule = format!("{operation} (require-all {places} {filter})");
    let words = playground.fill(command);
    let words: Vec<&str> = words.split(' ').collect();
    let policy = playground.fill(&format!("(version 1)(allow default)(deny {rule})"));
    let (outcome, events) = finish(job(&policy, FIXTURE, &words));
    let refused = outcome.status == Status::Exited(libc::EPERM as u8);
    assert_eq!((events.len(), outcome.unseen.len()), (refused.into(), 0));
    for event in events {
        // What a file is is no part of what was asked for.
        assert_eq!(event.values.len(), 1, "{command}");
    }
    refused
}

#[test]
fn kinds_of_what_is_there() {
    let reads = |kind: &str, command: &str| {
        is_refused("file-read*", &format!("(vnode-type {kind})"), command)
    };
    for (kind, command) in [
        ("REGULAR-FILE", "stat {dir}/file"),
        ("REGULAR-FILE", "stat {dir}/link"),
        ("DIRECTORY", "stat {dir}/full"),
        ("SYMLINK", "lstat {dir}/link"),
        ("CHARACTER-DEVICE", "stat /dev/null"),
        ("CHARACTER-DEVICE", "stat /dev/ptmx"),
        ("TTY", "stat /dev/ptmx"),
    ] {
        assert!(reads(kind, command), "{kind} {command}");
    }
    assert!(!reads("TTY", "stat /dev/null"));
    assert!(!reads("DIRECTORY", "lstat {dir}/way"));
    assert!(is_refused(
        "file-write-mode",
        "(vnode-type REGULAR-FILE)",
        "fchmod {dir}/file"
    ));
    assert!(!is_refused(
        "file-write-mode",
        "(vnode-type DIRECTORY)",
        "fchmod {dir}/file"
    ));
}

#[test]
fn kinds_of_what_is_made() {
    let makes = |kind: &str, command: &str| {
        is_refused(
            "file-write-create",
            &format!("(vnode-type {kind})"),
            command,
        )
    };
    let all = ["REGULAR-FILE", "DIRECTORY", "SYMLINK", "FIFO", "SOCKET"];
    for (kind, command) in [
        ("REGULAR-FILE", "create {dir}/new"),
        ("DIRECTORY", "mkdir {dir}/new"),
        ("SYMLINK", "symlink {dir}/new"),
        ("FIFO", "mkfifo {dir}/new"),
        ("SOCKET", "bind-unix {dir}/new"),
    ] {
        for other in all {
            assert_eq!(makes(other, command), other == kind, "{other} {command}");
        }
    }
}

#[test]
fn permissions() {
    // The script is 0755.
    assert!(is_refused(
        "file-read-data",
        "(file-mode #o0111)",
        "read {dir}/script"
    ));
    assert!(!is_refused(
        "file-read-data",
        "(file-mode #o0111)",
        "read {dir}/file"
    ));
    assert!(!is_refused(
        "file-read-data",
        "(file-mode #o4000)",
        "read {dir}/script"
    ));
}
