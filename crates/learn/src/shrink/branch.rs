//! Whether a repeat run may have gone on as a first one, only because it was denied what the fresh
//! run had made.

use std::collections::BTreeSet;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::rule::{Action, Policy};
use lapbelt_policy::world::World;
use lapbelt_sandbox::denial;

use crate::session::Run;

/// What the repeat run was denied of what the fresh run had made, though the profile `given` allows
/// it, in the words of the log.
pub(super) fn denied_on_repeat(
    fresh: &Run,
    repeat: &Run,
    given: &Policy,
    world: &World,
) -> Vec<String> {
    let makes = world.operation_named("file-write-create").map(|o| o.id);
    let made = fresh.allowed.iter().filter(|e| Some(e.operation) == makes);
    let made: BTreeSet<&[u8]> = made.filter_map(path).collect();
    let decider = Decider::new(given, world);
    let is_lost = |event: &&Event| {
        event.exists
            && path(event).is_some_and(|path| made.contains(path))
            && !fresh
                .denied
                .iter()
                .any(|other| (other.operation, &other.values) == (event.operation, &event.values))
            && decider.decide(&event.request()).action == Action::Allow
    };
    let lost = repeat.denied.iter().filter(is_lost);
    let told: BTreeSet<String> = lost.map(|event| denial::asked(event, world)).collect();
    told.into_iter().collect()
}

fn path(event: &Event) -> Option<&[u8]> {
    event.values.iter().find_map(|(_, value)| match value {
        OwnedValue::Text(text) => Some(text.as_slice()),
        _ => None,
    })
}
