//! Whether a program got as far as its own code: what loads it may be denied a library, and fails
//! before.

use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::world::World;

use crate::session::Run;

/// Exit status of a loader that lacks a library.
const FAILED: i32 = 127;

/// What a loader asks for on its way.
const ASKED: [&str; 3] = [
    "file-read-data",
    "file-read-metadata",
    "file-map-executable",
];

/// Whether a run ended in the loader: as one that lacks a library does, with a library denied and
/// nothing read but such.
pub(crate) fn was_not_loaded(run: &Run, world: &World) -> bool {
    let own = |event: &&Event| Some(event.pid) == run.pid;
    let is_start = |event: &&Event| operation(event, world).starts_with("process-exec");
    let mut asked = run.allowed.iter().chain(&run.denied).filter(own);
    run.rc == FAILED
        && run.denied.iter().filter(own).any(names_library)
        && asked.all(|event| is_start(&event) || is_of_loader(event, world))
}

fn operation<'w>(event: &Event, world: &'w World) -> &'w str {
    &world.operation(event.operation).name
}

fn is_of_loader(event: &Event, world: &World) -> bool {
    let operation = operation(event, world);
    // It looks whether the folders are there in which it looks for libraries.
    ASKED.contains(&operation) && (operation == "file-read-metadata" || names_library(event))
}

/// Whether it is about a library, or about the list of them.
fn names_library(event: &Event) -> bool {
    event.values.iter().any(|(_, value)| match value {
        OwnedValue::Text(path) => {
            let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
            let ends = (0..name.len()).filter(|at| name[*at..].starts_with(b".so"));
            ends.map(|at| name.get(at + 3))
                .any(|next| matches!(next, None | Some(b'.')))
                || name.starts_with(b"ld.so.")
        }
        _ => false,
    })
}
