//! Profiles of macOS that open the network say nothing of `system-socket`, and need not here.
#![cfg(target_os = "linux")]

mod support;

use lapbelt_sandbox::Status;
use support::{FIXTURE, base, denials, finish, job};

/// What was denied while a command ran under `(deny default)` and these rules, and how it ended.
fn ran(rules: &str, command: &str) -> (Vec<(String, String)>, Status) {
    let words: Vec<&str> = command.split(' ').collect();
    let policy = format!("(version 1)(deny default){}{rules}", base());
    let (outcome, events) = finish(job(&policy, FIXTURE, &words));
    let about_sockets = |(operation, _): &(String, String)| {
        operation.starts_with("network") || operation == "system-socket"
    };
    let denied = denials(&events).into_iter().filter(about_sockets).collect();
    (denied, outcome.status)
}

#[test]
fn an_open_network_has_its_sockets() {
    for rules in [
        "(allow network*)",
        "(allow network-outbound)",
        r#"(allow network-outbound (remote ip "localhost:*"))"#,
        r#"(allow network-bind (local ip "*:80"))"#,
    ] {
        for command in ["socket 2 1 0", "socket 10 2 0", "socket 1 1 0"] {
            let nothing = (vec![], Status::Exited(0));
            assert_eq!(ran(rules, command), nothing, "{rules} {command}");
        }
    }
}

#[test]
fn a_closed_network_has_none() {
    let (denied, status) = ran("", "socket 2 1 0");
    assert_eq!(denied, [("system-socket".into(), "AF_INET".into())]);
    assert_eq!(status, Status::Exited(libc::EPERM as u8));
}

#[test]
fn a_rule_about_sockets_is_kept() {
    let rule = "(allow network*)(deny system-socket (socket-domain AF_INET))";
    assert_eq!(
        ran(rule, "socket 2 1 0").1,
        Status::Exited(libc::EPERM as u8)
    );
    assert_eq!(ran(rule, "socket 10 1 0").1, Status::Exited(0));
}

#[test]
fn other_sockets_are_asked_about() {
    // AF_NETLINK.
    let (denied, status) = ran("(allow network*)", "socket 16 3 0");
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(status, Status::Exited(libc::EPERM as u8));
}
