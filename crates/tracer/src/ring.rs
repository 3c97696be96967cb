//! A bounded queue between the tracer and who writes records: the traced program never waits for a
//! disk, and what finds the queue full is counted.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// The end that puts in.
#[derive(Debug)]
pub struct Ring<T> {
    sender: SyncSender<T>,
    dropped: u64,
}

/// A queue for that many records, at least one, and the end that takes out.
pub fn ring<T>(capacity: usize) -> (Ring<T>, Receiver<T>) {
    let (sender, receiver) = sync_channel(capacity.max(1));
    (Ring { sender, dropped: 0 }, receiver)
}

impl<T> Ring<T> {
    /// Puts in, or counts it as dropped.
    pub fn push(&mut self, value: T) {
        match self.sender.try_send(value) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.dropped += 1,
        }
    }

    /// How many were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let (mut ring, receiver) = ring(2);
        for value in 0..5 {
            ring.push(value);
        }
        assert_eq!(ring.dropped(), 3);
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0, 1]);
        ring.push(9);
        assert_eq!(receiver.recv(), Ok(9));
        drop(receiver);
        ring.push(10);
        assert_eq!(ring.dropped(), 4);
    }
}
