//! Any bytes as a world file: an error that names a line, never a panic.

use lapbelt_policy::world::World;

/// Feeds one input.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = World::parse(&text, &|_| None);
}
