//! From a report in the log to the event it tells of.

use lapbelt_policy::ask::{ask, target_filter};
use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::request::Value;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{FilterId, World};

use super::log_line::LogLine;

/// Why a report tells of no event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoEvent {
    /// An operation that the world does not have.
    #[error("the world has no operation `{0}`")]
    UnknownOperation(String),
    /// A target in a form that the operation does not have.
    #[error("`{target}` is no target of {operation}")]
    BadTarget {
        /// The operation.
        operation: String,
        /// What the log has.
        target: String,
    },
}

/// The event of a report. Its rule is not known: the log does not say which decided.
///
/// # Errors
/// If the operation or its target is not known to the world.
pub fn event(line: &LogLine<'_>, world: &World, time: u64) -> Result<Event, NoEvent> {
    let operation = world
        .operation_named(line.operation)
        .ok_or_else(|| NoEvent::UnknownOperation(line.operation.to_owned()))?;
    let bad = || NoEvent::BadTarget {
        operation: line.operation.to_owned(),
        target: line.target.to_owned(),
    };
    let values = if line.target.is_empty() {
        Vec::new()
    } else if operation.categories.iter().any(|c| c == "network") {
        address(line.target, &operation.name, world).ok_or_else(bad)?
    } else {
        target(line, world).ok_or_else(bad)?
    };
    Ok(Event {
        time,
        pid: line.pid,
        process: line.process.to_owned(),
        operation: operation.id,
        values,
        decision: line.action,
        rule: None,
        granted: false,
        errno: i32::from(line.action == Action::Deny),
        // What is created was not there before; all else the system asks about is.
        exists: operation.name != "file-write-create",
    })
}

/// What may stand beside a path.
const BESIDE_PATH: &[&str] = &["ioctl-command", "xattr", "fsctl-command", "fcntl-command"];

/// What stands beside the domain of a socket, the last first: as our own supervisor says it; no
/// recorded log has a socket that was refused.
const BESIDE_DOMAIN: &[&str] = &["socket-protocol", "socket-type"];

/// `TARGET`, `path:TARGET`, and what may stand beside it: `KEY:VALUE`.
fn target(line: &LogLine<'_>, world: &World) -> Option<Vec<(FilterId, OwnedValue)>> {
    let operation = world.operation_named(line.operation)?;
    let mut text = line.target.strip_prefix("path:").unwrap_or(line.target);
    let mut beside = Vec::new();
    let keys = match operation.name.as_str() {
        "system-socket" => BESIDE_DOMAIN,
        _ => BESIDE_PATH,
    };
    for key in keys {
        if let Some((head, value)) = text.split_once(&format!(" {key}:")) {
            let filter = world.filter_named(key)?.id;
            let value = match command_number(value).or_else(|| named_number(key, value, world)) {
                Some(number) => OwnedValue::Integer(number),
                None => OwnedValue::Text(value.as_bytes().to_vec()),
            };
            beside.insert(0, (filter, value));
            text = head;
        }
    }
    let filter = target_filter(world, operation);
    let mut values = match filter {
        // What no filter of the operation looks at says nothing.
        None => Vec::new(),
        Some(_) => {
            let asked = ask(world, line.operation, Some(text.as_bytes()), &[]).ok()?;
            owned(asked.request().values(), text)
        }
    };
    values.extend(beside);
    Some(values)
}

fn owned<'a>(
    values: impl Iterator<Item = (FilterId, Value<'a>)>,
    host: &str,
) -> Vec<(FilterId, OwnedValue)> {
    values
        .map(|(filter, value)| (filter, OwnedValue::of(value, || host.to_owned())))
        .collect()
}

/// A number by its name, `SOCK_STREAM`.
fn named_number(filter: &str, name: &str, world: &World) -> Option<i64> {
    let values = &world.filter_named(filter)?.values;
    let known = values.iter().find(|(known, _)| known == name);
    known.map(|(_, number)| *number)
}

/// `(_IO "h" 4)`: the group's character × 256 and the number; or a plain number.
fn command_number(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let inner = text.strip_prefix("(_IO \"")?.strip_suffix(')')?;
    let (group, number) = inner.split_once("\" ")?;
    let mut letters = group.chars();
    let (letter, None) = (letters.next()?, letters.next()) else {
        return None;
    };
    Some(i64::from(u32::from(letter)) * 256 + number.parse::<i64>().ok()?)
}

/// `remote:*:80`, `local:localhost:80`, the path of a unix socket. Loopback addresses are logged
/// as `*`, so `*` may be anywhere; the transport is not logged.
fn address(text: &str, operation: &str, world: &World) -> Option<Vec<(FilterId, OwnedValue)>> {
    let mut rest = text;
    while let Some(shorter) = ["remote:", "local:"]
        .iter()
        .find_map(|p| rest.strip_prefix(p))
    {
        rest = shorter;
    }
    for prefix in ["path:", "unix-socket:"] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest);
    }
    let asked = ask(world, operation, Some(rest.as_bytes()), &[]).ok()?;
    let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
    let request = asked.request();
    let kept = request.values().filter(|(_, value)| {
        // What kind of socket it was is a guess.
        matches!(value, Value::Text(_) | Value::Endpoint(_))
    });
    Some(owned(
        kept,
        host.trim_start_matches('[').trim_end_matches(']'),
    ))
}

#[cfg(test)]
mod tests;
