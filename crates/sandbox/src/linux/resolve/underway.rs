//! Calls that were let go on, and may not have happened yet.

use rustix::io::Errno;

/// Most threads that are waited for.
const MOST: usize = 64;

/// The threads that were let make such a call and were not heard from since.
#[derive(Debug, Default)]
pub(super) struct Underway {
    threads: Vec<i32>,
    /// There were some that cannot be waited for.
    for_ever: bool,
}

impl Underway {
    /// Takes note of a call that is about to go on.
    pub(super) fn begin(&mut self, thread: i32) {
        if self.threads.len() >= MOST {
            self.threads.retain(|thread| is_there(*thread));
        }
        // A thread that we are not shown cannot be waited for.
        self.for_ever |= thread == 0 || self.threads.len() >= MOST;
        if !self.for_ever {
            self.threads.push(thread);
        }
    }

    /// Takes note of a call that came: what its thread was let do before is done.
    pub(super) fn hear(&mut self, thread: i32) {
        if !self.threads.is_empty() {
            self.threads.retain(|waited| *waited != thread);
        }
    }

    /// Whether all are done.
    pub(super) fn is_over(&mut self) -> bool {
        self.is_over_for(|_| true)
    }

    /// Whether all are done whose call `concerns` who asks.
    pub(super) fn is_over_for(&mut self, concerns: impl Fn(i32) -> bool) -> bool {
        self.threads.retain(|thread| is_there(*thread));
        !self.for_ever && !self.threads.iter().any(|thread| concerns(*thread))
    }

    /// How many threads may not be done.
    pub(super) fn len(&self) -> usize {
        self.threads.len()
    }
}

/// Whether a thread is there.
fn is_there(thread: i32) -> bool {
    // SAFETY: it takes plain numbers, and sends nothing.
    let asked = unsafe { libc::syscall(libc::SYS_tkill, thread, 0) };
    asked == 0 || std::io::Error::last_os_error().raw_os_error() != Some(Errno::SRCH.raw_os_error())
}
