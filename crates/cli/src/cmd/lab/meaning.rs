//! What a byte of a compiled profile is.

use lapbelt_blob::decode::Blob;
use lapbelt_blob::raw::Part;
use lapbelt_policy::world::World;

/// What a byte of a profile is.
pub(super) fn meaning(blob: &Blob, at: usize, world: &World) -> Option<String> {
    let span = blob
        .spans
        .iter()
        .find(|span| (span.start..span.end).contains(&at))?;
    let slots = world.operations().iter().filter(|o| o.in_table);
    Some(match span.owner {
        Part::OpTable(_) => {
            let operation = slots
                .skip((at - span.start) / 2)
                .map(|o| o.name.as_str())
                .next();
            format!("op table: {}", operation.unwrap_or("beyond the world"))
        }
        owner => format!("{owner}, byte {}", at - span.start),
    })
}
