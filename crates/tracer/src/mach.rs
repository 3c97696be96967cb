//! Tracing by Mach exceptions, on macOS.
//!
//! **This has never run on a Mac.** It is checked by the compiler, with the calls that it makes
//! declared here from the headers of XNU; what needs no kernel (messages, states of threads, and
//! the [state machine](crate::machine) that all systems share) is tested, and all that is done with
//! exceptions is tested with a kernel and machines that are made up.
//!
//! Breakpoints go into debug registers, which need nothing of the code, for code of the system
//! cannot be written to. They are set once, before the first instruction of the program: threads
//! that come later inherit them. So the routine must be where it will be by then: in the program
//! itself, or in a library of the shared cache, which all processes have at the same address. The
//! `libsandbox` of the system is such a one: as image, name a copy that was extracted from the
//! cache. The system lets root trace, or a signed debugger, and no program of its own.

#[cfg(any(target_os = "macos", feature = "check-mach"))]
mod calls;
#[cfg(test)]
mod made_up;
pub mod message;
#[cfg(any(target_os = "macos", feature = "check-mach"))]
mod session;
pub mod state;
mod watch;

#[cfg(any(target_os = "macos", feature = "check-mach"))]
pub use session::trace;
