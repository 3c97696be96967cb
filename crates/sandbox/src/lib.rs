//! One run of a program under one policy.
//!
//! [`LinuxBackend`] observes: every relevant system call of the program and its descendants is sent
//! to us by seccomp user notification, decided by the policy graph, reported, and let go on or
//! refused. Nothing hostile is assumed of the program in this mode.
#![allow(unsafe_code, reason = "system calls; each block says why it is sound")]

pub mod denial;
pub mod host;
mod job;
#[cfg(target_os = "linux")]
mod linux;
pub mod macos;
pub mod probe;
mod script;
mod unseen;

pub use job::{
    Backend, Dialect, Job, Left, Outcome, ProfileSource, RunError, Status, Stdio, Support,
    SystemProfile,
};
#[cfg(target_os = "linux")]
pub use linux::LinuxBackend;
#[cfg(target_os = "linux")]
pub use linux::host::linux_checks;
#[cfg(target_os = "linux")]
pub use linux::inherited::was_ignored;
pub use macos::MacosBackend;
pub use script::not_found;
pub use unseen::{Unseen, reasons};
