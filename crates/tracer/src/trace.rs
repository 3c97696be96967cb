//! One run of a program with a routine of it watched.

use std::path::PathBuf;
use std::process::Command;

use serde::Serialize;

use crate::arguments::{Argument, Arguments};
use crate::image::{ImageError, Place};
use crate::record::{Record, Stats};
use crate::ring::ring;
use crate::triage::Triage;

/// How breakpoints are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// In the debug registers of each thread.
    HwBreakpoint,
    /// As an instruction in the code.
    Patch,
}

impl Mode {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::HwBreakpoint => "hw-breakpoint",
            Self::Patch => "patch",
        }
    }
}

/// The routines to watch.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The executable or library that holds them; `None` for the program itself.
    pub image: Option<PathBuf>,
    /// The routine that writes.
    pub write: Place,
    /// Its arguments.
    pub arguments: Arguments,
    /// The routine that ends writing, and which of its arguments is the buffer.
    pub immutable: Option<(Place, Argument)>,
}

/// How to trace.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How breakpoints are set.
    pub mode: Mode,
    /// What to watch.
    pub watch: Watch,
    /// How many records may wait to be taken.
    pub ring: usize,
}

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// By itself, with that code.
    Exited(i32),
    /// By that signal: the trace holds what was written until then.
    Signaled(i32),
}

/// Whether the breakpoints were set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "hook_status", content = "hook_error")]
pub enum Hook {
    /// They were.
    Ok,
    /// The region can never be written, so that nothing was tried.
    SkippedImmutable(String),
    /// They could not be set, and why; the program ran without.
    HookFailed(String),
    /// The image was never mapped, or another program took the process over before it was.
    NotLoaded,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Traced {
    /// How the program ended.
    pub outcome: Outcome,
    /// Whether the breakpoints were set.
    pub hook: Hook,
    /// What was counted.
    pub stats: Stats,
    /// What is known of the routine.
    pub triage: Triage,
}

/// Why nothing was traced.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The program could not be started.
    #[error("cannot run {program}: {error}")]
    Launch {
        /// The program.
        program: String,
        /// Why.
        error: std::io::Error,
    },
    /// The image.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The system refuses to trace, as containers may.
    #[error("the system refuses {what}: {error}")]
    Refused {
        /// What.
        what: &'static str,
        /// Why.
        error: std::io::Error,
    },
    /// There is no tracer for this system yet.
    #[error("programs are watched on Linux for x86-64 and AArch64 only")]
    Unsupported,
}

/// Runs a program, records the calls of the watched routine, and hands each record to `take` in
/// order, from another thread.
///
/// # Errors
/// The program cannot be started, its image lacks the routine, or the system refuses to trace. Once
/// it runs, what goes wrong is part of [`Traced`].
pub fn trace(
    command: Command,
    plan: &Plan,
    mut take: impl FnMut(Record) + Send,
) -> Result<Traced, TraceError> {
    let (mut ring, records) = ring(plan.ring);
    std::thread::scope(|scope| {
        scope.spawn(move || records.iter().for_each(&mut take));
        let traced = platform(command, plan, &mut |record| ring.push(record));
        let dropped = ring.dropped();
        drop(ring);
        traced.map(|mut traced| {
            traced.stats.ring_dropped = dropped;
            traced
        })
    })
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
use crate::linux::trace as platform;

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
fn platform(_: Command, _: &Plan, _: &mut dyn FnMut(Record)) -> Result<Traced, TraceError> {
    Err(TraceError::Unsupported)
}
