use lapbelt_policy::request::{Endpoint, Transport};
use lapbelt_policy::world::shipped;

use super::super::log_line::parse;
use super::*;

fn world() -> World {
    shipped("macos-14.4.1")
        .expect("shipped")
        .expect("it parses")
}

fn values(rest: &str) -> Result<Vec<(String, OwnedValue)>, NoEvent> {
    let message = format!("Sandbox: x(7) deny(1) {rest}");
    let world = world();
    let line = parse(&message).expect("a report");
    let event = event(&line, &world, 5)?;
    assert_eq!((event.pid, event.time, event.rule), (7, 5, None));
    Ok(event
        .values
        .into_iter()
        .map(|(filter, value)| (world.filter(filter).name.clone(), value))
        .collect())
}

fn text(text: &str) -> OwnedValue {
    OwnedValue::Text(text.as_bytes().to_vec())
}

fn internet(loopback: bool, port: u16, host: &str) -> OwnedValue {
    let end = Endpoint::Internet {
        v6: host.contains(':'),
        transport: Transport::Tcp,
        loopback,
        port,
    };
    OwnedValue::Endpoint(end, host.to_owned())
}

#[test]
fn targets_of_all_kinds() {
    let kinds: &[(&str, &[(&str, OwnedValue)])] = &[
        (
            "file-read-data /private/etc/hosts",
            &[("path", text("/private/etc/hosts"))],
        ),
        ("file-read-metadata path:/a", &[("path", text("/a"))]),
        ("file-write-create /a b", &[("path", text("/a b"))]),
        (
            "process-exec* /usr/bin/id",
            &[("path", text("/usr/bin/id"))],
        ),
        ("process-fork", &[]),
        (
            "sysctl-read kern.ostype",
            &[("sysctl-name", text("kern.ostype"))],
        ),
        (
            "mach-lookup com.apple.system.opendirectoryd.libinfo",
            &[(
                "global-name",
                text("com.apple.system.opendirectoryd.libinfo"),
            )],
        ),
        (
            "ipc-posix-shm-read-data apple.shm.notification_center",
            &[("ipc-posix-name", text("apple.shm.notification_center"))],
        ),
        (
            "file-ioctl path:/dev/dtracehelper ioctl-command:(_IO \"h\" 4)",
            &[
                ("path", text("/dev/dtracehelper")),
                ("ioctl-command", OwnedValue::Integer(0x6804)),
            ],
        ),
        (
            "system-socket AF_INET socket-type:SOCK_STREAM socket-protocol:IPPROTO_TCP",
            &[
                ("socket-domain", OwnedValue::Integer(2)),
                ("socket-type", OwnedValue::Integer(1)),
                ("socket-protocol", OwnedValue::Integer(6)),
            ],
        ),
        (
            "system-socket AF_SYSTEM",
            &[("socket-domain", OwnedValue::Integer(32))],
        ),
        (
            "file-read-data /a socket-type:SOCK_STREAM",
            &[("path", text("/a socket-type:SOCK_STREAM"))],
        ),
        (
            "file-read-xattr /a xattr:com.apple.quarantine",
            &[
                ("path", text("/a")),
                ("xattr", text("com.apple.quarantine")),
            ],
        ),
        (
            "network-outbound remote:*:2000",
            &[("remote", internet(false, 2000, "*"))],
        ),
        (
            "network-outbound *:2000",
            &[("remote", internet(false, 2000, "*"))],
        ),
        (
            "network-outbound remote:localhost:80",
            &[("remote", internet(true, 80, "localhost"))],
        ),
        (
            "network-outbound remote:remote:127.0.0.1:80",
            &[("remote", internet(true, 80, "127.0.0.1"))],
        ),
        (
            "network-outbound remote:[::1]:80",
            &[("remote", internet(true, 80, "::1"))],
        ),
        (
            "network-bind local:*:0",
            &[("local", internet(false, 0, "*"))],
        ),
        (
            "network-inbound local:*:*",
            &[("local", internet(false, 0, "*"))],
        ),
        (
            "network-outbound /private/var/run/syslog",
            &[
                ("path", text("/private/var/run/syslog")),
                (
                    "remote",
                    OwnedValue::Endpoint(Endpoint::Unix, "/private/var/run/syslog".into()),
                ),
            ],
        ),
        (
            "network-outbound unix-socket:/a:b",
            &[
                ("path", text("/a:b")),
                ("remote", OwnedValue::Endpoint(Endpoint::Unix, "/a".into())),
            ],
        ),
    ];
    for (rest, wanted) in kinds {
        let found = values(rest).unwrap_or_else(|none| panic!("{rest}: {none}"));
        let wanted: Vec<(String, OwnedValue)> = wanted
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        assert_eq!(found, wanted, "{rest}");
    }
}

#[test]
fn what_a_rule_could_not_name_is_refused() {
    assert_eq!(
        values("file-dream /a"),
        Err(NoEvent::UnknownOperation("file-dream".into()))
    );
    for (operation, target) in [
        ("network-outbound", "remote:nonsense"),
        ("network-outbound", "remote:*:port"),
        ("network-bind", "local:"),
    ] {
        let refused = Err(NoEvent::BadTarget {
            operation: operation.into(),
            target: target.into(),
        });
        assert_eq!(values(&format!("{operation} {target}")), refused);
    }
}
