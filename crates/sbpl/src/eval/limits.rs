//! How much a profile may use before it is stopped.

/// Steps of evaluation and pieces of work inside built-in procedures. The largest real profile
/// (the one of app sandboxing) needs well under a hundredth of it.
pub(crate) const STEPS: u64 = 20_000_000;

/// Bytes of heap, roughly counted.
pub(crate) const BYTES: usize = 256 << 20;

/// Unfinished calls at one time.
pub(crate) const DEPTH: usize = 100_000;

/// Nesting of data that built-in procedures walk by recursion.
pub(crate) const NESTING: usize = 600;

/// Rules one profile may make.
pub(crate) const RULES: usize = 200_000;
