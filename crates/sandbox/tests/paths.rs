//! Which path a request is about, in every way that a program can name a file.
#![cfg(target_os = "linux")]

mod support;

use lapbelt_sandbox::Status;
use support::{FIXTURE, Playground, REFUSED, denials, finish, is_root, job, ran};

/// Runs a command under a policy that denies what `rule` says; status and what was denied.
fn denied(playground: &Playground, rule: &str, command: &str) -> (Status, Vec<(String, String)>) {
    ran(
        playground,
        &format!("(allow default)(deny {rule})"),
        command,
    )
}

fn assert_target(rule: &str, command: &str, operation: &str, target: &str) {
    let playground = Playground::new();
    let wanted = vec![(operation.to_owned(), playground.fill(target))];
    assert_eq!(
        denied(&playground, rule, command),
        (REFUSED, wanted),
        "{command}"
    );
}

#[test]
fn spellings_of_one_file() {
    for spelling in [
        "{dir}/file",
        "file",
        "./file",
        ".//file",
        "full/../file",
        "way/../file",
        "{dir}//.//file",
        "{dir}/full/../file",
        "link",
        "/proc/self/cwd/file",
        "/proc/self/root{dir}/file",
        "/proc/thread-self/cwd/link",
    ] {
        // A link's own `..` is that of where it leads, here the same directory.
        let rule = r#"file-read-data (literal "{dir}/file")"#;
        assert_target(
            rule,
            &format!("read {spelling}"),
            "file-read-data",
            "{dir}/file",
        );
    }
    let rule = r#"file-read-data (subpath "{dir}/full")"#;
    for spelling in ["way/inner", "{dir}/way/inner", "full/./inner", "way//inner"] {
        let command = format!("read {spelling}");
        assert_target(rule, &command, "file-read-data", "{dir}/full/inner");
    }
    for spelling in ["full", "full/", "way", "way/", "full/.", "empty/../full//"] {
        let command = format!("list {spelling}");
        assert_target(rule, &command, "file-read-data", "{dir}/full");
    }
}

#[test]
fn out_of_a_removed_directory() {
    let rule = r#"file-read-data (subpath "{dir}/full")"#;
    let target = "{dir}/full/inner";
    let command = "read-from-removed ../full/inner";
    assert_target(rule, command, "file-read-data", target);
    // In it there is nothing.
    let playground = Playground::new();
    let status = denied(&playground, rule, "read-from-removed full/inner");
    assert_eq!(status, (Status::Exited(libc::ENOENT as u8), vec![]));
}

#[test]
fn undoing_a_connection_is_not_connecting() {
    let playground = Playground::new();
    let status = denied(
        &playground,
        "network*",
        "connect-without-family 127.0.0.1 1",
    );
    assert_eq!(status, (Status::Exited(0), vec![]));
}

#[test]
fn relative_to_a_directory() {
    let rule = r#"file-read-data (subpath "{dir}/full")"#;
    for command in [
        "open-in {dir}/full inner",
        "open-in {dir} full/inner",
        "open-in {dir}/empty ../full/inner",
        "open-in {dir}/empty {dir}/full/inner",
        "open-in {dir}/way inner",
        "open-after-chdir {dir}/full inner",
        "open-after-chdir {dir}/way inner",
        "open-after-chdir {dir}/empty ../way/inner",
        "open-in-thread {dir}/full/inner",
    ] {
        assert_target(rule, command, "file-read-data", "{dir}/full/inner");
    }
}

#[test]
fn in_a_directory_as_root() {
    let playground = Playground::new();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, playground.at(name)).expect("a link");
    };
    link("/inner", "full/absolute");
    link("../../inner", "full/above");
    let create = libc::O_CREAT | libc::O_WRONLY;
    let under = |rule: &str, command: String| {
        let (status, events) = denied(&playground, rule, &command);
        assert_eq!(status, REFUSED, "{command}");
        events
    };
    let event =
        |operation: &str, target: &str| vec![(operation.to_owned(), playground.fill(target))];
    for name in [
        "inner",
        "/inner",
        "../inner",
        "/../../inner",
        "./inner",
        "absolute",
        "/above",
    ] {
        let rule = r#"file-read-data (subpath "{dir}/full")"#;
        let events = under(rule, format!("open-in-root {{dir}}/full {name} 0"));
        assert_eq!(
            events,
            event("file-read-data", "{dir}/full/inner"),
            "{name}"
        );
    }
    for (name, made) in [
        ("new", "new"),
        ("/new", "new"),
        ("../new", "new"),
        ("//no/./new", "no/new"),
    ] {
        let rule = r#"file-write-create (subpath "{dir}/empty")"#;
        let events = under(rule, format!("open-in-root {{dir}}/empty {name} {create}"));
        let target = format!("{{dir}}/empty/{made}");
        assert_eq!(events, event("file-write-create", &target), "{name}");
    }
    // What is outside is not what is opened.
    let rule = r#"file-read-data (literal "{dir}/file")"#;
    let (status, events) = denied(&playground, rule, "open-in-root {dir}/full {dir}/file 0");
    assert_eq!(
        (status, events),
        (Status::Exited(libc::ENOENT as u8), vec![])
    );
}

#[test]
fn links_themselves() {
    let metadata = r#"file-read-metadata (literal "{dir}/link")"#;
    assert_target(
        metadata,
        "lstat {dir}/link",
        "file-read-metadata",
        "{dir}/link",
    );
    assert_target(
        metadata,
        "readlink link",
        "file-read-metadata",
        "{dir}/link",
    );
    // A slash behind it means what it leads to.
    let full = r#"file-read-metadata (literal "{dir}/full")"#;
    assert_target(full, "lstat way/", "file-read-metadata", "{dir}/full");
    assert_target(full, "lstat {dir}/way/", "file-read-metadata", "{dir}/full");
    let unlink = r#"file-write-unlink (subpath "{dir}")"#;
    assert_target(unlink, "unlink way", "file-write-unlink", "{dir}/way");
    let playground = Playground::new();
    let (status, events) = denied(
        &playground,
        r#"file-read-data (subpath "{dir}")"#,
        "open-no-follow {dir}/link",
    );
    assert_eq!(status, REFUSED);
    assert_eq!(
        events,
        [("file-read-data".to_owned(), playground.fill("{dir}/link"))]
    );
}

#[test]
fn links_that_were_no_links_a_moment_ago() {
    // Whether or not the supervisor sees that the link is made, and may refuse what is behind it.
    for makes_names in ["", r#"(deny file-write-create (literal "/nowhere"))"#] {
        for learn in [false, true] {
            let playground = Playground::new();
            let rule =
                r#"(version 1)(allow default)(deny file-read-data (literal "{dir}/full/inner"))"#;
            let policy = playground.fill(&format!("{rule}{makes_names}"));
            let words = ["open-then-link", "{dir}/file", "{dir}/full/inner"];
            let words = words.map(|word| playground.fill(word));
            let mut job = job(&policy, FIXTURE, &words.each_ref().map(String::as_str));
            job.learn = learn;
            let (outcome, events) = finish(job);
            assert_eq!(outcome.status == REFUSED, !learn);
            let target = playground.fill("{dir}/full/inner");
            assert_eq!(denials(&events), [("file-read-data".to_owned(), target)]);
        }
    }
}

#[test]
fn what_is_missing_yet() {
    let create = r#"file-write-create (subpath "{dir}")"#;
    for (command, target) in [
        ("create {dir}/new", "{dir}/new"),
        ("create new", "{dir}/new"),
        ("create way/new", "{dir}/full/new"),
        ("create {dir}/way/../new", "{dir}/new"),
        ("mkdir new/", "{dir}/new"),
        ("mkdir way/../empty/new", "{dir}/empty/new"),
    ] {
        assert_target(create, command, "file-write-create", target);
    }
    let read = r#"file-read-data (subpath "{dir}")"#;
    // What is not there cannot be read, so nothing is asked: the kernel says that it is not there.
    for command in ["read missing", "read missing/more", "read way/missing"] {
        let (status, events) = denied(&Playground::new(), read, command);
        assert_eq!(
            (status, events),
            (Status::Exited(libc::ENOENT as u8), vec![]),
            "{command}"
        );
    }
    // Through a link that leads nowhere yet, the file is made where it leads.
    let playground = Playground::new();
    std::os::unix::fs::symlink("full/later", playground.at("dangling")).expect("a link");
    let (status, events) = denied(&playground, create, "create dangling");
    assert_eq!(status, REFUSED);
    let target = playground.fill("{dir}/full/later");
    assert_eq!(events, [("file-write-create".to_owned(), target)]);
}

#[test]
fn relative_to_wherever_the_program_goes() {
    let playground = Playground::new();
    std::fs::write(playground.at("empty/inner"), "").expect("a file");
    let (status, events) = denied(
        &playground,
        r#"file-read-data (subpath "{dir}/full")"#,
        "open-while-moving {dir}/empty {dir}/full inner 30",
    );
    assert_eq!((status, events.len()), (Status::Exited(0), 15 * 24));
    let target = playground.fill("{dir}/full/inner");
    assert!(events.iter().all(|(_, denied)| *denied == target));
}

#[test]
fn relative_to_where_a_thread_of_its_own_is() {
    for (rule, status, denials) in [
        (
            r#"file-read-data (subpath "{dir}/full")"#,
            Status::Exited(libc::EPERM as u8),
            20,
        ),
        (
            r#"file-read-data (subpath "{dir}/empty")"#,
            Status::Exited(0),
            0,
        ),
    ] {
        let command = "open-from-apart {dir}/full inner";
        let outcome = denied(&Playground::new(), rule, command);
        assert_eq!((outcome.0, outcome.1.len()), (status, denials), "{rule}");
    }
}

/// Where such a name leads is known before anybody has looked what is there.
#[test]
fn a_name_that_is_not_followed() {
    let all = r#"file* (subpath "{dir}")"#;
    for (command, operation, target) in [
        ("lstat link", "file-read-metadata", "{dir}/link"),
        ("lstat full", "file-read-metadata", "{dir}/full"),
        ("open-no-follow link", "file-read-data", "{dir}/link"),
        ("unlink link", "file-write-unlink", "{dir}/link"),
        ("mkdir new", "file-write-create", "{dir}/new"),
    ] {
        assert_target(all, command, operation, target);
    }
    let outcome = |rule, command| denied(&Playground::new(), rule, command);
    let undenied = |errno: i32| (Status::Exited(errno as u8), vec![]);
    assert_eq!(outcome(all, "lstat missing"), undenied(libc::ENOENT));
    assert_eq!(outcome(all, "unlink missing"), undenied(libc::ENOENT));
    assert_eq!(outcome(all, "mkdir link"), undenied(libc::EEXIST));
    let beside = r#"file* (literal "{dir}/file")"#;
    assert_eq!(outcome(beside, "lstat link"), undenied(0));
    assert_eq!(outcome(beside, "unlink link"), undenied(0));
    let pipe = r#"file-read-metadata (require-all (subpath "{dir}") (vnode-type FIFO))"#;
    assert_eq!(outcome(pipe, "lstat link"), undenied(0));
}

#[test]
fn programs_that_are_not_there_are_not_denied() {
    let playground = Playground::new();
    let (status, events) = denied(
        &playground,
        r#"process-exec* (subpath "{dir}")"#,
        "execute no",
    );
    assert_eq!(
        (status, events),
        (Status::Exited(libc::ENOENT as u8), vec![])
    );
}

#[test]
fn own_proc_directory() {
    // Said as /proc/self, which the next run has too.
    let rule = r#"file-read-data (literal "/proc/self/maps")"#;
    for command in ["read /proc/self/maps", "open-after-chdir /proc/self maps"] {
        assert_target(rule, command, "file-read-data", "/proc/self/maps");
    }
    let rule = r#"file-read-data (regex #"^/proc/[0-9]+/maps$")"#;
    assert_target(
        rule,
        "read /proc/self/maps",
        "file-read-data",
        "/proc/self/maps",
    );
}

#[test]
fn descriptors_by_name_are_those_of_the_program() {
    let playground = Playground::new();
    for path in ["/dev/fd/0", "/proc/self/fd/0", "/dev/stdin"] {
        let policy = playground
            .fill(r#"(version 1)(allow default)(deny file-read-data (literal "{dir}/file"))"#);
        let mut job = job(&policy, FIXTURE, &["read", path]);
        let file = std::fs::File::open(playground.at("file")).expect("a file");
        job.stdin = lapbelt_sandbox::Stdio::File(file);
        let (outcome, events) = finish(job);
        assert_eq!(outcome.status, REFUSED, "{path}");
        let target = playground.fill("{dir}/file");
        assert_eq!(
            denials(&events),
            [("file-read-data".to_owned(), target)],
            "{path}"
        );
    }
}

#[test]
fn deleted_files_keep_their_name() {
    let rule = r#"file-write-mode (literal "{dir}/file")"#;
    assert_target(
        rule,
        "open-deleted {dir}/file",
        "file-write-mode",
        "{dir}/file",
    );
    let playground = Playground::new();
    let odd = playground.at("odd (deleted)");
    std::fs::write(&odd, "").expect("a file");
    let policy = format!(
        r#"(version 1)(allow default)(deny file-write-mode (literal "{}"))"#,
        odd.display()
    );
    let (outcome, events) = finish(job(
        &policy,
        FIXTURE,
        &["fchmod", &odd.display().to_string()],
    ));
    assert_eq!((outcome.status, events.len()), (REFUSED, 1));
}

#[test]
fn odd_names() {
    use std::os::unix::ffi::OsStrExt;
    let playground = Playground::new();
    let rule = r#"(version 1)(allow default)(deny file-read-data (subpath "{dir}"))"#;
    for name in [
        &b"a\nb"[..],
        b"\xff\xfe",
        b"\")(allow default)(\"",
        " ".as_bytes(),
        &[b'x'; 255],
    ] {
        let path = playground.path().join(std::ffi::OsStr::from_bytes(name));
        std::fs::write(&path, "").expect("a file");
        let mut job = job(&playground.fill(rule), FIXTURE, &["read"]);
        job.args.push(path.clone().into());
        let (outcome, events) = finish(job);
        assert_eq!(outcome.status, REFUSED);
        let text = lapbelt_policy::event::OwnedValue::Text(path.as_os_str().as_bytes().to_vec());
        assert_eq!(events[0].values[0].1, text);
    }
}

#[test]
fn calls_without_a_path_are_the_kernels() {
    let playground = Playground::new();
    let under = |command: &str| denied(&playground, r#"file-read* (subpath "{dir}")"#, command).0;
    assert_eq!(under("open-null"), Status::Exited(libc::EFAULT as u8));
    assert_eq!(under("read "), Status::Exited(libc::ENOENT as u8));
}

#[test]
fn both_spellings_of_macos_places() {
    // Whether the temporary directory is below /tmp depends on the host; /etc is everywhere.
    for rule in [
        r#"file-read-data (literal "/private/etc/passwd")"#,
        r#"file-read-data (literal "/etc/passwd")"#,
        r#"file-read-data (prefix "/private/etc/pass")"#,
        r#"file-read-data (regex #"^/private/etc/passwd$")"#,
    ] {
        assert_target(rule, "read /etc/passwd", "file-read-data", "/etc/passwd");
    }
}

#[test]
fn a_new_root_is_part_of_the_path() {
    if !is_root() {
        lapbelt_corpus::say_skipped("only root may change its root");
        return;
    }
    let rule = r#"file-read-metadata (literal "{dir}/full/inner")"#;
    let command = "stat-in-chroot {dir}/full /inner";
    assert_target(rule, command, "file-read-metadata", "{dir}/full/inner");
}

#[test]
fn commands_of_terminals_are_free() {
    let playground = Playground::new();
    let (status, events) = denied(
        &playground,
        r#"file-ioctl (subpath "{dir}")"#,
        "ioctl-terminal {dir}/file",
    );
    assert_eq!((status, events), (Status::Exited(0), vec![]));
    let rule = r#"file-ioctl (require-all (subpath "{dir}") (ioctl-command 2148034049))"#;
    assert_target(rule, "ioctl {dir}/file", "file-ioctl", "{dir}/file");
}

#[test]
fn scripts_run_their_interpreter() {
    let rule = r#"process-exec-interpreter (literal "{fixture}")"#;
    assert_target(
        rule,
        "execute {dir}/script",
        "process-exec-interpreter",
        "{fixture}",
    );
    // Under a name of another program too, and through a link to a script.
    let playground = Playground::new();
    std::os::unix::fs::symlink("script", playground.at("alias")).expect("a link");
    let (status, events) = denied(
        &playground,
        r#"process-exec* (literal "{dir}/script")"#,
        "execute {dir}/alias",
    );
    assert_eq!(status, REFUSED);
    assert_eq!(
        events,
        [("process-exec*".to_owned(), playground.fill("{dir}/script"))]
    );
}
