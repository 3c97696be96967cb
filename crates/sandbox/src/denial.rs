//! Denials in print: for a person, as the unified log of macOS words them, and as its ndjson.

use std::fmt::Write;

use lapbelt_policy::deceptive::is_deceptive;
use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::request::Endpoint;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{Beside, OperationId, World};

/// For a person: `deny(1) file-read-data /etc/passwd — ls[123], default`.
pub fn line(event: &Event, world: &World, policy: &Policy) -> String {
    let granted = if event.granted { ", granted" } else { "" };
    let (name, place) = (
        escaped(event.process.as_bytes()),
        place(event, world, policy),
    );
    format!(
        "{} — {name}[{}], {place}{granted}",
        decision(event, world),
        event.pid
    )
}

/// As macOS logs it: `Sandbox: ls(123) deny(1) file-read-data /etc/passwd`.
pub fn log_text(event: &Event, world: &World) -> String {
    let name = escaped(event.process.as_bytes());
    format!("Sandbox: {name}({}) {}", event.pid, decision(event, world))
}

/// One line of JSON with the field names of `log stream --style ndjson`. `started` is the time at
/// which the run started, in nanoseconds since 1970; the timestamp is in UTC. `message` is that of
/// the rule that decided.
pub fn ndjson(event: &Event, message: Option<&str>, world: &World, started: u64) -> String {
    let text = log_text(event, world);
    let text = message.map_or_else(|| text.clone(), |message| format!("{text}\n{message}"));
    format!(
        r#"{{"timestamp":"{}","eventType":"logEvent","messageType":"Error","subsystem":"com.apple.sandbox.reporting","category":"violation","processID":{},"processImagePath":{},"eventMessage":{}}}"#,
        timestamp(started.saturating_add(event.time)),
        event.pid,
        json(&event.process),
        json(&text),
    )
}

/// The operation whose default decided where no rule did: the nearest that has one of its own, from
/// the one that was asked upwards; if none has, that of the profile.
pub fn defaulting(event: &Event, world: &World, policy: &Policy) -> OperationId {
    let mut operation = world.operation(event.operation);
    while let (None, Some(parent)) = (operation.own_default(policy.version), operation.parent) {
        operation = world.operation(parent);
    }
    operation.id
}

/// Where the deciding rule stands, `file:line`; `default` if no rule of the profile decided or the
/// one that did is its `(deny default)`, and whose default it is if the operation has one of its own.
pub fn place(event: &Event, world: &World, policy: &Policy) -> String {
    let rule = event
        .rule
        .and_then(|found| Some((found, policy.rules.get(found.rule as usize)?)));
    let Some((found, rule)) = rule else {
        let operation = defaulting(event, world, policy);
        return if operation == world.root() {
            "default".into()
        } else {
            format!("own default of {}", world.operation(operation).name)
        };
    };
    if found.filter.is_none() && rule.operations.contains(&world.root()) {
        return "default".into();
    }
    let Some(origin) = rule.origin else {
        return format!("rule {}", found.rule + 1);
    };
    let source = policy.sources.get(origin.source.0 as usize);
    let source = source.map_or_else(String::new, |name| escaped(name.as_bytes()));
    format!("{source}:{}", origin.line)
}

/// What a request is about: its first value, and the attribute or command beside a path, the type
/// and protocol beside the domain of a socket.
pub fn target(event: &Event, world: &World) -> String {
    let mut out = String::new();
    let mut shown = "";
    let numbers = event
        .values
        .iter()
        .filter_map(|(filter, value)| match value {
            OwnedValue::Integer(number) => Some(Filter::Test(Test {
                filter: *filter,
                argument: Argument::Integer(*number),
            })),
            _ => None,
        });
    let others = Beside::default().with(&numbers.collect::<Vec<_>>(), world);
    for (i, (filter, value)) in event.values.iter().enumerate() {
        let info = world.filter(*filter);
        let beside = match shown {
            "path" => matches!(info.name.as_str(), "xattr" | "ioctl-command"),
            // Protocol 0 is whatever goes with the type.
            "socket-domain" => info.category == "socket" && *value != OwnedValue::Integer(0),
            _ => false,
        };
        if i > 0 && !beside {
            continue;
        }
        if beside {
            let _ = write!(out, " {}:", info.name);
        }
        if i == 0 {
            shown = &info.name;
        }
        match value {
            OwnedValue::Text(text) | OwnedValue::Entitlement { name: text, .. } => {
                out.push_str(&escaped(text));
            }
            OwnedValue::Integer(number) => {
                let names = world.number_names_beside(info, *number, &others);
                let _ = match names.as_slice() {
                    [] => write!(out, "{number}"),
                    // What would tell them apart is not known.
                    names => write!(out, "{}", names.join(" or ")),
                };
            }
            OwnedValue::Bits(bits) => drop(write!(out, "0{bits:o}")),
            OwnedValue::Bool(flag) => drop(write!(out, "{flag}")),
            OwnedValue::Endpoint(Endpoint::Unix, _) => out.push_str("unix-socket"),
            OwnedValue::Endpoint(Endpoint::Internet { v6, port, .. }, host) => {
                let host = escaped(host.as_bytes());
                let _ = match v6 {
                    true => write!(out, "[{host}]:{port}"),
                    false => write!(out, "{host}:{port}"),
                };
            }
        }
    }
    out
}

/// What was decided, in the words of the log: `deny(1) file-read-data /etc/passwd`.
pub fn decision(event: &Event, world: &World) -> String {
    use lapbelt_policy::rule::Action;
    let word = match event.decision {
        Action::Deny => "deny(1)",
        Action::Allow => "allow",
    };
    format!("{word} {}", asked(event, world))
}

/// What was asked, the operation and its target: `file-read-data /etc/passwd`.
pub fn asked(event: &Event, world: &World) -> String {
    let (operation, target) = (&world.operation(event.operation).name, target(event, world));
    let space = if target.is_empty() { "" } else { " " };
    format!("{operation}{space}{target}")
}

/// Text with what could deceive a reader or a terminal made visible: control characters and
/// invisible ones as `\u{..}`, bytes that are not UTF-8 as `\xNN`, a backslash as two.
pub fn escaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                _ if is_deceptive(character) => {
                    let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
                }
                _ => out.push(character),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// A JSON string.
fn json(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\0'..='\u{1f}' => drop(write!(out, "\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// `2026-11-21 04:12:57.123456+0000` of nanoseconds since 1970.
fn timestamp(nanoseconds: u64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let micros = nanoseconds / 1_000 % 1_000_000;
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, date) = civil(day);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02} {hour:02}:{minute:02}:{second:02}.{micros:06}+0000")
}

/// Year, month and day of the Gregorian calendar of a day since 1970. Counted from March, a leap
/// day is the last of its year, and months are 153 days in every five.
fn civil(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468; // from 1 March of the year 0
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (400 * era + year + u64::from(month <= 2), month, date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapbelt_policy::request::Transport;
    use lapbelt_policy::rule::{Action, Rule, RuleRef, Version};
    use lapbelt_policy::world::shipped;

    fn world() -> World {
        shipped("linux").unwrap().unwrap()
    }

    fn event(world: &World, operation: &str, values: &[(&str, OwnedValue)]) -> Event {
        let filter = |name: &str| world.filter_named(name).unwrap().id;
        Event {
            time: 1_500,
            pid: 123,
            process: "ls".into(),
            operation: world.operation_named(operation).unwrap().id,
            values: values
                .iter()
                .map(|(name, value)| (filter(name), value.clone()))
                .collect(),
            decision: Action::Deny,
            rule: Some(RuleRef {
                rule: 0,
                filter: None,
            }),
            granted: false,
            errno: 1,
            exists: true,
        }
    }

    fn policy(world: &World, operation: &str) -> Policy {
        Policy {
            version: Version::V1,
            rules: vec![Rule {
                action: Action::Deny,
                operations: vec![world.operation_named(operation).unwrap().id],
                filters: vec![],
                modifiers: vec![],
                origin: None,
            }],
            sources: vec![],
            implied: true,
        }
    }

    fn text(text: &str) -> OwnedValue {
        OwnedValue::Text(text.as_bytes().to_vec())
    }

    #[test]
    fn a_default_is_said_whose_it_is() {
        let world = world();
        let policy = policy(&world, "default");
        let by_default = |operation| {
            let unruled = Event {
                rule: None,
                ..event(&world, operation, &[])
            };
            place(&unruled, &world, &policy)
        };
        assert_eq!(by_default("file-read-data"), "default");
        let own = "own default of file-write-setugid";
        assert_eq!(by_default("file-write-setugid"), own);
    }

    #[test]
    fn the_three_forms() {
        let world = world();
        let event = event(&world, "file-read-data", &[("path", text("/etc/passwd"))]);
        let deny_default = policy(&world, "default");
        assert_eq!(
            line(&event, &world, &deny_default),
            "deny(1) file-read-data /etc/passwd — ls[123], default"
        );
        let other = policy(&world, "file-read-data");
        assert!(line(&event, &world, &other).ends_with("ls[123], rule 1"));
        assert_eq!(
            log_text(&event, &world),
            "Sandbox: ls(123) deny(1) file-read-data /etc/passwd"
        );
        assert_eq!(
            ndjson(&event, None, &world, 1_795_234_377_123_456_000),
            "{\"timestamp\":\"2026-11-21 04:12:57.123457+0000\",\"eventType\":\"logEvent\",\
             \"messageType\":\"Error\",\"subsystem\":\"com.apple.sandbox.reporting\",\
             \"category\":\"violation\",\"processID\":123,\"processImagePath\":\"ls\",\
             \"eventMessage\":\"Sandbox: ls(123) deny(1) file-read-data /etc/passwd\"}"
        );
    }

    #[test]
    fn targets() {
        let world = world();
        let named = |operation, values: &[(&str, OwnedValue)]| {
            target(&event(&world, operation, values), &world)
        };
        let end = Endpoint::Internet {
            v6: true,
            transport: Transport::Tcp,
            loopback: true,
            port: 8,
        };
        assert_eq!(
            named(
                "network-outbound",
                &[("remote", OwnedValue::Endpoint(end, "::1".into()))]
            ),
            "[::1]:8"
        );
        assert_eq!(
            named(
                "file-read-xattr",
                &[("path", text("/a")), ("xattr", text("user.b"))]
            ),
            "/a xattr:user.b"
        );
        assert_eq!(
            named("signal", &[("target", OwnedValue::Integer(3))]),
            "others"
        );
        assert_eq!(
            named("file-read-data", &[("file-mode", OwnedValue::Bits(0o644))]),
            "0644"
        );
        assert_eq!(named("process-fork", &[]), "");
    }

    #[test]
    fn a_number_with_several_names_has_the_one_that_is_meant() {
        let world = shipped("macos-14.4.1").unwrap().unwrap();
        let shown = |values: &[(&str, i64)]| {
            let values = values.iter();
            let values = values.map(|(filter, number)| (*filter, OwnedValue::Integer(*number)));
            let values: Vec<_> = values.collect();
            target(&event(&world, "system-socket", &values), &world)
        };
        let socket =
            |domain, protocol| shown(&[("socket-domain", domain), ("socket-protocol", protocol)]);
        assert_eq!(socket(32, 2), "AF_SYSTEM socket-protocol:SYSPROTO_CONTROL");
        assert_eq!(socket(2, 2), "AF_INET socket-protocol:IPPROTO_IGMP");
        // The protocols of other domains have no names.
        assert_eq!(socket(17, 2), "AF_ROUTE socket-protocol:2");
        assert_eq!(socket(1, 2), "AF_UNIX socket-protocol:2");
        // Either may be meant where the domain is not known.
        assert_eq!(
            shown(&[("socket-protocol", 2)]),
            "IPPROTO_IGMP or SYSPROTO_CONTROL"
        );
    }

    #[test]
    fn nothing_deceives() {
        assert_eq!(escaped(b"/a\nb\x1b[2J\xff\\"), "/a\\nb\\u{1b}[2J\\xff\\\\");
        assert_eq!(escaped("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(escaped("/é/日本".as_bytes()), "/é/日本");
        assert_eq!(json("a\"b\\c\u{1}"), "\"a\\\"b\\\\c\\u0001\"");
        let world = world();
        let event = event(
            &world,
            "file-read-data",
            &[("path", text("/a\nSandbox: fake"))],
        );
        assert_eq!(log_text(&event, &world).lines().count(), 1);
    }

    #[test]
    fn days() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_778), (2026, 11, 21));
        assert_eq!(civil(47_540), (2100, 2, 28));
        assert_eq!(civil(47_541), (2100, 3, 1));
    }
}
