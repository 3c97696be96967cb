//! What this process was given when it began, where the runtime of Rust changes it before `main`: it
//! opens `/dev/null` for a standard stream that is closed, and ignores SIGPIPE.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// A bit for each standard stream that was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// A bit for each signal that was ignored; that of signal 1 is the lowest. None if we are a library,
/// which comes later: what is ignored by then may be the choice of the program that loads it.
static IGNORED: AtomicU64 = AtomicU64::new(0);

extern "C" fn look() {
    for number in 0..3 {
        // SAFETY: asks about a number, whether it is open or not.
        if unsafe { libc::fcntl(number, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << number, Ordering::Relaxed);
        }
    }
    if !is_program() {
        return;
    }
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: fills a structure on our stack.
        let is_ignored = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, std::ptr::null(), &mut action) == 0
                && action.sa_sigaction == libc::SIG_IGN
        };
        if is_ignored {
            IGNORED.fetch_or(1 << (signal - 1), Ordering::Relaxed);
        }
    }
}

/// Whether this code is of the program that this process runs, and of no library.
fn is_program() -> bool {
    let object = |address: *const libc::c_void| {
        // SAFETY: an address is only looked up; fills a structure on our stack.
        unsafe {
            let mut found: libc::Dl_info = std::mem::zeroed();
            (libc::dladdr(address, &mut found) != 0).then_some(found.dli_fbase)
        }
    };
    // SAFETY: takes and returns plain numbers.
    let entry = unsafe { libc::getauxval(libc::AT_ENTRY) };
    object(look as *const libc::c_void) == object(entry as *const libc::c_void)
}

// SAFETY: the section holds functions like this one, which the loader calls before `main`; it does
// nothing that needs the runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

/// Whether a standard stream was closed, so that what is there now is not what we were given.
pub(crate) fn was_closed(number: i32) -> bool {
    CLOSED.load(Ordering::Relaxed) >> number & 1 == 1
}

/// Whether a signal was ignored when this process began, as nohup(1) has it, whatever we do about it
/// now. False for a library, which comes later.
pub fn was_ignored(signal: i32) -> bool {
    IGNORED.load(Ordering::Relaxed) >> (signal - 1) & 1 == 1
}
