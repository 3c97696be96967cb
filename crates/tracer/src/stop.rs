//! Ending a program before its time, because the user wants no more of it.
#![allow(unsafe_code, reason = "kill has no safe form")]

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How long a wish to stop may go unnoticed.
const PAUSE: Duration = Duration::from_millis(20);

/// The process of the program, once there is one.
#[derive(Debug, Default)]
pub struct Running(AtomicI32);

impl Running {
    /// It has started.
    pub fn started(&self, process: u32) {
        self.0.store(process.cast_signed(), Ordering::Release);
    }

    /// Kills it when `stop` is set, unless `over` comes first.
    pub fn end_when(&self, stop: &AtomicBool, over: &Receiver<()>) {
        while over.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
            let process = self.0.load(Ordering::Acquire);
            if process > 0 && stop.load(Ordering::Relaxed) {
                // SAFETY: only numbers are passed; `over` comes as soon as the process was waited for.
                unsafe { libc::kill(process, libc::SIGKILL) };
                return;
            }
        }
    }
}
