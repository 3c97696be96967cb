//! Ways round that reach the same as a plain call, and are decided as it is.
#![cfg(target_os = "linux")]

mod support;

use lapbelt_sandbox::{Status, Unseen};
use support::{
    FINE, FIXTURE, Playground, REFUSED, base, denials, finish, is_root, job, ran, values, world,
};

fn denied(rule: &str, command: &str) -> (Status, Vec<(String, String)>) {
    under(&format!("(allow default)(deny {rule})"), command)
}

fn under(policy: &str, command: &str) -> (Status, Vec<(String, String)>) {
    ran(&Playground::new(), policy, command)
}

fn told(operation: &str, target: &str) -> Vec<(String, String)> {
    vec![(operation.to_owned(), target.to_owned())]
}

#[test]
fn signals_that_a_file_sends() {
    let stranger = (REFUSED, told("signal", "others"));
    let to_others = "signal (target others)";
    let by_choice = "signal (require-all (target others) (signal-number SIGKILL))";
    for (rule, command) in [
        (to_others, "own-file {pid}"),
        (to_others, "own-file-as 0 {pid}"),
        (to_others, "own-file-as 1 {pid}"),
        (to_others, "own-socket {pid}"),
        ("signal (signal-number SIGIO)", "own-file {pid}"),
        (by_choice, "own-file-and-choose {pid} 9"),
        (by_choice, "choose-and-own-file {pid} 9"),
    ] {
        assert_eq!(denied(rule, command), stranger, "{command}");
    }
    for command in ["own-file 0", "own-socket 0", "own-file-as 1 0"] {
        assert_eq!(denied("signal", command), (FINE, vec![]), "{command}");
    }
    let other_signal = "signal (signal-number SIGKILL)";
    assert_eq!(denied(other_signal, "own-file {pid}"), (FINE, vec![]));
}

#[test]
fn groups_are_those_who_are_in_them() {
    let mine = |rules: &str, command: &str| {
        let policy = format!("(deny default){}{rules}", base());
        ran(&Playground::new(), &policy, command).0
    };
    let own = "(allow signal (target self))";
    // Whoever runs the tests is in the group that the program is started in.
    for command in ["signal-group", "signal-group-by-number"] {
        assert_eq!(mine(own, command), REFUSED, "{command}");
        assert_eq!(
            mine("(allow signal (target same-sandbox))", command),
            REFUSED
        );
        assert_eq!(mine("(allow signal (target pgrp))", command), FINE);
        assert_eq!(denied("signal (target others)", command).0, REFUSED);
    }
    for rules in [own, "(allow signal (target same-sandbox))"] {
        assert_eq!(mine(rules, "signal-group-of-mine"), FINE, "{rules}");
    }
    let rule = "(deny signal (target others))";
    let policy = format!("(allow default){rule}");
    let status = ran(&Playground::new(), &policy, "signal-group-of-mine").0;
    assert_eq!(status, FINE);
}

#[test]
fn limits_of_others() {
    let stranger = |operation: &str| (REFUSED, told(operation, "others"));
    assert_eq!(
        denied("process-info*", "read-limits {pid}"),
        stranger("process-info-pidinfo")
    );
    assert_eq!(
        denied("mach-priv-task-port", "set-limits {pid}"),
        stranger("mach-priv-task-port")
    );
    let all = "process-info* mach-priv-task-port";
    assert_eq!(denied(all, "read-limits 0"), (FINE, vec![]));
}

#[test]
fn code_by_other_names() {
    let made = (REFUSED, told("dynamic-code-generation", ""));
    for command in [
        "map-zeros",
        "make-zeros-code",
        "map-writable-file-code {dir}/file",
        "make-written-file-code {dir}/file",
        "make-code-behind-file {dir}/file",
        "attach-code",
        "run-what-is-read",
    ] {
        assert_eq!(
            denied("dynamic-code-generation", command),
            made,
            "{command}"
        );
    }
    let command = "make-file-code {dir}/file";
    assert_eq!(denied("dynamic-code-generation", command), (FINE, vec![]));
}

#[test]
fn code_is_asked_about_once() {
    let code = ("dynamic-code-generation", "");
    let file = ("file-map-executable", "{dir}/file");
    for (command, wanted) in [
        ("map-zeros", vec![code]),
        ("make-zeros-code", vec![code]),
        ("map-writable-code", vec![code]),
        ("make-writable-code", vec![code]),
        ("map-writable-file-code {dir}/file", vec![file, code]),
        ("make-written-file-code {dir}/file", vec![file, code]),
        ("make-code-behind-file {dir}/file", vec![file, code]),
    ] {
        let playground = Playground::new();
        let words = playground.fill(command);
        let words: Vec<&str> = words.split(' ').collect();
        let policy = r#"(version 1)(allow default)(deny dynamic-code-generation)
            (deny file-map-executable (subpath "{dir}"))"#;
        let mut job = job(&playground.fill(policy), FIXTURE, &words);
        job.learn = true;
        let (outcome, events) = finish(job);
        assert_eq!(outcome.status, FINE, "{command}");
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(operation, target)| ((*operation).to_owned(), playground.fill(target)))
            .collect();
        assert_eq!(denials(&events), wanted, "{command}");
        assert_eq!(outcome.events_denied, wanted.len() as u64, "{command}");
    }
}

#[test]
fn scripts_in_memory() {
    let rule = r#"process-exec-interpreter (literal "/usr/bin/true")"#;
    assert_eq!(
        denied(rule, "execute-memory-script /usr/bin/true"),
        (REFUSED, told("process-exec-interpreter", "/usr/bin/true"))
    );
    let other = r#"process-exec-interpreter (literal "/usr/bin/false")"#;
    assert_eq!(
        denied(other, "execute-memory-script /usr/bin/true"),
        (FINE, vec![])
    );
}

#[test]
fn sockets_of_rare_families() {
    // AF_VSOCK.
    for (operation, command) in [
        ("network-outbound", "connect-other 40 1 0"),
        ("network-bind", "bind-other 40 1 0"),
        ("network-inbound", "listen-other 40 1 0"),
    ] {
        let policy = match operation {
            "network-inbound" => "(allow default)(deny network*)(allow network-bind)",
            _ => "(allow default)(deny network*)",
        };
        let (status, denials) = under(policy, command);
        if status == Status::Exited(libc::EAFNOSUPPORT as u8) {
            lapbelt_corpus::say_skipped("the kernel has no vsock");
            continue;
        }
        assert_eq!(status, REFUSED, "{command}");
        assert_eq!(denials, told(operation, "AF_VSOCK"), "{command}");
    }
    // AF_NETLINK is taken to reach the kernel alone, but for NETLINK_USERSOCK. That of
    // macOS which is nearest is AF_ROUTE.
    assert_eq!(denied("network*", "bind-other 16 3 0"), (FINE, vec![]));
    for (operation, command) in [
        ("network-bind", "bind-other 16 3 2"),
        ("network-outbound", "connect-other 16 3 2"),
        ("network-outbound", "send-other 16 3 2"),
    ] {
        let refused = (REFUSED, told(operation, "AF_ROUTE"));
        assert_eq!(denied("network*", command), refused, "{command}");
    }
    if !is_root() {
        lapbelt_corpus::say_skipped("only root makes packet sockets");
        return;
    }
    // AF_PACKET, that of macOS which is nearest.
    let socket = |operation: &str| (REFUSED, told(operation, "AF_LINK"));
    for (operation, command) in [
        ("network-bind", "bind-other 17 3 0"),
        ("network-outbound", "send-other 17 3 0"),
        ("network-outbound", "send-as-other 17 3 0 0"),
        ("network-outbound", "send-as-other 17 3 0 16"),
        ("network-inbound", "socket 17 3 3"),
        // What the kernel takes for one.
        ("network-inbound", "socket 2 10 3"),
    ] {
        assert_eq!(denied("network*", command), socket(operation), "{command}");
    }
    assert_eq!(denied("network*", "socket 17 3 0"), (FINE, vec![]));
}

#[test]
fn paths_from_beside_the_root() {
    if !is_root() {
        lapbelt_corpus::say_skipped("only root may change its root");
        return;
    }
    let rule = r#"file-read-data (literal "{dir}/file")"#;
    let playground = Playground::new();
    let policy = format!("(allow default)(deny {rule})");
    let command = "read-beside-root {dir}/full {dir} file";
    let logged = told("file-read-data", &playground.fill("{dir}/file"));
    assert_eq!(ran(&playground, &policy, command), (REFUSED, logged));
    // A name that only begins as that of the root.
    std::fs::create_dir(playground.at("fuller")).expect("a directory");
    std::fs::write(playground.at("fuller/file"), "").expect("a file");
    let policy = r#"(allow default)(deny file-read-data (literal "{dir}/fuller/file"))"#;
    let command = "read-beside-root {dir}/full {dir}/fuller file";
    let logged = told("file-read-data", &playground.fill("{dir}/fuller/file"));
    assert_eq!(ran(&playground, policy, command), (REFUSED, logged));
    // A link there may lead anywhere.
    let command = "read-beside-root {dir}/full {dir} link";
    let policy = r#"(allow default)(deny file-read-data (literal "/nowhere"))"#;
    assert_eq!(ran(&playground, policy, command).0, REFUSED);
}

#[test]
fn trees_without_a_place() {
    if !is_root() {
        lapbelt_corpus::say_skipped("only root may clone trees");
        return;
    }
    let playground = Playground::new();
    let policy = playground
        .fill(r#"(version 1)(allow default)(deny file-read-data (literal "{dir}/full/inner"))"#);
    let command = playground.fill("read-in-detached-tree {dir}/full inner");
    let words: Vec<&str> = command.split(' ').collect();
    let (outcome, events) = finish(job(&policy, FIXTURE, &words));
    assert_eq!(outcome.status, REFUSED);
    assert_eq!(outcome.unseen[&Unseen::Lost], 1);
    assert_eq!(denials(&events), told("file-read-data", ""));
    // What has a place is seen as before.
    let command = "read-where-detached-tree-was {dir} second {dir}/full/inner";
    let policy = r#"(allow default)(deny file-read-data (literal "{dir}/full/inner"))"#;
    let logged = told("file-read-data", &playground.fill("{dir}/full/inner"));
    assert_eq!(ran(&playground, policy, command), (REFUSED, logged));
}

#[test]
fn names_that_the_system_chooses() {
    let rule = r#"network-bind (regex #"^@[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]$")"#;
    let refused = (REFUSED, told("network-bind", "@00000"));
    assert_eq!(denied(rule, "bind-other 1 1 0 2"), refused);
    assert_eq!(
        denied("network-bind (local unix-socket)", "bind-other 1 1 0 2"),
        refused
    );
}

#[test]
fn abstract_names_with_zeros_in_them() {
    let refused = (REFUSED, told("network-bind", "@a\0b"));
    let bind = "bind-abstract a b";
    for rule in [
        r#"network-bind (path-literal "@a\x00b")"#,
        r#"network-bind (prefix "@a\x00")"#,
        r#"network-bind (regex #"^@a.b$")"#,
    ] {
        assert_eq!(denied(rule, bind), refused, "{rule}");
    }
    for name in ["@a", r"@a\x00", r"@a\x00c", r"@a\x00b\x00"] {
        let rule = format!(r#"network-bind (path-literal "{name}")"#);
        assert_eq!(denied(&rule, bind), (FINE, vec![]), "{rule}");
    }
    let policy = r#"(allow default)(deny network-inbound (path-literal "@a\x00b"))
        (allow network-bind)"#;
    let heard = (REFUSED, told("network-inbound", "@a\0b"));
    assert_eq!(under(policy, "listen-abstract a b"), heard);
}

#[test]
fn commands_have_their_own_names() {
    let playground = Playground::new();
    let policy =
        playground.fill(r#"(version 1)(allow default)(deny file-ioctl (subpath "{dir}"))"#);
    let command = playground.fill("ioctl {dir}/file");
    let words: Vec<&str> = command.split(' ').collect();
    let (_, events) = finish(job(&policy, FIXTURE, &words));
    let command = values(&world(), &events[0]).pop();
    // FS_IOC_GETFLAGS is no FIOCLEX.
    assert_eq!(
        command,
        Some(("ioctl-command".to_owned(), 0x8008_6601_u32.to_string()))
    );
}

#[test]
fn memory_of_others_by_its_file() {
    if !is_root() {
        lapbelt_corpus::say_skipped("only root may open the memory of others for certain");
        return;
    }
    for (operation, command) in [
        ("mach-task-read", "read /proc/{pid}/mem"),
        ("mach-task-read", "read /proc/{pid}/task/{pid}/mem"),
        ("mach-priv-task-port", "write /proc/{pid}/mem"),
    ] {
        let refused = (REFUSED, told(operation, "others"));
        assert_eq!(denied(operation, command), refused, "{command}");
    }
    for (operation, command) in [
        ("process-info-pidinfo", "read /proc/{pid}/mem"),
        ("mach-task-read", "read /proc/self/mem"),
        ("mach-priv-task-port", "write /proc/self/mem"),
    ] {
        assert_eq!(denied(operation, command), (FINE, vec![]), "{command}");
    }
}

#[test]
fn whoever_rules_another_has_its_task() {
    let port = "mach-priv-task-port";
    for command in [
        "trace-process {pid}",
        "write-process {pid}",
        "take-from-process {pid}",
        "set-limits {pid}",
    ] {
        for (rule, operation) in [
            ("mach-task*", "mach-task*"),
            (port, port),
            ("mach-task*)(allow mach-task-read", "mach-task*"),
        ] {
            let refused = (REFUSED, told(operation, "others"));
            assert_eq!(denied(rule, command), refused, "{command} under {rule}");
        }
        let policy = |allowed: &str| format!("(deny default){}(allow {allowed})", base());
        assert_eq!(
            under(&policy("mach-task*"), command).0,
            REFUSED,
            "{command}"
        );
        assert_eq!(
            under(&policy(port), command).0,
            under("(allow default)", command).0
        );
    }
    let read = "mach-task-read";
    let traced = denied(read, "trace-process {pid}");
    assert_eq!(traced, (REFUSED, told(read, "others")));
    if is_root() {
        let written = denied("mach-task*", "write /proc/{pid}/mem");
        assert_eq!(written, (REFUSED, told("mach-task*", "others")));
    }
}

#[test]
fn nobody_reaches_into_those_who_supervise() {
    let ran = |policy: &str, command: &str, learn: bool| {
        let words: Vec<&str> = command.split(' ').collect();
        let mut job = job(&format!("(version 1){policy}"), FIXTURE, &words);
        job.learn = learn;
        let (outcome, events) = finish(job);
        (outcome, denials(&events))
    };
    let all = "(allow default)";
    let us = std::process::id().to_string();
    for process in ["parent", &us] {
        for (command, operation) in [
            ("trace-process", "mach-priv-task-port"),
            ("read-process", "mach-task-read"),
            ("write-process", "mach-priv-task-port"),
            ("take-from-process", "mach-priv-task-port"),
        ] {
            let (outcome, denied) = ran(all, &format!("{command} {process}"), false);
            assert_eq!(outcome.status, REFUSED, "{command} {process}");
            assert_eq!(denied, told(operation, ""), "{command} {process}");
            assert_eq!(outcome.unseen[&Unseen::Keeper], 1);
        }
        let (outcome, denied) = ran(all, &format!("read-process {process}"), true);
        assert_eq!((outcome.unseen.len(), denied), (0, vec![]));
    }
    if is_root() {
        // Where files are looked at at all.
        let policy = r#"(allow default)(deny file* (literal "/nowhere"))"#;
        for command in ["read", "write"] {
            let (outcome, _) = ran(policy, &format!("{command} /proc/{us}/mem"), false);
            assert_eq!(outcome.status, REFUSED, "{command}");
        }
    }
    // The program is not what is kept from others.
    let dumpable = rustix::process::dumpable_behavior().expect("it is told");
    assert_eq!(dumpable, rustix::process::DumpableBehavior::NotDumpable);
    assert_eq!(ran(all, "dumpable", false).0.status, FINE);
}

#[test]
fn objects_by_ids_that_nobody_got() {
    for (call, operation) in [
        ("shmat", "ipc-sysv-shm"),
        ("shmctl", "ipc-sysv-shm"),
        ("semop", "ipc-sysv-sem"),
        ("semtimedop", "ipc-sysv-sem"),
        ("semctl", "ipc-sysv-sem"),
        ("msgsnd", "ipc-sysv-msg"),
        ("msgrcv", "ipc-sysv-msg"),
        ("msgctl", "ipc-sysv-msg"),
    ] {
        let command = format!("by-id {call}");
        let asked = Status::Exited(libc::EINVAL as u8);
        assert_eq!(denied("file-link", &command), (asked, vec![]), "{call}");
        let refused = (REFUSED, told(operation, ""));
        assert_eq!(denied(operation, &command), refused, "{call}");
    }
}

#[test]
fn files_that_the_kernel_writes_to() {
    let playground = Playground::new();
    let rule = r#"(allow default)(deny file-write-data (literal "{dir}/file"))"#;
    let refused = told("file-write-data", &playground.fill("{dir}/file"));
    for command in ["account-to {dir}/file", "swap-to {dir}/file"] {
        let ended = ran(&playground, rule, command);
        assert_eq!(ended, (REFUSED, refused.clone()), "{command}");
    }
}

#[test]
fn watches_of_what_nobody_can_name() {
    let policy = r#"(version 1)(allow default)(deny file-read-data (literal "/nowhere"))"#;
    let playground = Playground::new();
    let folder = playground.fill("{dir}");
    for flags in [libc::FAN_MARK_MOUNT, libc::FAN_MARK_FILESYSTEM] {
        let words = ["watch-all", &folder, &flags.to_string()];
        let (outcome, events) = finish(job(policy, FIXTURE, &words));
        let refused = (REFUSED, told("file-read-data", ""));
        assert_eq!((outcome.status, denials(&events)), refused);
        assert_eq!(outcome.unseen[&Unseen::Handle], 1);
    }
    let words = ["watch-all", &folder, "0"];
    let (outcome, _) = finish(job(policy, FIXTURE, &words));
    assert!(outcome.unseen.is_empty());
}

#[test]
fn semaphores_with_names_like_passing_ones() {
    let name = format!("{:06x}", std::process::id());
    let command = |call: &str| format!("{call} /dev/shm/sem.{name}");
    let operation = "ipc-posix-sem-create";
    let refused = (REFUSED, told(operation, &format!("/{name}")));
    assert_eq!(denied(operation, &command("create")), refused);
    // As sem_open makes them before they get their names.
    assert_eq!(denied(operation, &command("create-new")), (FINE, vec![]));
    std::fs::remove_file(format!("/dev/shm/sem.{name}")).expect("it was made");
}
