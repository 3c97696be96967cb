//! One run of a program with a routine of it watched.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;

use serde::Serialize;

use crate::arguments::{Argument, Arguments};
use crate::image::{Image, ImageError, Place, Symbol};
use crate::record::{Record, Stats};
use crate::ring::ring;
use crate::stop::Running;
use crate::triage::{self, Triage};

/// How a routine is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// By breakpoints in the debug registers of each thread.
    HwBreakpoint,
    /// By breakpoints as an instruction in the code.
    Patch,
    /// By a library that is loaded first, with a routine of that name.
    Interpose,
}

impl Mode {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::HwBreakpoint => "hw-breakpoint",
            Self::Patch => "patch",
            Self::Interpose => "interpose",
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

/// A routine that was found in the files of a program, and what they show of it.
#[derive(Clone, Debug)]
pub struct Routine {
    watch: Watch,
    image: Image,
    triage: Triage,
    spots: [Option<Spot>; 2],
}

/// Where a routine starts.
#[derive(Clone, Copy, Debug)]
enum Spot {
    /// At the address that its file gives it, and what that was moved by.
    Unslid(u64),
    /// There.
    Fixed(u64),
}

impl Routine {
    /// Looks for it.
    ///
    /// # Errors
    /// A file is damaged, or has no such symbol, or no code at that address.
    pub fn find(program: &Path, watch: Watch) -> Result<Self, ImageError> {
        let image = Image::read(watch.image.as_deref().unwrap_or(program))?;
        let triage = triage::of_files(program, &image, &watch)?;
        let spot = |place: &Place, symbol: Option<&Symbol>| -> Result<Option<Spot>, ImageError> {
            Ok(match place {
                Place::Symbol(_) => symbol.map(|symbol| Spot::Unslid(symbol.address)),
                Place::Unslid(address) => Some(Spot::Unslid(image.in_code(*address)?)),
                Place::Address(address) => Some(Spot::Fixed(*address)),
            })
        };
        let ends = match &watch.immutable {
            Some((place, _)) => spot(place, triage.immutable.as_ref())?,
            None => None,
        };
        let spots = [spot(&watch.write, triage.symbol.as_ref())?, ends];
        Ok(Self {
            watch,
            image,
            triage,
            spots,
        })
    }

    /// The addresses of the routine that writes and of the one that ends writing, in a process that
    /// has the image moved by so much, if at all.
    pub(crate) fn addresses(&self, slide: Option<u64>) -> [Option<u64>; 2] {
        self.spots.map(|spot| match spot? {
            Spot::Unslid(address) => slide.map(|slide| address.wrapping_add(slide)),
            Spot::Fixed(address) => Some(address),
        })
    }

    /// What is watched.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// What its files show.
    pub fn triage(&self) -> &Triage {
        &self.triage
    }

    pub(crate) fn image(&self) -> &Image {
        &self.image
    }
}

/// How to trace.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'r> {
    /// How the routine is watched.
    pub mode: Mode,
    /// What to watch.
    pub routine: &'r Routine,
    /// How many records may wait to be taken.
    pub ring: usize,
    /// Set by another thread to kill the program; the trace ends there.
    pub stop: Option<&'r AtomicBool>,
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

#[cfg(any(
    target_os = "macos",
    feature = "check-mach",
    all(target_os = "linux", target_arch = "x86_64")
))]
impl Traced {
    /// A run of which nothing is known yet.
    pub(crate) fn unseen(triage: Triage) -> Self {
        Self {
            outcome: Outcome::Exited(0),
            hook: Hook::NotLoaded,
            stats: Stats::default(),
            triage,
        }
    }
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
    #[error("no program can be watched so on this system; see which modes triage names")]
    Unsupported,
}

/// How far a program is let run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// To its end.
    Whole,
    /// Until the code of the routine is mapped; then it is killed.
    Mapped,
}

/// Runs a program, records the calls of the watched routine, and hands each record to `take` in
/// order, from another thread.
///
/// # Errors
/// The program cannot be started, or the system refuses to trace. Once it runs, what goes wrong is
/// part of [`Traced`].
pub fn trace(
    command: Command,
    plan: &Plan<'_>,
    mut take: impl FnMut(Record) + Send,
) -> Result<Traced, TraceError> {
    stoppable(plan, |running| match plan.mode {
        Mode::Interpose => interpose(command, plan, running, &mut take),
        Mode::HwBreakpoint | Mode::Patch => breakpoints(command, plan, running, &mut take),
    })
}

/// Runs a program until the code of the routine is mapped, kills it, and says what it shows of the
/// routine. That is before the program's own first instruction, but where its image is loaded late.
///
/// # Errors
/// As for [`trace`], with a mode that traces.
pub fn look(command: Command, plan: &Plan<'_>) -> Result<Triage, TraceError> {
    let traced = stoppable(plan, |running| {
        platform(command, plan, running, Extent::Mapped, &mut |_| {})
    });
    traced.map(|traced| traced.triage)
}

/// Does what ends early where the plan is stopped.
fn stoppable<T>(plan: &Plan<'_>, run: impl FnOnce(&Running) -> T) -> T {
    let running = Running::default();
    std::thread::scope(|scope| {
        let (over, is_over) = mpsc::channel();
        if let Some(stop) = plan.stop {
            let running = &running;
            scope.spawn(move || running.end_when(stop, &is_over));
        }
        let result = run(&running);
        drop(over);
        result
    })
}

/// Records from one thread, and takes in another: what stops must not wait for who takes.
fn breakpoints(
    command: Command,
    plan: &Plan<'_>,
    running: &Running,
    take: &mut (dyn FnMut(Record) + Send),
) -> Result<Traced, TraceError> {
    let (mut ring, records) = ring(plan.ring);
    std::thread::scope(|scope| {
        scope.spawn(move || records.iter().for_each(take));
        let push = &mut |record| ring.push(record);
        let traced = platform(command, plan, running, Extent::Whole, push);
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

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use crate::interpose::trace as interpose;

#[cfg(target_os = "macos")]
fn platform(
    command: Command,
    plan: &Plan<'_>,
    running: &Running,
    extent: Extent,
    emit: &mut dyn FnMut(Record),
) -> Result<Traced, TraceError> {
    match extent {
        Extent::Whole => crate::mach::trace(command, plan, running, emit),
        // Nothing tells there when a library has been mapped.
        Extent::Mapped => Err(TraceError::Unsupported),
    }
}

#[cfg(not(any(
    target_os = "macos",
    all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )
)))]
fn platform(
    _: Command,
    _: &Plan<'_>,
    _: &Running,
    _: Extent,
    _: &mut dyn FnMut(Record),
) -> Result<Traced, TraceError> {
    Err(TraceError::Unsupported)
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn interpose(
    _: Command,
    _: &Plan<'_>,
    _: &Running,
    _: &mut dyn FnMut(Record),
) -> Result<Traced, TraceError> {
    Err(TraceError::Unsupported)
}
