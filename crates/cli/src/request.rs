//! Requests as a person writes them: what `query` takes.

use lapbelt_policy::ask::target_filter;
use lapbelt_policy::escaped::escaped;
use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::request::{Endpoint, Transport};
use lapbelt_policy::socket::End;
use lapbelt_policy::world::World;
use lapbelt_sbpl::print::quote;

/// An operation with the values of a request by the names of their filters: the target, then
/// `NAME=VALUE` for all others.
pub(crate) fn shown(operation: &str, values: &[(String, OwnedValue)], world: &World) -> String {
    let asked = world.operation_named(operation);
    let target = asked
        .and_then(|operation| target_filter(world, operation))
        .map(|filter| world.filter(filter).name.clone());
    // The end that has a path is a unix socket.
    let end = asked
        .and_then(End::of)
        .filter(|_| values.iter().any(|(name, _)| name == "path"));
    let is_implied = |name: &String, own: &OwnedValue| {
        end.is_some_and(|end| end.filter() == name)
            && matches!(own, OwnedValue::Endpoint(Endpoint::Unix, _))
    };
    let mut text = operation.to_owned();
    let is_target = |name: &String| Some(name) == target.as_ref();
    for (name, own) in values.iter().filter(|(name, _)| is_target(name)) {
        text += &format!(" {}", bare(&bytes(name, own, world)));
    }
    for (name, own) in values {
        if !is_target(name) && !is_implied(name, own) {
            text += &format!(" {name}={}", bare(&bytes(name, own, world)));
        }
    }
    text
}

/// Quoted, as SBPL quotes, if it could not be read otherwise.
fn bare(bytes: &[u8]) -> String {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"';
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        _ => quote(bytes),
    }
}

/// A value of a filter: text, a number or its name, octal bits, an address.
pub(crate) fn value(filter: &str, value: &OwnedValue, world: &World) -> String {
    escaped(&bytes(filter, value, world))
}

fn bytes(filter: &str, value: &OwnedValue, world: &World) -> Vec<u8> {
    let text = match value {
        OwnedValue::Text(text) => return text.clone(),
        OwnedValue::Integer(number) => {
            let filter = world.filter_named(filter);
            // Which of several names is meant, the value alone does not say.
            match filter
                .map(|filter| world.number_names(filter, *number))
                .as_deref()
            {
                Some([name]) => (*name).to_owned(),
                _ => number.to_string(),
            }
        }
        OwnedValue::Bits(bits) => format!("0{bits:o}"),
        OwnedValue::Bool(flag) => flag.to_string(),
        OwnedValue::Entitlement { name, value: own } => {
            return [name.as_slice(), b"=", &bytes(filter, own, world)].concat();
        }
        OwnedValue::Endpoint(Endpoint::Unix, _) => "unix:".to_owned(),
        OwnedValue::Endpoint(
            Endpoint::Internet {
                v6,
                transport,
                port,
                ..
            },
            host,
        ) => {
            let transport = match transport {
                Transport::Tcp => "tcp:",
                Transport::Udp => "udp:",
                Transport::Other => "other:",
            };
            if *v6 {
                format!("{transport}[{host}]:{port}")
            } else {
                format!("{transport}{host}:{port}")
            }
        }
    };
    text.into_bytes()
}
