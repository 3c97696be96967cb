//! All values of one filter other than bits, cut into classes that none of its tests tells apart.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use rustc_hash::{FxHashMap, FxHashSet};

use super::text::{self, Shape};
use super::{Set, TooComplex};
use crate::event::OwnedValue;
use crate::filter::{Argument, NetworkPattern};
use crate::request::{Endpoint, Transport};
use crate::socket::End;
use crate::world::FilterInfo;

/// Values that no test tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// The tests that hold for them.
    pub(super) holds: Set,
    /// The one to show. `None` if only a request without a value is of this class.
    pub(super) value: Option<OwnedValue>,
}

/// The classes of a filter's values. One without any test that holds is always there, and comes
/// last; it includes having no value.
///
/// # Errors
/// If there are too many.
pub(super) fn classes(
    tests: &[&Argument],
    info: &FilterInfo,
    end: Option<End>,
) -> Result<Vec<Class>, TooComplex> {
    let mut found = Found {
        classes: Vec::new(),
        seen: FxHashSet::default(),
    };
    let questions = text::questions(tests);
    if !questions.is_empty() {
        let shape = Shape::of(info, end);
        for (holds, text) in text::classes(&questions, shape)? {
            found.add(holds, OwnedValue::Text(text));
        }
    }
    let mut by_number: FxHashMap<Option<i64>, Vec<(u32, &Argument)>> = FxHashMap::default();
    for (at, argument) in (0_u32..).zip(tests.iter().copied()) {
        let same = by_number.entry(asked_number(argument)).or_default();
        same.push((at, argument));
    }
    for value in others(tests, info) {
        let mut holds = Set::default();
        // Of thousands of numbers or ports each value has one.
        let own = number_of(&value);
        let asked = [None, own].into_iter().take(1 + usize::from(own.is_some()));
        for (at, argument) in asked.flat_map(|number| by_number.get(&number)).flatten() {
            if argument.accepts(value.borrow()) {
                holds.insert(*at);
            }
        }
        found.add(holds, value);
    }
    let mut classes = found.classes;
    let rest = classes.iter().position(|class| class.holds.is_empty());
    let rest = rest.map_or(
        Class {
            holds: Set::default(),
            value: None,
        },
        |at| classes.remove(at),
    );
    classes.push(rest);
    Ok(classes)
}

/// The one number or port that an argument asks for.
fn asked_number(argument: &Argument) -> Option<i64> {
    match argument {
        Argument::Integer(number) => Some(*number),
        Argument::Network(pattern) => pattern.port.map(|port| i64::from(port.get())),
        _ => None,
    }
}

/// The number or port of a value.
fn number_of(value: &OwnedValue) -> Option<i64> {
    match value {
        OwnedValue::Integer(number) => Some(*number),
        OwnedValue::Endpoint(Endpoint::Internet { port, .. }, _) => Some(i64::from(*port)),
        _ => None,
    }
}

struct Found {
    classes: Vec<Class>,
    seen: FxHashSet<Set>,
}

impl Found {
    fn add(&mut self, holds: Set, value: OwnedValue) {
        if self.seen.insert(holds.clone()) {
            let value = Some(value);
            self.classes.push(Class { holds, value });
        }
    }
}

/// Enough values other than texts that each class has one.
fn others(tests: &[&Argument], info: &FilterInfo) -> Vec<OwnedValue> {
    let mut values = Vec::new();
    let mut numbers = BTreeSet::new();
    let mut patterns = Vec::new();
    let mut flags = false;
    for argument in tests {
        match argument {
            Argument::Integer(number) => _ = numbers.insert(*number),
            Argument::Network(pattern) => patterns.push(*pattern),
            Argument::Bool(_) => flags = true,
            // Bits are classes of their own.
            Argument::Bits(_)
            | Argument::Pattern(_)
            | Argument::Text(_)
            | Argument::Entitlement { .. } => {}
        }
    }
    if !numbers.is_empty() {
        values.extend(numbers.iter().map(|number| OwnedValue::Integer(*number)));
        let named = info.values.iter().map(|(_, number)| *number);
        let free = named.chain(0..).find(|number| !numbers.contains(number));
        values.extend(free.map(OwnedValue::Integer));
    }
    if flags {
        values.extend([true, false].map(OwnedValue::Bool));
    }
    if !patterns.is_empty() {
        values.extend(endpoints(&patterns));
    }
    values
}

/// Addresses of every kind that patterns tell apart, hosts from the ranges kept for documentation.
fn endpoints(patterns: &[NetworkPattern]) -> Vec<OwnedValue> {
    let ports = patterns.iter().filter_map(|one| one.port);
    let mut ports: BTreeSet<u16> = ports.map(NonZeroU16::get).collect();
    let free = [80].into_iter().chain(1..).find(|p| !ports.contains(p));
    ports.extend(free);
    let mut values = Vec::new();
    for (loopback, v6, host) in [
        (false, false, "192.0.2.1"),
        (true, false, "127.0.0.1"),
        (false, true, "2001:db8::1"),
        (true, true, "::1"),
    ] {
        for transport in [Transport::Tcp, Transport::Udp, Transport::Other] {
            for port in &ports {
                let endpoint = Endpoint::Internet {
                    v6,
                    transport,
                    loopback,
                    port: *port,
                };
                values.push(OwnedValue::Endpoint(endpoint, host.to_owned()));
            }
        }
    }
    values.push(OwnedValue::Endpoint(Endpoint::Unix, String::new()));
    values
}
