//! What a byte of a compiled profile is.

use lapbelt_blob::decode::Blob;
use lapbelt_blob::explain;
use lapbelt_blob::raw::Part;
use lapbelt_policy::world::World;

/// What a byte of a profile is.
pub(super) fn meaning(blob: &Blob, at: usize, world: &World) -> Option<String> {
    let span = blob
        .spans
        .iter()
        .find(|span| (span.start..span.end).contains(&at))?;
    Some(match span.owner {
        Part::OpTable(_) => {
            let operation = explain::slots(world).nth((at - span.start) / 2)?;
            format!("op table: {}", explain::operation(operation, world))
        }
        owner => format!("{owner}, byte {}", at - span.start),
    })
}

#[cfg(test)]
mod tests {
    use lapbelt_blob::decode::decode;
    use lapbelt_policy::world::World;

    use super::meaning;

    #[test]
    fn slots_that_a_world_has_no_list_of_are_numbers() {
        let world = "world w\nlacks operations no list\nevidence e seen\n\
            operation 0 default parent=- default=deny evidence=e\n";
        let world = World::parse(world, &|_| None).expect("a world");
        // One node and three slots; the node allows.
        let mut bytes = vec![0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.resize(24, 0);
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        let blob = decode(&bytes, &world).expect("a profile");
        let said = |at| meaning(&blob, at, &world);
        assert_eq!(said(15).as_deref(), Some("op table: default"));
        assert_eq!(said(18).as_deref(), Some("op table: operation 2"));
        assert_eq!(said(25).as_deref(), Some("node 0, byte 1"));
    }
}
