//! Questions as a person writes them.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::world::shipped;

fn world(name: &str) -> World {
    shipped(name).expect("a shipped world").expect("it parses")
}

/// Read once for all cases of a property.
static MACOS: LazyLock<World> = LazyLock::new(|| world("macos-14.4.1"));

/// The values of a request by the names of their filters.
fn values<'t>(
    operation: &str,
    target: impl Into<Option<&'t str>>,
    extra: &[(&str, &str)],
) -> Vec<(String, String)> {
    let world = world("macos-14.4.1");
    let extra: Vec<_> = extra
        .iter()
        .map(|(name, value)| parse_value(&world, name, value).expect("a value"))
        .collect();
    let target = target.into().map(str::as_bytes);
    let asked = ask(&world, operation, target, &extra).expect("a request");
    let show = |value: Value<'_>| match value {
        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
        other => format!("{other:?}"),
    };
    asked
        .request()
        .values()
        .map(|(id, v)| (world.filter(id).name.clone(), show(v)))
        .collect()
}

fn first(operation: &str, target: &str) -> (String, String) {
    values(operation, target, &[]).swap_remove(0)
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn targets_are_values_of_the_operations_own_filter() {
    assert_eq!(first("file-read-data", "/x"), pair("path", "/x"));
    assert_eq!(first("process-exec", "/bin/sh"), pair("path", "/bin/sh"));
    assert_eq!(first("mach-lookup", "a.b"), pair("global-name", "a.b"));
    assert_eq!(
        first("sysctl-read", "kern.x"),
        pair("sysctl-name", "kern.x")
    );
    assert_eq!(
        first("ipc-posix-shm-read-data", "s"),
        pair("ipc-posix-name", "s")
    );
    assert_eq!(
        first("iokit-open-user-client", "C"),
        pair("iokit-registry-entry-class", "C")
    );
    assert_eq!(
        first("darwin-notification-post", "n"),
        pair("notification-name", "n")
    );
    assert_eq!(first("signal", "self"), pair("target", "Integer(1)"));
    assert_eq!(
        first("system-socket", "AF_INET"),
        pair("socket-domain", "Integer(2)")
    );
    assert_eq!(values("process-fork", "whatever", &[]), []);
}

#[test]
fn a_connection_has_a_socket() {
    let seen = values("network-outbound", "127.0.0.1:80", &[]);
    let names: Vec<_> = seen.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["remote", "socket-domain", "socket-type", "socket-protocol"]
    );
    assert_eq!(seen[3].1, "Integer(6)");
    assert_eq!(first("network-bind", "*:80").0, "local");
    let udp = values(
        "network-outbound",
        "[::1]:53",
        &[("socket-type", "SOCK_DGRAM")],
    );
    assert!(
        udp.contains(&pair("socket-protocol", "Integer(17)")),
        "{udp:?}"
    );
    assert!(
        udp.contains(&pair("socket-domain", "Integer(30)")),
        "{udp:?}"
    );
    assert_eq!(
        udp.iter().filter(|(name, _)| name == "socket-type").count(),
        1
    );
    for unix in ["/a/b", "unix:/a/b"] {
        let seen = values("network-outbound", unix, &[]);
        let endpoint = pair("remote", "Endpoint(Unix)");
        assert_eq!(
            seen,
            [
                pair("path", "/a/b"),
                endpoint,
                pair("socket-domain", "Integer(1)")
            ]
        );
    }
}

#[test]
fn an_address_is_of_a_socket_however_it_is_given() {
    let seen = values(
        "network-outbound",
        None,
        &[("remote", "[::1]:53"), ("socket-protocol", "IPPROTO_TCP")],
    );
    for own in [
        pair("socket-domain", "Integer(30)"),
        pair("socket-type", "Integer(1)"),
        pair("socket-protocol", "Integer(6)"),
    ] {
        let times = seen.iter().filter(|one| **one == own).count();
        assert_eq!(times, 1, "{own:?} {seen:?}");
    }
    let seen = values("network-bind", None, &[("path", "/a")]);
    assert_eq!(
        seen[1..],
        [
            pair("local", "Endpoint(Unix)"),
            pair("socket-domain", "Integer(1)")
        ]
    );
    let seen = values("network-outbound", None, &[("control-name", "a")]);
    assert_eq!(seen[1..], [pair("socket-domain", "Integer(32)")]);
    // The other end is of the same socket.
    let seen = values("network-bind", None, &[("remote", "udp:1.2.3.4:53")]);
    assert!(
        seen.contains(&pair("socket-type", "Integer(2)")),
        "{seen:?}"
    );
    // Given as it is, it counts.
    let seen = values(
        "network-outbound",
        "/a",
        &[("remote", "tcp:1.2.3.4:80"), ("socket-type", "SOCK_RAW")],
    );
    let times = |name: &str| seen.iter().filter(|one| one.0 == name).count();
    assert_eq!((times("remote"), times("socket-type")), (1, 1), "{seen:?}");
    let seen = values(
        "network-outbound",
        "unix:/a",
        &[("socket-domain", "AF_SYSTEM")],
    );
    assert!(
        !seen.contains(&pair("socket-domain", "Integer(1)")),
        "{seen:?}"
    );
}

#[test]
fn addresses() {
    let parse = |text: &str| match address::internet(text.as_bytes(), Transport::Tcp) {
        Some((
            Endpoint::Internet {
                v6,
                transport,
                loopback,
                port,
            },
            host,
        )) => Some((
            v6,
            transport == Transport::Udp,
            loopback,
            port,
            host.to_owned(),
        )),
        _ => None,
    };
    let is = |v6, udp, loopback, port, host: &str| Some((v6, udp, loopback, port, host.to_owned()));
    assert_eq!(
        parse("127.0.0.1:80"),
        is(false, false, true, 80, "127.0.0.1")
    );
    assert_eq!(parse("[::1]:80"), is(true, false, true, 80, "[::1]"));
    assert_eq!(
        parse("[::ffff:127.0.0.1]:80"),
        is(false, false, true, 80, "[::ffff:127.0.0.1]")
    );
    assert_eq!(parse("localhost:*"), is(false, false, true, 0, "localhost"));
    assert_eq!(
        parse("udp:example.com:443"),
        is(false, true, false, 443, "example.com")
    );
    assert_eq!(parse("*:80"), is(false, false, false, 80, "*"));
    for bad in [
        "",
        ":80",
        "host",
        "host:",
        "host:99999",
        "[::1:80",
        "[x]:1",
        "a b:1",
        "http://a:1",
    ] {
        assert_eq!(parse(bad), None, "{bad}");
    }
}

#[test]
fn values_by_the_kind_of_the_filter() {
    let world = world("macos-14.4.1");
    let parse = |name, value| parse_value(&world, name, value).map(|(_, value)| value);
    assert_eq!(parse("literal", "/x"), Ok(OwnedValue::Text(b"/x".to_vec())));
    assert_eq!(parse("vnode-type", "SYMLINK"), Ok(OwnedValue::Integer(5)));
    assert_eq!(parse("uid", "501"), Ok(OwnedValue::Integer(501)));
    assert_eq!(
        parse("ioctl-command", "0x6804"),
        Ok(OwnedValue::Integer(0x6804))
    );
    assert_eq!(parse("file-mode", "0644"), Ok(OwnedValue::Bits(0o644)));
    assert_eq!(parse("file-mode", "#o4000"), Ok(OwnedValue::Bits(0o4000)));
    assert_eq!(parse("file-mode", "0o644"), Ok(OwnedValue::Bits(0o644)));
    for zero in ["0", "00"] {
        assert_eq!(parse("file-mode", zero), Ok(OwnedValue::Bits(0)));
    }
    for decimal in ["600", "384"] {
        let error = parse("file-mode", decimal).expect_err("no octal");
        assert!(error.to_string().contains("0600"), "{error}");
    }
    assert_eq!(
        parse("extension-path-ancestor", "#t"),
        Ok(OwnedValue::Bool(true))
    );
    let host = match parse("remote", "tcp:example.com:80") {
        Ok(OwnedValue::Endpoint(_, host)) => host,
        other => panic!("{other:?}"),
    };
    assert_eq!(host, "example.com");
    // As examples of differences show them.
    let transport = |value| match parse("remote", value) {
        Ok(OwnedValue::Endpoint(Endpoint::Internet { transport, .. }, _)) => Some(transport),
        Ok(OwnedValue::Endpoint(Endpoint::Unix, _)) => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(transport("other:192.0.2.1:1"), Some(Transport::Other));
    assert_eq!(transport("unix:"), None);
    for (name, value) in [
        ("vnode-type", "LINK"),
        ("file-mode", "rw"),
        ("file-mode", "08"),
        ("extension-path-ancestor", "1"),
        ("remote", "nowhere"),
    ] {
        assert!(
            matches!(parse(name, value), Err(AskError::BadValue { .. })),
            "{name}={value}"
        );
    }
    assert_eq!(
        parse("colour", "red"),
        Err(AskError::UnknownFilter {
            name: "colour".into(),
            near: None
        })
    );
}

#[test]
fn questions_that_make_no_request() {
    let world = world("macos-14.4.1");
    let error = |operation, target: &str, extra: &[_]| {
        ask(&world, operation, Some(target.as_bytes()), extra)
            .map(|_| ())
            .expect_err("no request")
    };
    assert_eq!(
        error("file-raed", "/", &[]),
        AskError::UnknownOperation {
            name: "file-raed".into(),
            near: Some("file-read*".into())
        }
    );
    assert!(matches!(
        error("network-outbound", "nowhere", &[]),
        AskError::BadValue { .. }
    ));
    assert!(matches!(
        error("signal", "launchd", &[]),
        AskError::BadValue { .. }
    ));
}

#[test]
fn a_question_has_any_number_of_values() {
    let many: Vec<String> = (0..50).map(|number| format!("x{number}")).collect();
    let extra: Vec<_> = many.iter().map(|one| ("extension", one.as_str())).collect();
    assert_eq!(values("file-read-data", "/", &extra).len(), 51);
}

#[test]
fn spellings_of_paths() {
    let (macos, linux) = (world("macos-14.4.1"), world("linux"));
    let canonical = |world, path: &str| {
        String::from_utf8(canonical_path(world, path.as_bytes())).expect("text")
    };
    for (path, on_macos) in [
        ("/tmp/x", "/private/tmp/x"),
        ("/tmp", "/private/tmp"),
        ("/tmpx", "/tmpx"),
        ("/a/./b//../c/", "/a/c"),
        ("/..", "/"),
        ("/System/Volumes/Data/private/tmp/x", "/private/tmp/x"),
        ("/etc/../tmp", "/private/tmp"),
        ("relative/../x", "relative/../x"),
        ("", ""),
    ] {
        assert_eq!(canonical(&macos, path), on_macos, "{path}");
    }
    assert_eq!(canonical(&linux, "/tmp/./x"), "/tmp/x");
    let other = |world: &World, path: &str| {
        other_spelling(
            world.filter_named("path").expect("a filter"),
            path.as_bytes(),
        )
    };
    assert_eq!(other(&linux, "/tmp/x"), Some(b"/private/tmp/x".to_vec()));
    assert_eq!(other(&linux, "/private/etc"), Some(b"/etc".to_vec()));
    assert_eq!(other(&linux, "/usr"), None);
    assert_eq!(other(&macos, "/tmp/x"), None);
}

proptest! {
    #[test]
    fn canonical_paths_stay_so(path in "(/|\\.|\\.\\.|tmp|private|System/Volumes/Data|x){0,12}") {
        let once = canonical_path(&MACOS, path.as_bytes());
        prop_assert_eq!(canonical_path(&MACOS, &once), once);
    }

    #[test]
    fn no_question_panics(operation in 0..196_u16, target in "\\PC{0,12}", name in 0..93_usize) {
        let extra: Vec<_> = parse_value(&MACOS, &MACOS.filters()[name].name, &target).into_iter().collect();
        let operation = &MACOS.operations()[usize::from(operation)].name;
        let _ = ask(&MACOS, operation, Some(target.as_bytes()), &extra);
    }
}
