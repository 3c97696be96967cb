//! What a profile takes when it is compiled, measured by whoever can compile it.

use lapbelt_policy::world::FilterId;

/// Most bytes of one pattern program or regular expression: its length has 16 bits.
pub(super) const PATTERN: usize = 0xffff;
/// Most bytes of literals: references count 8 bytes and have 16 bits.
pub(super) const LITERALS: usize = 8 << 16;
/// Most nodes: their numbers have 16 bits.
pub(super) const NODES: usize = 0xffff;

/// The sizes of a compiled profile, within the limits or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of its literals.
    pub literals: usize,
    /// Its nodes.
    pub nodes: usize,
    /// Its patterns: those of neighbouring rules on the same operation are one.
    pub patterns: Vec<PatternBytes>,
}

/// The size of one compiled pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternBytes {
    /// The filter.
    pub filter: FilterId,
    /// The rule of its first part, an index in [`lapbelt_policy::rule::Policy::rules`].
    pub rule: Option<u32>,
    /// Its bytes.
    pub bytes: usize,
}
