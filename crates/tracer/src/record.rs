//! What is recorded of a program.

use serde::Serialize;

/// A call of the writing routine, or a part of one that handed over many bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Number of the record, from 0, without a gap unless records were dropped.
    pub seq: u64,
    /// Which process called: 0 is the program itself, and each process that it forked has a number
    /// from 1 on, in the order of their first calls. An address means another buffer in each.
    pub process: u64,
    /// Address of the buffer.
    pub buf: u64,
    /// Offset in the buffer that the routine was called with.
    pub cursor: u64,
    /// Length that the routine was called with.
    pub reported_len: u64,
    /// Where in the call's bytes these are.
    pub chunk_offset: u64,
    /// The bytes, at most [`CHUNK`].
    pub bytes: Vec<u8>,
}

/// Most bytes of a record.
pub const CHUNK: usize = 256;

/// Most bytes that are taken of one call; beyond, the call counts as truncated.
pub const CAPTURE: usize = 1 << 20;

/// What was counted in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Calls of the writing routine.
    pub break_hits: u64,
    /// Steps over a breakpoint.
    pub step_hits: u64,
    /// Records that were lost because the ring was full.
    pub ring_dropped: u64,
    /// Calls whose bytes could not be read whole.
    pub capture_truncated: u64,
    /// Threads that could not be armed.
    pub arm_failures: u64,
    /// How often the regions were read again to look for the image.
    pub rescans: u64,
    /// Signals that were passed on to the program.
    pub forwarded: u64,
    /// Threads that were armed, with those started later.
    pub threads: u64,
    /// Whether another program took the place of the watched one, which is not watched.
    pub replaced: bool,
    /// Processes that it forked. They are watched until they run another program, and those that
    /// outlive the program until its end; where the hook is a library they are not counted.
    pub forked: u64,
    /// Calls of the routine that ends writing.
    pub immutable_hits: u64,
    /// The buffer that its last call named.
    pub immutable_buf: Option<u64>,
}
