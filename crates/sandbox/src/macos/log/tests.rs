//! Lines of `log stream` and `log show` from end to end: to an event, or to a named reason why none.

use lapbelt_policy::world::{World, shipped};

use super::super::log_event::{NoEvent, event};
use super::super::log_line::{DecidedBy, Refusal, parse};
use super::*;
use crate::denial;

/// What a line came to.
#[derive(Debug, PartialEq)]
enum Came {
    /// Reports, process, decision in the words of the log.
    Event(u64, String, String),
    /// A decision that no profile changes.
    Platform,
    Loss,
    /// No line of the log at all.
    NoEntry,
    NoReport(Refusal),
    NoEvent(NoEvent),
}

fn came(line: &str, world: &World) -> Came {
    let message = match entry(line) {
        None => return Came::NoEntry,
        Some(Entry::Loss) => return Came::Loss,
        Some(Entry::Message(message)) => message,
    };
    let report = match parse(&message) {
        Err(refusal) => return Came::NoReport(refusal),
        Ok(report) => report,
    };
    if report.decided_by == DecidedBy::Platform {
        return Came::Platform;
    }
    match event(&report, world, 0) {
        Err(none) => Came::NoEvent(none),
        Ok(event) => {
            let process = format!("{}[{}]", event.process, event.pid);
            Came::Event(report.reports, process, denial::decision(&event, world))
        }
    }
}

/// A line as the stream writes it, with slashes and quotes escaped.
fn streamed(message: &str) -> String {
    let text = serde_json::to_string(message)
        .expect("a text")
        .replace('/', "\\/");
    format!(
        "{{\"traceID\":1,\"eventMessage\":{text},\"eventType\":\"logEvent\",\"source\":null,\
         \"formatString\":\"%s\",\"senderImagePath\":\"\\/System\\/Library\\/Extensions\\/\
         Sandbox.kext\\/Contents\\/MacOS\\/Sandbox\",\"processID\":0}}"
    )
}

#[test]
fn lines_of_the_stream() {
    let world = shipped("macos-14.4.1").expect("shipped").expect("parses");
    let event = |reports, process: &str, decision: &str| {
        Came::Event(reports, process.to_owned(), decision.to_owned())
    };
    let simple = [
        (
            "file-read-data /private/etc/hosts",
            "file-read-data /private/etc/hosts",
        ),
        (
            "file-read-metadata /private/tmp",
            "file-read-metadata /private/tmp",
        ),
        (
            "file-write-create /private/tmp/a \"b\"",
            "file-write-create /private/tmp/a \"b\"",
        ),
        (
            "file-write-unlink /private/tmp/ü",
            "file-write-unlink /private/tmp/ü",
        ),
        (
            "file-write-data /dev/ttys001",
            "file-write-data /dev/ttys001",
        ),
        (
            "file-ioctl path:/dev/dtracehelper ioctl-command:(_IO \"h\" 4)",
            "file-ioctl /dev/dtracehelper ioctl-command:26628",
        ),
        (
            "file-read-xattr /a/b xattr:com.apple.FinderInfo",
            "file-read-xattr /a/b xattr:com.apple.FinderInfo",
        ),
        ("network-outbound remote:*:2000", "network-outbound *:2000"),
        (
            "network-outbound remote:[::1]:443",
            "network-outbound [::1]:443",
        ),
        (
            "network-outbound /private/var/run/syslog",
            "network-outbound /private/var/run/syslog",
        ),
        ("network-bind local:*:8080", "network-bind *:8080"),
        ("sysctl-read kern.ostype", "sysctl-read kern.ostype"),
        ("mach-lookup com.apple.logd", "mach-lookup com.apple.logd"),
        (
            "ipc-posix-shm-read-data apple.shm.notification_center",
            "ipc-posix-shm-read-data apple.shm.notification_center",
        ),
        ("process-fork", "process-fork"),
        ("process-exec* /usr/bin/id", "process-exec* /usr/bin/id"),
        ("signal", "signal"),
        (
            "darwin-notification-post com.apple.a",
            "darwin-notification-post com.apple.a",
        ),
    ];
    for (report, decision) in simple {
        let wanted = event(1, "x y[7]", &format!("deny(1) {decision}"));
        let line = streamed(&format!("Sandbox: x y(7) deny(1) {report}"));
        assert_eq!(came(&line, &world), wanted, "{line}");
        let folded = streamed(&format!(
            "3 duplicate reports for Sandbox: x y(7) deny(1) {report}"
        ));
        let wanted = event(3, "x y[7]", &format!("deny(1) {decision}"));
        assert_eq!(came(&folded, &world), wanted, "{folded}");
    }
    let refused = |refusal| Came::NoReport(refusal);
    let report = "x(7) deny(1) sysctl-read a";
    let others = [
        (
            streamed("Sandbox: x(7) allow file-write-create /a\nlapbelt-1-2"),
            event(1, "x[7]", "allow file-write-create /a"),
        ),
        (
            streamed(&format!("System Policy: {report}")),
            Came::Platform,
        ),
        (
            streamed(&format!("9 duplicate reports for System Policy: {report}")),
            Came::Platform,
        ),
        (
            streamed("Sandbox apply: sandbox-exec[28657] <bytes>"),
            refused(Refusal::Other),
        ),
        (streamed("Malformed bundle"), refused(Refusal::Other)),
        (
            streamed(&format!("-2 duplicate reports for Sandbox: {report}")),
            refused(Refusal::BadCount("-2".to_owned())),
        ),
        (
            streamed("Sandbox: x deny(1) sysctl-read a"),
            refused(Refusal::NoProcess("x deny(1) sysctl-read a".to_owned())),
        ),
        (
            streamed("Sandbox: x(7) deny(1)"),
            refused(Refusal::NoOperation("x(7) deny(1)".to_owned())),
        ),
        (
            streamed("Sandbox: x(7) deny(1) dream-read /a"),
            Came::NoEvent(NoEvent::UnknownOperation("dream-read".to_owned())),
        ),
        (
            streamed("Sandbox: x(7) deny(1) network-outbound remote:*"),
            Came::NoEvent(NoEvent::BadTarget {
                operation: "network-outbound".to_owned(),
                target: "remote:*".to_owned(),
            }),
        ),
        (
            "{\"eventType\":\"lossEvent\",\"lossCount\":12}".to_owned(),
            Came::Loss,
        ),
        (
            "{\"eventType\":\"activityCreateEvent\"}".to_owned(),
            Came::NoEntry,
        ),
        ("{\"eventMessage\":null}".to_owned(), Came::NoEntry),
        ("{\"eventMessage\":7}".to_owned(), Came::NoEntry),
        (
            "Filtering the log data using \"sender == 1\"".to_owned(),
            Came::NoEntry,
        ),
        (String::new(), Came::NoEntry),
        ("[]".to_owned(), Came::NoEntry),
    ];
    for (line, wanted) in others {
        assert_eq!(came(&line, &world), wanted, "{line}");
    }
    // Cut off anywhere, a line is none.
    let whole = streamed("Sandbox: x(7) deny(1) file-read-data /é");
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        assert_eq!(
            came(&whole[..end], &world),
            Came::NoEntry,
            "{}",
            &whole[..end]
        );
    }
}
