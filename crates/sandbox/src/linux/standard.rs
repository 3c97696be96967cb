//! Standard streams that were closed when this process began: where one is, the runtime of Rust
//! opens `/dev/null` before `main`.

use std::sync::atomic::{AtomicU8, Ordering};

/// A bit for each number that was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

extern "C" fn look() {
    for number in 0..3 {
        // SAFETY: asks about a number, whether it is open or not.
        if unsafe { libc::fcntl(number, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << number, Ordering::Relaxed);
        }
    }
}

// SAFETY: the section holds functions like this one, which the loader calls before `main`; it does
// nothing that needs the runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

/// Whether one of them was, so that what is there now is not what we were given.
pub(crate) fn was_closed(number: i32) -> bool {
    CLOSED.load(Ordering::Relaxed) >> number & 1 == 1
}
