//! The custodian's descendants: reaping and killing them, without allocation.

use std::os::fd::RawFd;

use super::Message;

/// Pause between two rounds of killing, and how many rounds at most (10 s): a process that the
/// kernel cannot end (waiting for a dead disk) must not hold us for ever.
const PAUSE: libc::timespec = libc::timespec {
    tv_sec: 0,
    tv_nsec: 1_000_000,
};
const ROUNDS: u32 = 10_000;

pub(super) struct Tree {
    main: i32,
    /// Who is stopped with it.
    stopped_too: Option<i32>,
    messages: RawFd,
    forked: bool,
}

impl Tree {
    pub(super) fn new(main: i32, stopped_too: Option<i32>, messages: RawFd) -> Self {
        Self {
            main,
            stopped_too,
            messages,
            forked: false,
        }
    }

    /// Reaps all that have ended, and has the supervisor stopped with the program; false when no
    /// child is left.
    pub(super) fn reap(&mut self) -> bool {
        loop {
            // SAFETY: waitid and waitpid with structures on our stack; they wait for own children.
            unsafe {
                let mut info: libc::siginfo_t = std::mem::zeroed();
                let changes = libc::WEXITED | libc::WSTOPPED | libc::WCONTINUED;
                let options = changes | libc::WNOHANG | libc::WNOWAIT;
                if libc::waitid(libc::P_ALL, 0, &mut info, options) != 0 {
                    return false;
                }
                let process = info.si_pid();
                if process == 0 {
                    return true;
                }
                let (change, signal) = match info.si_code {
                    libc::CLD_STOPPED | libc::CLD_TRAPPED => (libc::WSTOPPED, libc::SIGSTOP),
                    libc::CLD_CONTINUED => (libc::WCONTINUED, libc::SIGCONT),
                    _ => {
                        self.end(process);
                        continue;
                    }
                };
                // Or we would be told of it again.
                libc::waitid(
                    libc::P_PID,
                    process.unsigned_abs(),
                    &mut info,
                    change | libc::WNOHANG,
                );
                if process == self.main {
                    self.signal_supervisor(signal);
                }
            }
        }
    }

    /// Reaps a process that has ended.
    fn end(&mut self, process: i32) {
        // An orphan has come to us, or the program has waited for a child of its own.
        self.forked |= process != self.main || waited_for_children(process);
        let mut status = 0;
        // SAFETY: waits for an own child; the status lies on our stack.
        unsafe { libc::waitpid(process, &mut status, libc::WNOHANG) };
        if process == self.main {
            Message::Ended {
                status,
                forked: self.forked,
            }
            .send(self.messages);
            self.signal_supervisor(libc::SIGCONT);
        }
    }

    /// Stops the supervisor or lets it go on, if it is to be what the program is.
    fn signal_supervisor(&self, signal: libc::c_int) {
        if let Some(supervisor) = self.stopped_too {
            // SAFETY: takes plain numbers; while it is our parent the number is its own.
            unsafe {
                if libc::getppid() == supervisor {
                    libc::kill(supervisor, signal);
                }
            }
        }
    }

    /// Kills children until none is left; grandchildren become children as their parents die.
    pub(super) fn kill(&mut self) {
        for _ in 0..ROUNDS {
            if !self.reap() {
                return;
            }
            kill_children();
            if !self.reap() {
                return;
            }
            // SAFETY: sleeps; the remaining time is not asked for.
            unsafe { libc::nanosleep(&PAUSE, std::ptr::null_mut()) };
        }
    }
}

/// Kills all whose parent we are. Listing /proc works on every kernel; the `children` files do not.
fn kill_children() {
    // SAFETY: system calls on a buffer of our stack, whose entries are read within the length that
    // the kernel gave.
    unsafe {
        let own = libc::getpid();
        let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
        let directory = libc::open(c"/proc".as_ptr(), flags);
        if directory < 0 {
            return;
        }
        let mut buffer = [0u8; 8192];
        loop {
            let pointer = buffer.as_mut_ptr();
            let length = libc::syscall(libc::SYS_getdents64, directory, pointer, buffer.len());
            let Ok(length @ 1..) = usize::try_from(length) else {
                break;
            };
            let mut at = 0;
            // struct linux_dirent64: inode 8, offset 8, length 2, type 1, name.
            while at + 19 < length {
                let record = usize::from(u16::from_ne_bytes([buffer[at + 16], buffer[at + 17]]));
                if let Some(process) = number(&buffer[at + 19..length])
                    && stat_field(process, 1) == Some(own as u64)
                {
                    libc::kill(process, libc::SIGKILL);
                }
                if record == 0 {
                    break;
                }
                at += record;
            }
        }
        libc::close(directory);
    }
}

/// Whether an ended process had waited for children: their page faults are counted in it.
fn waited_for_children(process: i32) -> bool {
    // Fields of /proc/PID/stat from the state on: cminflt is the ninth.
    stat_field(process, 8).is_some_and(|faults| faults > 0)
}

/// A field of /proc/PID/stat, counted from the state after the name, which is 0.
fn stat_field(process: i32, index: usize) -> Option<u64> {
    let mut path = [0u8; 32];
    let mut end = 0;
    let mut push = |bytes: &[u8]| {
        path[end..end + bytes.len()].copy_from_slice(bytes);
        end += bytes.len();
    };
    push(b"/proc/");
    let mut digits = [0u8; 10];
    let mut first = digits.len();
    let mut rest = process;
    while rest > 0 {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    push(&digits[first..]);
    push(b"/stat");
    let mut text = [0u8; 1024];
    // SAFETY: the path ends with NUL (the array was zero and is longer); reads into our buffer.
    let length = unsafe {
        let file = libc::open(path.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC);
        if file < 0 {
            return None;
        }
        let length = libc::read(file, text.as_mut_ptr().cast(), text.len());
        libc::close(file);
        usize::try_from(length).ok()?
    };
    let text = &text[..length];
    let after_name = text.iter().rposition(|byte| *byte == b')')? + 2;
    let field = text
        .get(after_name..)?
        .split(|byte| *byte == b' ')
        .nth(index)?;
    field.iter().try_fold(0u64, |value, digit| match digit {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// The number that a NUL-terminated name is.
fn number(name: &[u8]) -> Option<i32> {
    let end = name.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&name[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_stat() {
        let own = std::process::id() as i32;
        assert_eq!(
            stat_field(own, 1),
            Some(u64::from(std::os::unix::process::parent_id()))
        );
        assert_eq!(stat_field(i32::MAX, 1), None);
        assert_eq!(number(b"123\0x"), Some(123));
        assert_eq!(number(b"self\0"), None);
    }
}
