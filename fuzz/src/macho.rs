//! Any bytes as a Mach-O file: an error or tables, and tables always make a world.

use lapbelt_policy::world::World;

/// Feeds one input.
pub fn run(bytes: &[u8]) {
    if let Ok(found) = lapbelt_macho::extract(bytes) {
        let text = found.world("w", "a file");
        World::parse(&text, &|_| None).expect("what was found makes a world");
    }
}
