//! What becomes of rules in a compiled profile.

use lapbelt_policy::graph::Written;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;

use crate::decode::decode;
use crate::encode::encode;
use crate::policy::compiled;

/// The nodes that rules compile to, read again; `None` if they cannot be compiled for the world.
pub fn nodes(policy: &Policy, world: &World) -> Option<Written> {
    let bytes = encode(policy, world).ok()?.bytes;
    let blob = decode(&bytes, world).ok()?;
    let profile = blob.profiles.first()?;
    let compiled = compiled(&blob, profile, world).ok()?;
    Some(compiled.written)
}
