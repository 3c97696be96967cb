//! The worlds that Lapbelt ships.

use super::{World, WorldError};

/// Names and texts of the shipped worlds.
pub const SHIPPED: &[(&str, &str)] = &[
    ("macos-14.4.1", include_str!("../../../../worlds/macos-14.4.1.world")),
    ("linux", include_str!("../../../../worlds/linux.world")),
];

/// A shipped world by id or alias; `None` if there is none of that name.
///
/// # Errors
/// Never for the texts in [`SHIPPED`], which a test parses.
pub fn shipped(name: &str) -> Option<Result<World, WorldError>> {
    for (short, text) in SHIPPED {
        let world = World::parse(text, &|base| {
            SHIPPED.iter().find(|(name, _)| *name == base).map(|(_, text)| *text)
        });
        match world {
            Ok(world) if *short == name || world.id() == name || world.aliases().iter().any(|a| a == name) => {
                return Some(Ok(world));
            }
            Err(error) => return Some(Err(error)),
            Ok(_) => {}
        }
    }
    None
}
