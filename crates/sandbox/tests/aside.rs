//! What a supervisor may not find where it looks first is decided all the same, or refused.
#![cfg(target_os = "linux")]

mod support;

use lapbelt_sandbox::{Status, Unseen};
use support::{FINE, FIXTURE, Playground, REFUSED, denials, finish, is_root, job, ran};

fn denied(rule: &str, command: &str) -> (Status, Vec<(String, String)>) {
    ran(
        &Playground::new(),
        &format!("(allow default)(deny {rule})"),
        command,
    )
}

fn told(operation: &str, target: &str) -> Vec<(String, String)> {
    vec![(operation.to_owned(), target.to_owned())]
}

#[test]
fn threads_without_their_first_or_with_descriptors_of_their_own() {
    for way in ["orphaned", "apart"] {
        for (rule, command, operation, target) in [
            (
                "network*",
                "connect-udp 127.0.0.1 9",
                "network-outbound",
                "127.0.0.1:9",
            ),
            (
                "network*",
                "send-to 127.0.0.1 9",
                "network-outbound",
                "127.0.0.1:9",
            ),
            (
                "network*",
                "send-message 127.0.0.1 9",
                "network-outbound",
                "127.0.0.1:9",
            ),
            (
                "network*",
                "bind 127.0.0.1 0",
                "network-bind",
                "127.0.0.1:0",
            ),
            (
                "network-inbound)(allow network-bind",
                "listen 127.0.0.1 0",
                "network-inbound",
                "127.0.0.1:0",
            ),
            (
                "signal (require-all (target children) (signal-number SIGUSR1))",
                "signal-pidfd",
                "signal",
                "children",
            ),
            (
                "dynamic-code-generation",
                "make-zeros-code",
                "dynamic-code-generation",
                "",
            ),
        ] {
            let command = format!("{way} {command}");
            assert_eq!(
                denied(rule, &command),
                (REFUSED, told(operation, target)),
                "{command}"
            );
        }
        let signalled = "signal (require-all (target others) (signal-number SIGKILL))";
        let command = format!("{way} own-file-and-choose {{pid}} 9");
        assert_eq!(
            denied(signalled, &command),
            (REFUSED, told("signal", "others"))
        );
        let other = r#"network-outbound (remote ip "*:10")"#;
        assert_eq!(
            denied(other, &format!("{way} connect-udp 127.0.0.1 9")),
            (FINE, vec![])
        );
    }
}

#[test]
fn memory_that_only_the_program_reads() {
    let any = r#"(literal "/nowhere")"#;
    for (rule, command, operation) in [
        (
            format!("file-read-data {any}"),
            "read-secret {dir}/file",
            "file-read-data",
        ),
        (
            format!("file-read-data {any}"),
            "read-half-secret {dir}/file",
            "file-read-data",
        ),
        (
            format!("file-read-data {any}"),
            "read-writable-only {dir}/file",
            "file-read-data",
        ),
        (
            "network-outbound".into(),
            "connect-secret 127.0.0.1 9",
            "network-outbound",
        ),
    ] {
        let playground = Playground::new();
        let policy = format!("(version 1)(allow default)(deny {rule})");
        let words = playground.fill(command);
        let words: Vec<&str> = words.split(' ').collect();
        let (outcome, events) = finish(job(&policy, FIXTURE, &words));
        if outcome.status == Status::Exited(libc::ENOSYS as u8) {
            lapbelt_corpus::say_skipped("the kernel has no secret memory");
            continue;
        }
        assert_eq!(
            (outcome.status, denials(&events)),
            (REFUSED, told(operation, "")),
            "{command}"
        );
        assert_eq!(outcome.unseen[&Unseen::Lost], 1, "{command}");
    }
}

#[test]
fn files_with_names_like_those_of_memory() {
    if !is_root() {
        lapbelt_corpus::say_skipped("only root may make files in the root directory");
        return;
    }
    let path = format!("/memfd:lapbelt-test-{}", std::process::id());
    std::fs::write(&path, "").expect("a file");
    let tried = [
        ("file-read-data", "read"),
        ("file-write-mode", "fchmod"),
        ("file-write-unlink", "unlink"),
    ]
    .map(|(operation, call)| {
        let rule = format!(r#"{operation} (literal "{path}")"#);
        (operation, denied(&rule, &format!("{call} {path}")))
    });
    std::fs::remove_file(&path).expect("it is still there");
    for (operation, ended) in tried {
        assert_eq!(ended, (REFUSED, told(operation, &path)));
    }
}

#[test]
fn addresses_without_a_family_are_of_that_of_their_socket() {
    if !is_root() {
        lapbelt_corpus::say_skipped("only root makes raw sockets");
        return;
    }
    let policy = r#"(allow default)(deny network-outbound)(allow network-outbound (remote ip "localhost:*"))"#;
    let command = "send-to-seeming-localhost 2001:db8::1";
    let (status, denials) = ran(&Playground::new(), policy, command);
    assert_eq!(
        (status, denials),
        (REFUSED, told("network-outbound", "2001:db8::1:0"))
    );
}

#[test]
fn whom_descriptors_stand_for() {
    let child = "signal (require-all (target children) (signal-number SIGUSR1))";
    for command in [
        "signal-directory",
        "signal-group-behind",
        "signal-group-of-self",
    ] {
        let (status, denials) = denied(child, command);
        assert_eq!((status, denials.len()), (REFUSED, 1), "{command}");
    }
    let stranger = "signal (target others)";
    assert_eq!(
        denied(stranger, "apart signal-thread-behind"),
        (FINE, vec![])
    );
}

#[test]
fn numbers_in_a_pid_namespace_of_their_own() {
    if !is_root() {
        lapbelt_corpus::say_skipped("only root makes pid namespaces");
        return;
    }
    let child = "signal (target children)";
    let refused = (REFUSED, told("signal", "children"));
    for command in ["signal-inside 2 10", "signal-inside -2 10"] {
        assert_eq!(denied(child, command), refused, "{command}");
    }
    assert_eq!(
        denied("signal (target others)", "signal-inside 1 0"),
        (FINE, vec![])
    );
    assert_eq!(
        denied("signal (target self)", "signal-inside 2 10"),
        (FINE, vec![])
    );
    // Nobody has it, or nobody whom we are shown.
    let lost = (REFUSED, told("signal", ""));
    assert_eq!(denied(child, "signal-inside 30000 10"), lost);
}

#[test]
fn our_numbers_seen_from_a_pid_namespace() {
    if !is_root() {
        lapbelt_corpus::say_skipped("only root makes pid namespaces");
        return;
    }
    // Its /proc is still ours.
    let playground = Playground::new();
    let policy = "(version 1)(allow default)(deny process-info-pidinfo (target others))";
    let path = playground.fill("/proc/{pid}/status");
    let (outcome, events) = finish(job(policy, "unshare", &["-pf", FIXTURE, "read", &path]));
    let logged = told("process-info-pidinfo", "others");
    assert_eq!((outcome.status, denials(&events)), (REFUSED, logged));
}

#[test]
fn mapped_files_with_names_that_mislead() {
    let playground = Playground::new();
    let policy = r#"(version 1)(allow default)(deny file-map-executable (subpath "{dir}/full"))"#;
    let policy = playground.fill(policy);
    for name in [
        "full/a (deleted)",
        "full/a\nb",
        "full/a\\012b",
        "full/a\n (deleted)",
    ] {
        let path = playground.at(name);
        std::fs::write(&path, "code").expect("a file");
        let path = path.display().to_string();
        let (outcome, events) = finish(job(&policy, FIXTURE, &["make-file-code", &path]));
        let logged = told("file-map-executable", &path);
        assert_eq!(
            (outcome.status, denials(&events)),
            (REFUSED, logged),
            "{name}"
        );
    }
}
