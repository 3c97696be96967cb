//! Watching one routine of a program from outside: each call with its arguments and the bytes that
//! it is handed, and nothing changed in what the program does.
//!
//! A breakpoint is set where the routine starts. A thread that reaches it is recorded, stepped over
//! the first instruction and sent on, as [`machine`] says; how a breakpoint is set, and how a thread
//! gets past it, is the [`Mode`]; or a routine of the same name is loaded before it, and there is no
//! breakpoint. What it may trace, and how well, [`triage`] says beforehand.

pub mod arguments;
pub mod image;
pub mod instruction;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod interpose;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod linux;
pub mod loaded;
#[cfg(any(target_os = "macos", feature = "check-mach", test))]
pub mod mach;
pub mod machine;
pub mod maps;
pub mod record;
mod recorder;
pub mod ring;
pub mod stop;
pub mod trace;
pub mod triage;

pub use trace::{Hook, Mode, Outcome, Plan, Routine, TraceError, Traced, Watch, look, trace};
