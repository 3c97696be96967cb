//! From what a person writes (`network-outbound 127.0.0.1:80`) to a request.

mod address;
mod path;
mod question;
#[cfg(test)]
mod tests;
mod value;

pub use path::{canonical_path, other_spelling};
pub use question::{Answer, Question};
pub use value::parse_value;

use crate::event::OwnedValue;
use crate::graph::loads;
use crate::request::{Endpoint, Request, Transport, Value};
use crate::socket::{End, OF_CONTROL_NAMES, usual};
use crate::world::{FilterId, Operation, OperationId, World, nearest};

/// Why a question makes no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// No operation of that name.
    #[error("unknown operation `{name}`{}", did_you_mean(near))]
    UnknownOperation {
        /// What was given.
        name: String,
        /// The nearest name that is one.
        near: Option<String>,
    },
    /// No filter of that name.
    #[error("unknown filter `{name}`{}", did_you_mean(near))]
    UnknownFilter {
        /// What was given.
        name: String,
        /// The nearest name that is one.
        near: Option<String>,
    },
    /// A value that the filter does not take.
    #[error("`{value}` is no value of {filter}: expected {expected}")]
    BadValue {
        /// The filter.
        filter: String,
        /// What was given.
        value: String,
        /// What would do.
        expected: &'static str,
    },
}

fn did_you_mean(near: &Option<String>) -> String {
    match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None => "; `lapbelt world show` lists those of a world".to_string(),
    }
}

/// The filters that the targets of messages are values of, by operation: those of their category are
/// about kernel routines first.
const OF_MESSAGES: &[(&str, &str)] = &[
    ("mach-message-send", "message-number"),
    ("xpc-message-send", "message-name"),
];

/// For the first of these filter categories that an operation accepts, the filter that its target
/// is a value of.
const TARGETS: &[(&str, &str)] = &[
    ("path", "path"),
    ("sysctl", "sysctl-name"),
    ("posix-ipc", "ipc-posix-name"),
    ("iokit-registry-entry-class", "iokit-registry-entry-class"),
    ("iokit-property", "iokit-property"),
    ("mach-port-role", "mach-derived-port-role"),
    ("mach", "global-name"),
    ("notification", "notification-name"),
    ("preference-domain", "preference-domain"),
    ("ae-destination", "appleevent-destination"),
    ("auth-right-name", "right-name"),
    ("kext-bundle-id", "kext-bundle-id"),
    ("info", "info-type"),
    ("nvram", "nvram-variable"),
    ("boot-arg", "boot-arg"),
    ("priv", "privilege-id"),
    ("syscall", "syscall-number"),
    ("machtrap", "machtrap-number"),
    ("fcntl", "fcntl-command"),
    ("fsctl", "fsctl-command"),
    ("ioctl", "ioctl-command"),
    ("macf", "mac-policy-name"),
    ("necp-client-action", "necp-client-action"),
    ("memorystatus-control", "memorystatus-control-command"),
    ("host-special-port", "host-special-port"),
    ("kas-info", "kas-info-selector"),
    ("reboot-flags", "reboot-flags"),
    ("mach-message-filter", "kernel-mig-routine"),
    ("iokit-method-filter", "iokit-method-number"),
    ("iokit-trap-filter", "iokit-trap-number"),
    ("snapshot", "snapshot-name"),
    ("fs", "filesystem-name"),
    ("extension-class", "extension-class"),
    ("target", "target"),
    ("socket-option", "socket-option-name"),
    ("socket", "socket-domain"),
];

/// What is asked, with any number of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    operation: OperationId,
    values: Vec<(FilterId, Value<'a>)>,
}

impl<'a> Asked<'a> {
    /// As a request.
    pub fn request(&self) -> Request<'_> {
        Request::of(self.operation, &self.values)
    }

    /// Says that the path `text`, if it is among the values, is also spelled `other` in this world.
    fn also_spelled(&mut self, text: &[u8], other: &'a [u8]) {
        for (_, value) in &mut self.values {
            if let Value::Text(one) = *value
                && one == text
            {
                *value = Value::Aliased(one, other);
            }
        }
    }
}

/// What it is to ask `operation` of `target`, exactly as given, with further values.
///
/// The target is a path, a name, a number or one of the filter's names for numbers, as the
/// operation's own filters have it; one that no filter of the operation looks at adds nothing. For
/// network operations it is `HOST:PORT` or `[V6]:PORT`, with or without `tcp:`, `udp:` or `other:`
/// before it, or the path of a unix socket, with or without `unix:` before it, which alone is one
/// without a path: the far end for `network-outbound`, the near end for the others. What a socket
/// with such a path, address or control name has besides (`socket-domain`, and TCP unless `extra`
/// says otherwise) is added where `extra` lacks it.
///
/// # Errors
/// An unknown operation, or a target of the wrong form.
pub fn ask<'a>(
    world: &World,
    operation: &str,
    target: Option<&'a [u8]>,
    extra: &'a [(FilterId, OwnedValue)],
) -> Result<Asked<'a>, AskError> {
    let operation = operation_named(world, operation)?;
    let mut values: Vec<(FilterId, Value<'a>)> = Vec::new();
    if let Some(target) = target {
        if let Some(end) = End::of(operation) {
            network(world, end, target, extra, &mut values)?;
        } else if let Some(filter) = target_filter(world, operation) {
            values.push((filter, value::borrowed(world, filter, target)?));
        }
    }
    values.extend(
        extra
            .iter()
            .map(|(filter, value)| (*filter, value.borrow())),
    );
    if let Some(end) = End::of(operation) {
        add_usual(world, end, &mut values);
    }
    // What has a value is there.
    let named = extra.iter().filter_map(|(filter, value)| match value {
        OwnedValue::Entitlement { name, .. } => Some((loads(*filter, world)?, Value::Text(name))),
        _ => None,
    });
    for value in named {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(Asked {
        operation: operation.id,
        values,
    })
}

/// An operation by its name.
///
/// # Errors
/// None of that name, with the nearest that is one.
pub fn operation_named<'w>(world: &'w World, name: &str) -> Result<&'w Operation, AskError> {
    world.operation_named(name).ok_or_else(|| {
        let names = world.operations().iter().map(|one| one.name.as_str());
        AskError::UnknownOperation {
            name: name.to_owned(),
            near: nearest(name, names).map(str::to_owned),
        }
    })
}

/// The filter that an operation's target is a value of, for all but network operations.
pub fn target_filter(world: &World, operation: &Operation) -> Option<FilterId> {
    let takes = |category: &str| operation.categories.iter().any(|own| own == category);
    let mut of_messages = OF_MESSAGES.iter();
    let of_message = of_messages.find(|(name, _)| operation.name == *name);
    let of_category = || TARGETS.iter().find(|(category, _)| takes(category));
    let (_, name) = of_message.or_else(of_category)?;
    world.filter_named(name).map(|filter| filter.id)
}

fn network<'a>(
    world: &World,
    end: End,
    target: &'a [u8],
    extra: &[(FilterId, OwnedValue)],
    values: &mut Vec<(FilterId, Value<'a>)>,
) -> Result<(), AskError> {
    let id = |name: &str| world.filter_named(name).map(|filter| filter.id);
    let name = end.filter();
    let mut add = |name: &str, value: Value<'a>| {
        if let Some(filter) = id(name) {
            values.push((filter, value));
        }
    };
    if address::is_unix(target, world) {
        match address::unix_path(target, world) {
            Some(path) => add("path", Value::Text(path)),
            None => add(name, Value::Endpoint(Endpoint::Unix)),
        }
        return Ok(());
    }
    let bad = || AskError::BadValue {
        filter: name.to_owned(),
        value: String::from_utf8_lossy(target).into_owned(),
        expected: address::EXPECTED,
    };
    let (endpoint, _) = address::internet(target, transport(world, extra)).ok_or_else(bad)?;
    add(name, Value::Endpoint(endpoint));
    Ok(())
}

/// Adds what a socket with the path, the addresses or the control name among the values has anyway,
/// but for what the question gives itself.
fn add_usual(world: &World, end: End, values: &mut Vec<(FilterId, Value<'_>)>) {
    let id = |name: &str| world.filter_named(name).map(|filter| filter.id);
    let has = |values: &[(FilterId, Value<'_>)], filter| values.iter().any(|own| own.0 == filter);
    if let (Some(path), Some(own)) = (id("path"), id(end.filter()))
        && has(values, path)
        && !has(values, own)
    {
        values.push((own, Value::Endpoint(Endpoint::Unix)));
    }
    let addresses = [end, end.other()].map(|end| {
        let mut own = values.iter().filter(|own| id(end.filter()) == Some(own.0));
        own.find_map(|(_, value)| match value {
            Value::Endpoint(endpoint) => Some(*endpoint),
            _ => None,
        })
    });
    let is_control = id("control-name").is_some_and(|control| has(values, control));
    let of_control = is_control.then_some(OF_CONTROL_NAMES);
    let of_addresses = addresses.into_iter().flatten().flat_map(usual);
    for (filter, name) in of_addresses.chain(of_control) {
        let number = named(world, filter, name);
        if let (Some(filter), Some(number)) = (id(filter), number)
            && !has(values, filter)
        {
            values.push((filter, Value::Integer(number)));
        }
    }
}

/// TCP, unless the question's socket type or protocol says otherwise.
fn transport(world: &World, extra: &[(FilterId, OwnedValue)]) -> Transport {
    let says = |filter: &str, name: &str| {
        let given = given(world, extra, filter);
        given.map(|number| named(world, filter, name) == Some(number))
    };
    let tcp = says("socket-protocol", "IPPROTO_TCP").or_else(|| says("socket-type", "SOCK_STREAM"));
    let udp = says("socket-protocol", "IPPROTO_UDP").or_else(|| says("socket-type", "SOCK_DGRAM"));
    match (tcp, udp) {
        (_, Some(true)) => Transport::Udp,
        (None | Some(true), _) => Transport::Tcp,
        _ => Transport::Other,
    }
}

fn given(world: &World, extra: &[(FilterId, OwnedValue)], filter: &str) -> Option<i64> {
    let filter = world.filter_named(filter)?.id;
    extra.iter().find_map(|(id, value)| match value {
        OwnedValue::Integer(number) if *id == filter => Some(*number),
        _ => None,
    })
}

fn named(world: &World, filter: &str, name: &str) -> Option<i64> {
    let values = &world.filter_named(filter)?.values;
    values
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, number)| *number)
}
