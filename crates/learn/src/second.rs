//! Digests that name files are often made from the time in seconds. Runs within one second do not
//! show that such a name changes; and whether a repeat run meets the file of the fresh run before
//! it hangs on whether a second ended between the two. So runs that count begin in a second after
//! that of the first run, and a repeat run in the second of its fresh run.

use std::thread;
use std::time::{Duration, SystemTime};

/// A second of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Second(u64);

impl Second {
    /// This one.
    pub(crate) fn now() -> Self {
        Self(since_epoch().as_secs())
    }

    /// Waits until it is over.
    pub(crate) fn wait_out(self) {
        if Self::now() == self {
            sleep_to_the_next();
        }
    }
}

/// Waits for the next second if this one ends within `span`, and one can hold it.
pub(crate) fn wait_for_room(span: Duration) {
    let second = Duration::from_secs(1);
    let gone = Duration::from_nanos(since_epoch().subsec_nanos().into());
    if span < second && gone + span > second {
        sleep_to_the_next();
    }
}

fn sleep_to_the_next() {
    let gone = Duration::from_nanos(since_epoch().subsec_nanos().into());
    thread::sleep(Duration::from_secs(1).saturating_sub(gone));
}

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}
