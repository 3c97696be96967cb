//! The seccomp user notification interface (seccomp_unotify(2)).

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

// Numbers of linux/seccomp.h: SECCOMP_IOW(R) with type '!' and the sizes of the structures, which
// are the same on every 64-bit architecture.
const RECV: libc::c_ulong = 0xc050_2100;
const SEND: libc::c_ulong = 0xc018_2101;
const ID_VALID: libc::c_ulong = 0x4008_2102;
const SET_FLAGS: libc::c_ulong = 0x4008_2104;
const SYNC_WAKE_UP: u64 = 1;

/// `seccomp(2)` flags for a filter with a listener. `WAIT_KILLABLE_RECV` (Linux 5.19) keeps a call
/// that we are answering from being cut short by a signal.
pub(crate) const FILTER_FLAGS: [libc::c_ulong; 2] = [
    libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | (1 << 5),
    libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
];

/// Whether the kernel knows user notification (`SECCOMP_GET_ACTION_AVAIL`).
pub(crate) fn available() -> io::Result<()> {
    let action: u32 = libc::SECCOMP_RET_USER_NOTIF;
    // SAFETY: reads one u32 from our stack.
    let result = unsafe {
        let ask = libc::SECCOMP_GET_ACTION_AVAIL;
        libc::syscall(libc::SYS_seccomp, ask, 0, &action)
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// A call that waits for its answer.
pub(crate) type Notification = libc::seccomp_notif;

/// What to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The kernel carries on with the call.
    Continue,
    /// The call fails with this errno.
    Errno(i32),
}

/// What came of waiting for a call.
#[derive(Debug)]
pub(crate) enum Received {
    /// A call.
    Call(Notification),
    /// The caller is gone already, or the wait was interrupted: wait again.
    Nothing,
    /// No process is left under the filter.
    Finished,
}

/// The listening end of a filter.
#[derive(Debug)]
pub(crate) struct Listener {
    fd: OwnedFd,
    /// The kernel ends a blocking receive when the last process is gone, so no poll is needed.
    ends_by_itself: bool,
}

impl Listener {
    /// Takes over the listening end.
    pub(crate) fn new(fd: OwnedFd) -> Self {
        // SAFETY: SET_FLAGS takes its argument by value. Kernels before 6.6 refuse it: slower only.
        unsafe { libc::ioctl(fd.as_raw_fd(), SET_FLAGS, SYNC_WAKE_UP) };
        // Linux 6.11 made SECCOMP_IOCTL_NOTIF_RECV return ENOENT when all users have exited.
        Self {
            fd,
            ends_by_itself: super::kernel_at_least(6, 11),
        }
    }

    /// Waits for the next call.
    pub(crate) fn receive(&self) -> io::Result<Received> {
        if !self.ends_by_itself && !self.ready()? {
            return Ok(Received::Finished);
        }
        // SAFETY: an all-zero seccomp_notif is valid, and the kernel asks for one that is zeroed.
        let mut notification: Notification = unsafe { std::mem::zeroed() };
        // SAFETY: RECV writes one seccomp_notif to the address given, which lives on our stack.
        let result = unsafe { libc::ioctl(self.fd.as_raw_fd(), RECV, &mut notification) };
        if result == 0 {
            return Ok(Received::Call(notification));
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => Ok(Received::Nothing),
            // Either a caller that died before we looked or the end of all: poll tells.
            Some(libc::ENOENT) if self.ready()? => Ok(Received::Nothing),
            Some(libc::ENOENT) => Ok(Received::Finished),
            _ => Err(error),
        }
    }

    /// Waits until a call is there (true) or no process is left (false).
    fn ready(&self) -> io::Result<bool> {
        loop {
            let mut poll = libc::pollfd {
                fd: self.fd.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: one pollfd on our stack.
            let count = unsafe { libc::poll(&mut poll, 1, -1) };
            if count < 0 {
                let error = io::Error::last_os_error();
                if error.kind() == io::ErrorKind::Interrupted {
                    continue;
                }
                return Err(error);
            }
            if poll.revents & libc::POLLHUP != 0 {
                return Ok(false);
            }
            if poll.revents & libc::POLLIN != 0 {
                return Ok(true);
            }
        }
    }

    /// Answers a call. A caller that died in the meantime is not an error.
    pub(crate) fn answer(&self, id: u64, answer: Answer) -> io::Result<()> {
        let mut response = libc::seccomp_notif_resp {
            id,
            val: 0,
            error: 0,
            flags: 0,
        };
        match answer {
            Answer::Continue => {
                response.flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32;
            }
            Answer::Errno(errno) => response.error = -errno,
        }
        // SAFETY: SEND reads one seccomp_notif_resp from our stack.
        if unsafe { libc::ioctl(self.fd.as_raw_fd(), SEND, &mut response) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::EINPROGRESS) => Ok(()),
            _ => Err(error),
        }
    }

    /// Whether the caller still waits, so that what was read of it is its own.
    pub(crate) fn is_waiting(&self, mut id: u64) -> bool {
        // SAFETY: ID_VALID reads one u64 from our stack.
        unsafe { libc::ioctl(self.fd.as_raw_fd(), ID_VALID, &mut id) == 0 }
    }

    /// Fetches the listening end `number` of process `process`, which then may close its own.
    pub(crate) fn fetch(process: BorrowedFd<'_>, number: i32) -> io::Result<Self> {
        super::memory::file_of(process, number).map(Self::new)
    }
}
