//! How large a profile is when it is compiled.

use lapbelt_blob::encode::size;
use lapbelt_policy::world::World;
use lapbelt_sbpl::lint::{PatternBytes, Sizes, Subject};

/// The sizes of a subject's policy; `None` if there is none, or none that can be compiled.
pub(super) fn sizes(subject: &Subject, world: &World) -> Option<Sizes> {
    let size = size(subject.policy()?, world).ok()?;
    let patterns = size.patterns.iter().map(|pattern| PatternBytes {
        filter: pattern.filter,
        rule: pattern.rule,
        bytes: pattern.bytes,
    });
    Some(Sizes {
        literals: size.literals,
        nodes: size.nodes,
        patterns: patterns.collect(),
    })
}
