//! What becomes of rules in a compiled profile.

use lapbelt_policy::graph::{Compiler, Written};
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;

use crate::decode::decode;
use crate::encode::encode;
use crate::policy::compiled;

/// A compiled profile whose rules are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Original<'b> {
    /// All of it.
    pub bytes: &'b [u8],
    /// The world that it was compiled for.
    pub world: &'b World,
}

impl Compiler for Original<'_> {
    /// As they are read again; `None` if the rules cannot be compiled for the world.
    fn nodes(&self, policy: &Policy) -> Option<Written> {
        let bytes = encode(policy, self.world).ok()?.bytes;
        let blob = decode(&bytes, self.world).ok()?;
        let profile = blob.profiles.first()?;
        let compiled = compiled(&blob, profile, self.world).ok()?;
        Some(compiled.written)
    }

    fn is_it(&self, policy: &Policy) -> bool {
        encode(policy, self.world).is_ok_and(|made| made.bytes == self.bytes)
    }
}
