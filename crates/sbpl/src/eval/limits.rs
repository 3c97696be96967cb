//! How much a profile may use before it is stopped.

/// Steps of evaluation and pieces of work inside built-in procedures. The largest real profile,
/// the one of app sandboxing on macOS 10.14, takes less than 150 000.
pub(crate) const STEPS: u64 = 2_000_000;

/// Steps more for each byte of text: a long profile is no endless one.
pub(crate) const STEPS_PER_BYTE: u64 = 4;

/// Bytes of heap, roughly counted.
pub(crate) const BYTES: usize = 256 << 20;

/// Bytes of heap more for each byte of text.
pub(crate) const BYTES_PER_BYTE: usize = 64;

/// Steps that the regular expressions of a profile may take to be compiled; a second makes more.
pub(crate) const REGEX_STEPS: usize = 16_000_000;

/// Steps more for each byte of text. Expressions of shipped profiles take 90 for each of theirs.
pub(crate) const REGEX_STEPS_PER_BYTE: usize = 200;

/// Unfinished calls at one time.
pub(crate) const DEPTH: usize = 100_000;

/// Nesting of data that built-in procedures walk by recursion.
pub(crate) const NESTING: usize = 600;

/// Rules one profile may make.
pub(crate) const RULES: usize = 200_000;

/// Texts that import one another, one inside the other.
pub(crate) const IMPORTS: usize = 50;

/// Findings of one evaluation; what comes after would be noise.
pub(crate) const DIAGNOSTICS: usize = 200;
