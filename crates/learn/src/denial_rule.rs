//! From a denial to the rule that would allow it.

use lapbelt_policy::ask::target_filter;
use lapbelt_policy::event::{Event, OwnedValue, pattern_of};
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::request::Endpoint;
use lapbelt_policy::world::{ArgumentKind, FilterId, World};

use crate::atom::Atom;

/// What becomes of denied network operations.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum NetworkRules {
    /// A rule for the address, host normalised to `*` or `localhost`.
    Parsed,
    /// No rule.
    Drop,
    /// A rule for the whole operation.
    Coarse,
}

/// Whether an event is of a call that could not be looked at: it does not say what it is about,
/// though its operation always is about something.
pub fn is_blank(event: &Event, world: &World) -> bool {
    let operation = world.operation(event.operation);
    let is_network = operation
        .categories
        .iter()
        .any(|category| category == "network");
    event.values.is_empty() && (is_network || target_filter(world, operation).is_some())
}

/// The rule that allows exactly what an event asked; `None` if network rules are dropped, or if it
/// does not say what it asked.
pub fn atom_for(event: &Event, world: &World, network: NetworkRules) -> Option<Atom> {
    if is_blank(event, world) {
        return None;
    }
    let name = &world.operation(event.operation).name;
    let filter = match (name.starts_with("network"), network) {
        (true, NetworkRules::Drop) => return None,
        (true, NetworkRules::Coarse) => None,
        _ => filter_for(&event.values, world),
    };
    let mut atom = Atom::allow(event.operation, filter);
    if !event.process.is_empty() {
        atom.needed_by.insert(event.process.clone());
    }
    Some(atom)
}

/// The values of one request as one filter. Several values of one filter are alternatives by
/// which the system knows the same thing; the first is the narrowest.
fn filter_for(values: &[(FilterId, OwnedValue)], world: &World) -> Option<Filter> {
    let mut tests: Vec<Test> = Vec::new();
    let has_end = values
        .iter()
        .any(|(_, value)| matches!(value, OwnedValue::Endpoint(..)));
    let has_path = values
        .iter()
        .any(|(_, value)| matches!(value, OwnedValue::Text(_)));
    for (filter, value) in values {
        if tests.iter().any(|test| test.filter == *filter) {
            continue;
        }
        // The path of a unix socket says more than that it is one.
        if has_path && matches!(value, OwnedValue::Endpoint(Endpoint::Unix, _)) {
            continue;
        }
        // What kind of socket it is goes without saying once its address is named, and protocol 0
        // says nothing.
        let info = world.filter(*filter);
        if info.category == "socket" && (has_end || *value == OwnedValue::Integer(0)) {
            continue;
        }
        if let Some(argument) = argument_for(info.kind, value) {
            tests.push(Test {
                filter: *filter,
                argument,
            });
        }
    }
    match tests.len() {
        0 => None,
        1 => tests.pop().map(Filter::Test),
        _ => Some(Filter::All(tests.into_iter().map(Filter::Test).collect())),
    }
}

fn argument_for(kind: ArgumentKind, value: &OwnedValue) -> Option<Argument> {
    match (value, kind) {
        (OwnedValue::Text(text), ArgumentKind::Text) => Some(Argument::Text(text.clone())),
        (OwnedValue::Text(text), _) => Some(Argument::Pattern(Pattern::Literal(text.clone()))),
        (OwnedValue::Integer(number), _) => Some(Argument::Integer(*number)),
        // The mode of a file narrows nothing a person meant to say.
        (OwnedValue::Bits(_), _) => None,
        // Nor does what the program that asks is entitled to.
        (OwnedValue::Entitlement { .. }, _) => None,
        (OwnedValue::Bool(flag), _) => Some(Argument::Bool(*flag)),
        (OwnedValue::Endpoint(endpoint, _), _) => Some(Argument::Network(pattern_of(*endpoint))),
    }
}
