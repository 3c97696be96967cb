//! How large a profile becomes, before it is made.

use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{FilterId, World};

use super::error::EncodeError;
use super::lower::lower;
use super::place::Plan;

/// Most bytes of one pattern program or regular expression.
pub const LONGEST_PATTERN: usize = 0xffff;
/// Most bytes before the last literal: references count 8 bytes and have 16 bits.
pub const LITERALS: usize = 8 << 16;
/// Most nodes.
pub const NODES: usize = 0xffff;

/// The size of one compiled pattern, or of several that would be one if it were not too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternSize {
    /// The filter.
    pub filter: FilterId,
    /// The rule of its first part, an index in [`Policy::rules`]; `None` if the system adds it.
    pub rule: Option<u32>,
    /// Its bytes, at most [`LONGEST_PATTERN`] if it is to be compiled as one program.
    pub bytes: usize,
    /// How many programs it is compiled as, whose sizes follow if there are several.
    pub programs: usize,
}

/// The sizes of a compiled profile, in bytes, within the limits or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// All of it.
    pub total: usize,
    /// Nodes, a number of 8 bytes each; at most [`NODES`].
    pub nodes: usize,
    /// Literals with the padding between them; at most [`LITERALS`] before the last.
    pub literals: usize,
    /// Pattern programs and regular expressions, as they were met; equal ones are stored once.
    pub patterns: Vec<PatternSize>,
}

/// Says how large a policy becomes when it is compiled, whether or not that is possible.
///
/// # Errors
/// As [`super::encode`], but for the limits on sizes.
pub fn size(policy: &Policy, world: &World) -> Result<Size, EncodeError> {
    let lowered = lower(policy, world)?;
    Ok(Plan::of(&lowered).size(&lowered))
}
