//! Values of filters as a person writes them.

use super::{AskError, address};
use crate::event::OwnedValue;
use crate::graph::loads;
use crate::request::{Endpoint, Transport, Value};
use crate::world::{ArgumentKind, FilterId, FilterInfo, World, nearest};

/// The value of `NAME=VALUE`, by the kind of the filter: text as it is, numbers in decimal, `0x…`
/// or by name, bits in octal with a leading `0`, `0o` or `#o`, flags as `true`, `false`, `#t`, `#f`,
/// addresses as `[tcp:|udp:|other:]HOST:PORT` or `unix:`, the value of an entitlement after its
/// name and `=`.
///
/// # Errors
/// An unknown filter, or a value that it does not take.
pub fn parse_value(
    world: &World,
    name: &str,
    value: &str,
) -> Result<(FilterId, OwnedValue), AskError> {
    let filter = world.filter_named(name).ok_or_else(|| {
        let names = world.filters().iter().map(|one| one.name.as_str());
        AskError::UnknownFilter {
            name: name.to_owned(),
            near: nearest(name, names).map(str::to_owned),
        }
    })?;
    if loads(filter.id, world).is_some() {
        let bad = || AskError::BadValue {
            filter: filter.name.clone(),
            value: value.to_owned(),
            expected: "the name of an entitlement, `=` and its value",
        };
        let (name, value) = value.split_once('=').ok_or_else(bad)?;
        let value = borrowed(world, filter.id, value.as_bytes())?;
        let value = OwnedValue::Entitlement {
            name: name.as_bytes().to_vec(),
            value: Box::new(OwnedValue::of(value, String::new)),
        };
        return Ok((filter.id, value));
    }
    let borrowed = borrowed(world, filter.id, value.as_bytes())?;
    let host = || match address::internet(value.as_bytes(), Transport::Tcp) {
        Some((_, host)) => host.to_owned(),
        None => value.to_owned(),
    };
    Ok((filter.id, OwnedValue::of(borrowed, host)))
}

/// The value that a text is for a filter of this world.
pub(super) fn borrowed<'a>(
    world: &World,
    filter: FilterId,
    text: &'a [u8],
) -> Result<Value<'a>, AskError> {
    let filter = world.filter(filter);
    let (value, expected) = match filter.kind {
        ArgumentKind::PathPattern | ArgumentKind::Pattern | ArgumentKind::Text => {
            return Ok(Value::Text(text));
        }
        ArgumentKind::Integer => (
            integer(world, filter, text).map(Value::Integer),
            "a number or one of its names",
        ),
        ArgumentKind::Bits => (
            bits(text).map(Value::Bits),
            "octal digits after a 0, such as 0600",
        ),
        ArgumentKind::Bool => (flag(text).map(Value::Bool), "true or false"),
        ArgumentKind::Network => (
            endpoint(text, world).map(Value::Endpoint),
            address::EXPECTED,
        ),
    };
    value.ok_or_else(|| AskError::BadValue {
        filter: filter.name.clone(),
        value: String::from_utf8_lossy(text).into_owned(),
        expected,
    })
}

fn integer(world: &World, filter: &FilterInfo, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let named = filter
        .values
        .iter()
        .find(|(name, _)| name == text)
        .map(|(_, number)| *number);
    named
        .or_else(|| world.constant(text))
        .or_else(|| match text.strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        })
}

fn bits(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    if text == "0" {
        return Some(0);
    }
    // 600 would be another mode in decimal than the one that is meant.
    let digits = ["#o", "0o", "0"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))?;
    u64::from_str_radix(digits, 8).ok()
}

fn flag(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"#t" => Some(true),
        b"false" | b"#f" => Some(false),
        _ => None,
    }
}

fn endpoint(text: &[u8], world: &World) -> Option<Endpoint> {
    if address::is_unix(text, world) {
        return Some(Endpoint::Unix);
    }
    address::internet(text, Transport::Tcp).map(|(endpoint, _)| endpoint)
}
