//! Whether rules compile to a profile again.

use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;

use crate::encode::encode;

/// A compiled profile whose rules are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Original<'b> {
    /// All of it.
    pub bytes: &'b [u8],
    /// The world that it was compiled for.
    pub world: &'b World,
}

impl Original<'_> {
    /// Whether rules compile to it.
    pub fn is_it(&self, policy: &Policy) -> bool {
        encode(policy, self.world).is_ok_and(|made| made.bytes == self.bytes)
    }
}
