//! Events on their way from the thread that decides to the thread that reports.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use lapbelt_policy::event::Event;
use rustix::event::EventfdFlags;

/// Events kept while the reporting thread is busy; then the program has to wait.
const CAPACITY: usize = 1 << 16;

/// A queue that wakes its reader through a descriptor fit for poll.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Vec<Event>>,
    emptied: Condvar,
    wake: OwnedFd,
}

impl Outbox {
    /// An empty one.
    pub(crate) fn new() -> std::io::Result<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let wake = rustix::event::eventfd(0, flags)?;
        Ok(Self {
            queue: Mutex::default(),
            emptied: Condvar::new(),
            wake,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event, waiting for room if need be.
    pub(crate) fn send(&self, event: Event) {
        let full = |queue: &mut Vec<Event>| queue.len() >= CAPACITY;
        let mut queue = self
            .emptied
            .wait_while(self.lock(), full)
            .unwrap_or_else(PoisonError::into_inner);
        queue.push(event);
        if queue.len() == 1 {
            self.ring();
        }
    }

    /// Makes the reader look even if there is no event.
    pub(crate) fn ring(&self) {
        // Fails only if the counter is full, when the reader is awake anyway.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// Takes all events.
    pub(crate) fn take(&self) -> Vec<Event> {
        let mut counter = [0; 8];
        let _ = rustix::io::read(&self.wake, &mut counter);
        let taken = std::mem::take(&mut *self.lock());
        self.emptied.notify_all();
        taken
    }

    /// Readable when there is something to take.
    pub(crate) fn wake(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}
