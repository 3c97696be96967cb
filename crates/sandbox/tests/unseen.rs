//! Calls that cannot be looked at are refused, and said to be.
#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeMap;
use std::process::Command;

use lapbelt_policy::rule::Action;
use lapbelt_sandbox::{Outcome, Status, Unseen};
use support::{FIXTURE, Playground, REFUSED, base, denials, finish, is_root, job};

/// Whether this process is the one without privileges that the test is for. Root runs the test
/// again as nobody, as from root nothing can be hidden.
fn is_unprivileged(test: &str) -> bool {
    if !is_root() {
        return true;
    }
    let nobody = |program: &std::path::Path| {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(program)
            .current_dir("/");
        command
    };
    let started = nobody(FIXTURE.as_ref()).arg("nothing").status();
    if !started.is_ok_and(|status| status.success()) {
        lapbelt_corpus::say_skipped("there is no setpriv, or nobody may not run the fixture");
        return false;
    }
    let own = std::env::current_exe().expect("a test");
    let output = nobody(&own)
        .args(["--exact", test, "--nocapture"])
        .output()
        .expect("setpriv");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

/// Runs a command under a policy; what came of it and what was denied.
fn run(
    playground: &Playground,
    policy: &str,
    command: &str,
    learn: bool,
) -> (Outcome, Vec<(String, String)>) {
    let words: Vec<String> = command
        .split(' ')
        .map(|word| playground.fill(word))
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut job = job(&playground.fill(policy), FIXTURE, &words);
    job.cwd = Some(playground.path().to_owned());
    job.learn = learn;
    let (outcome, events) = finish(job);
    for event in &events {
        assert_eq!(event.decision, Action::Deny);
        assert_eq!((event.granted, event.errno), (false, libc::EPERM));
        assert_eq!((event.values.len(), event.exists), (0, false), "{command}");
    }
    (outcome, denials(&events))
}

fn assert_unseen(rule: &str, command: &str, operation: &str, why: Unseen) {
    for learn in [false, true] {
        let playground = Playground::new();
        let policy = format!("(version 1)(allow default)(deny {rule})");
        let (outcome, denied) = run(&playground, &policy, command, learn);
        let wanted = vec![(operation.to_owned(), String::new())];
        assert_eq!((outcome.status, denied), (REFUSED, wanted), "{command}");
        assert_eq!(outcome.unseen, BTreeMap::from([(why, 1)]), "{command}");
        assert_eq!(outcome.events_denied, 1, "{command}");
        assert!(!playground.at("new").exists());
    }
}

#[test]
fn programs_that_may_not_be_traced() {
    if !is_unprivileged("programs_that_may_not_be_traced") {
        return;
    }
    for (rule, command, operation) in [
        (
            "file-read-data",
            "hidden-read /etc/passwd",
            "file-read-data",
        ),
        (
            "file-read-data",
            "hidden-openat2 {dir}/file",
            "file-read-data",
        ),
        (
            "file-write-create",
            "hidden-create {dir}/new",
            "file-write-create",
        ),
        (
            "file-write-mode",
            "hidden-fchmod {dir}/file",
            "file-write-mode",
        ),
        ("file-read-metadata", "hidden-getcwd", "file-read-metadata"),
        ("network-outbound", "hidden-connect", "network-outbound"),
        (
            "dynamic-code-generation",
            "hidden-map-code",
            "file-map-executable",
        ),
    ] {
        // About something else altogether: that cannot be told.
        let filter = match operation {
            "network-outbound" => r#"(remote tcp "*:1")"#,
            "file-map-executable" => "",
            _ => r#"(literal "/nowhere")"#,
        };
        assert_unseen(
            &format!("{rule} {filter}"),
            command,
            operation,
            Unseen::Hidden,
        );
    }
}

#[test]
fn what_is_allowed_whatever_it_is_about_goes_on() {
    if !is_unprivileged("what_is_allowed_whatever_it_is_about_goes_on") {
        return;
    }
    let playground = Playground::new();
    // Asks for writing, which is allowed as a whole, and for nothing else.
    let rule = r#"(version 1)(allow default)(deny file-read-data (literal "/nowhere"))"#;
    let (outcome, denied) = run(&playground, rule, "hidden-create {dir}/new", false);
    assert_eq!((outcome.status, denied), (Status::Exited(0), vec![]));
    assert!(outcome.unseen.is_empty());
    assert!(playground.at("new").exists());
}

#[test]
fn a_program_that_may_only_be_run() {
    use std::os::unix::fs::PermissionsExt;
    if !is_unprivileged("a_program_that_may_only_be_run") {
        return;
    }
    let playground = Playground::new();
    let program = playground.at("program");
    std::fs::copy(FIXTURE, &program).expect("a copy");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o111)).expect("a mode");
    let policy = r#"(version 1)(allow default)(deny file-write-create (literal "/nowhere"))"#;
    let mut job = job(policy, &program, &["create", "new"]);
    job.cwd = Some(playground.path().to_owned());
    let (outcome, events) = finish(job);
    assert_eq!(
        (outcome.status, outcome.unseen[&Unseen::Hidden]),
        (REFUSED, 1)
    );
    assert_eq!(
        denials(&events),
        [("file-write-create".to_owned(), String::new())]
    );
}

#[test]
fn a_bad_pointer_is_the_kernels() {
    // Root sees all; others are not shown, so that they cannot tell a bad pointer.
    if !is_root() {
        return;
    }
    let playground = Playground::new();
    let rule = r#"(version 1)(allow default)(deny file-read-data (subpath "{dir}"))"#;
    for command in ["hidden-null", "open-null"] {
        let (outcome, denied) = run(&playground, rule, command, false);
        let faulted = Status::Exited(libc::EFAULT as u8);
        assert_eq!((outcome.status, denied), (faulted, vec![]));
        assert!(outcome.unseen.is_empty());
    }
}

#[test]
fn a_directory_too_deep_to_be_told() {
    let rule = r#"file-read-data (literal "/nowhere")"#;
    // What cannot be named is refused.
    let long = Unseen::LongPath;
    let create = r#"file-write-create (literal "/nowhere")"#;
    assert_unseen(
        create,
        "create-from-the-deep new",
        "file-write-create",
        long,
    );
    assert_unseen(rule, "read-from-the-deep .", "file-read-data", long);
    // What has a name from there has it all the same.
    let playground = Playground::new();
    let up = "../".repeat(20);
    let ground = format!(
        "(version 1)(deny default){}(allow file-write-create ipc-posix*)",
        base()
    );
    let policy = format!(r#"{ground}(allow file-read-data (literal "{{dir}}/file"))"#);
    let command = format!("read-from-the-deep {up}file");
    let (outcome, denied) = run(&playground, &policy, &command, false);
    assert_eq!((outcome.status, denied), (Status::Exited(0), vec![]));
    for (rule, command, operation, name) in [
        ("file-read-data", "read", "file-read-data", "file"),
        (
            "file-write-setugid",
            "make-setuid",
            "file-write-setugid",
            "new",
        ),
    ] {
        let playground = Playground::new();
        let policy =
            format!(r#"(version 1)(allow default)(deny {rule} (literal "{{dir}}/{name}"))"#);
        let words = [format!("{command}-from-the-deep"), format!("{up}{name}")];
        let words = words.each_ref().map(String::as_str);
        let mut job = job(&playground.fill(&policy), FIXTURE, &words);
        job.cwd = Some(playground.path().to_owned());
        let (outcome, events) = finish(job);
        assert_eq!((outcome.status, outcome.unseen.len()), (REFUSED, 0));
        let target = playground.fill(&format!("{{dir}}/{name}"));
        assert_eq!(denials(&events), [(operation.to_owned(), target)]);
    }
}
