//! Tracing by ptrace(2).

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod memory;
mod points;
mod session;
mod sys;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64 as machine_code;
#[cfg(target_arch = "x86_64")]
use x86_64 as machine_code;

pub(crate) use session::trace;
