use super::*;

fn line(message: &str) -> LogLine<'_> {
    parse(message).unwrap_or_else(|refusal| panic!("{message}: {refusal}"))
}

/// Reports, process, pid, action, operation, target.
type Told<'t> = (u64, &'t str, u32, Action, &'t str, &'t str);

#[test]
fn reports() {
    let shapes: &[(&str, Told<'_>)] = &[
        (
            "Sandbox: cat(12) deny(1) file-read-data /private/etc/hosts",
            (
                1,
                "cat",
                12,
                Action::Deny,
                "file-read-data",
                "/private/etc/hosts",
            ),
        ),
        (
            "Sandbox: nc(12) deny(1) network-outbound remote:*:2000",
            (
                1,
                "nc",
                12,
                Action::Deny,
                "network-outbound",
                "remote:*:2000",
            ),
        ),
        (
            "Sandbox: id(7) deny(1) sysctl-read kern.ostype",
            (1, "id", 7, Action::Deny, "sysctl-read", "kern.ostype"),
        ),
        (
            "Sandbox: id(7) deny(1) process-fork",
            (1, "id", 7, Action::Deny, "process-fork", ""),
        ),
        (
            "Sandbox: a b(c)(7) deny(2) process-fork",
            (1, "a b(c)", 7, Action::Deny, "process-fork", ""),
        ),
        (
            "Sandbox: x(7) deny(1) file-ioctl path:/dev/dtracehelper ioctl-command:(_IO \"h\" 4)",
            (
                1,
                "x",
                7,
                Action::Deny,
                "file-ioctl",
                "path:/dev/dtracehelper ioctl-command:(_IO \"h\" 4)",
            ),
        ),
        (
            "4 duplicate reports for Sandbox: x(7) deny(1) sysctl-read a.b",
            (4, "x", 7, Action::Deny, "sysctl-read", "a.b"),
        ),
        (
            "1 duplicate report for Sandbox: x(7) deny(1) sysctl-read a.b",
            (1, "x", 7, Action::Deny, "sysctl-read", "a.b"),
        ),
        (
            "2026-01-03 10:22:51.681701-0800  localhost kernel[0]: (Sandbox) Sandbox: r(64309) \
             deny(1) file-read-data /private/tmp/foo",
            (
                1,
                "r",
                64309,
                Action::Deny,
                "file-read-data",
                "/private/tmp/foo",
            ),
        ),
        (
            "Sandbox: x(7) allow file-write-create /private/tmp/a b",
            (
                1,
                "x",
                7,
                Action::Allow,
                "file-write-create",
                "/private/tmp/a b",
            ),
        ),
        (
            "Sandbox: x(7) deny file-read-data /a) deny(1) b",
            (1, "x", 7, Action::Deny, "file-read-data", "/a) deny(1) b"),
        ),
        (
            "Sandbox: é日(7) deny(1) file-read-data /é",
            (1, "é日", 7, Action::Deny, "file-read-data", "/é"),
        ),
        (
            "Sandbox: x(7) deny(1) file-read-data /Sandbox: y(8) deny(1) z",
            (
                1,
                "x",
                7,
                Action::Deny,
                "file-read-data",
                "/Sandbox: y(8) deny(1) z",
            ),
        ),
        (
            "Sandbox: x(7) allow(1) file-read-data /a",
            (1, "x", 7, Action::Allow, "file-read-data", "/a"),
        ),
    ];
    for (message, wanted) in shapes {
        let line = line(message);
        assert_eq!(line.decided_by, DecidedBy::Profile, "{message}");
        let found = (
            line.reports,
            line.process,
            line.pid,
            line.action,
            line.operation,
            line.target,
        );
        assert_eq!(found, *wanted, "{message}");
        assert_eq!(line.message, "", "{message}");
    }
}

#[test]
fn the_platform_is_told_apart() {
    let line =
        line("System Policy: Update(28805) deny(1) file-read-data /Users/a/Autosave Information");
    assert_eq!(line.decided_by, DecidedBy::Platform);
    assert_eq!(line.target, "/Users/a/Autosave Information");
}

#[test]
fn a_message_of_the_rule_stands_below() {
    let line = line("Sandbox: x(7) deny(1) file-read-data /a\nlapbelt-1\nmore");
    assert_eq!((line.target, line.message), ("/a", "lapbelt-1\nmore"));
}

#[test]
fn others_are_refused_by_name() {
    let refused: &[(&str, Refusal)] = &[
        ("", Refusal::Other),
        ("Sandbox apply: sandbox-exec[28657] <bytes>", Refusal::Other),
        ("Sandbox:", Refusal::Other),
        ("Filtering the log data using \"x\"", Refusal::Other),
        ("Sandbox: ", Refusal::NoProcess(String::new())),
        (
            "Sandbox: x deny(1) file-read-data",
            Refusal::NoProcess("x deny(1) file-read-data".into()),
        ),
        (
            "Sandbox: x() deny(1) file-read-data",
            Refusal::NoProcess("x() deny(1) file-read-data".into()),
        ),
        (
            "Sandbox: x(-1) deny(1) file-read-data",
            Refusal::NoProcess("x(-1) deny(1) file-read-data".into()),
        ),
        (
            "Sandbox: x(99999999999) deny(1) file-read-data",
            Refusal::NoProcess("x(99999999999) deny(1) file-read-data".into()),
        ),
        (
            "Sandbox: x(7) refused(1) file-read-data",
            Refusal::NoProcess("x(7) refused(1) file-read-data".into()),
        ),
        (
            "Sandbox: x(7) deny(1)",
            Refusal::NoOperation("x(7) deny(1)".into()),
        ),
        (
            "Sandbox: x(7) deny(1) ",
            Refusal::NoOperation("x(7) deny(1) ".into()),
        ),
        (
            "many duplicate reports for Sandbox: x(7) deny(1) sysctl-read a",
            Refusal::BadCount("many".into()),
        ),
        (
            " duplicate reports for Sandbox: x(7) deny(1) sysctl-read a",
            Refusal::BadCount(String::new()),
        ),
    ];
    for (message, wanted) in refused {
        assert_eq!(parse(message).as_ref(), Err(wanted), "{message}");
    }
}

proptest::proptest! {
    #[test]
    fn no_message_is_too_strange(message in ".*") {
        let _ = parse(&message);
        let _ = parse(&format!("Sandbox: {message}"));
        let _ = parse(&format!("Sandbox: x(1) deny{message}"));
    }
}
