//! The system calls of a tracer, each with owned or copied data only.
#![allow(
    unsafe_code,
    reason = "ptrace, wait and the hook of fork have no safe form"
)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use libc::{c_int, c_long, pid_t};

/// What `waitpid` says of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Exited(i32),
    Signaled(i32),
    /// By a signal, and the number of an event or 0.
    Stopped(i32, i32),
}

fn ptrace(request: c_int, tid: pid_t, address: usize, data: usize) -> io::Result<()> {
    // SAFETY: callers pass as `address` and `data` numbers, or pointers to memory of their own that
    // lives through the call and is as large as the request says.
    let result =
        unsafe { libc::syscall(libc::SYS_ptrace, c_long::from(request), tid, address, data) };
    match result {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Makes a command stop after `exec`, to be traced by the thread that starts it; with the addresses
/// that it has without randomisation, where wanted and the system lets it.
pub(super) fn stop_after_exec(command: &mut Command, is_fixed: bool) {
    // SAFETY: the hook makes two system calls, which a child of fork may, and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            if is_fixed {
                libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong);
            }
            ptrace(libc::PTRACE_TRACEME as c_int, 0, 0, 0)
        });
    }
}

/// Follow threads and processes of the target, and end it if the tracer ends.
pub(super) fn follow(tid: pid_t) -> io::Result<()> {
    let options = libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACEEXEC
        | libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_EXITKILL;
    ptrace(libc::PTRACE_SETOPTIONS as c_int, tid, 0, options as usize)
}

/// How a thread is let run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    Free,
    ToSystemCall,
    OneInstruction,
    Untraced,
}

/// Lets a stopped thread run, with a signal or 0.
pub(super) fn resume(tid: pid_t, run: Run, signal: i32) -> io::Result<()> {
    let request = match run {
        Run::Free => libc::PTRACE_CONT,
        Run::ToSystemCall => libc::PTRACE_SYSCALL,
        Run::OneInstruction => libc::PTRACE_SINGLESTEP,
        Run::Untraced => libc::PTRACE_DETACH,
    };
    ptrace(request as c_int, tid, 0, signal as usize)
}

/// The number that comes with an event: the new thread.
pub(super) fn event_message(tid: pid_t) -> io::Result<pid_t> {
    let mut message: libc::c_ulong = 0;
    let place = (&raw mut message) as usize;
    ptrace(libc::PTRACE_GETEVENTMSG as c_int, tid, 0, place)?;
    Ok(message as pid_t)
}

/// The code of the signal that stopped a thread: positive if the kernel sent it.
pub(super) fn signal_code(tid: pid_t) -> io::Result<i32> {
    // SAFETY: all zero bytes are a value of this plain structure.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let place = (&raw mut info) as usize;
    ptrace(libc::PTRACE_GETSIGINFO as c_int, tid, 0, place)?;
    Ok(info.si_code)
}

/// Reads a set of registers into plain words; the kernel fills at most their size.
pub(super) fn registers<const N: usize>(tid: pid_t, set: c_int) -> io::Result<[u64; N]> {
    let mut words = [0_u64; N];
    let mut vector = libc::iovec {
        iov_base: words.as_mut_ptr().cast(),
        iov_len: size_of_val(&words),
    };
    let place = (&raw mut vector) as usize;
    ptrace(libc::PTRACE_GETREGSET as c_int, tid, set as usize, place)?;
    Ok(words)
}

/// Writes a set of registers, or the first words of it.
pub(super) fn set_registers(tid: pid_t, set: c_int, words: &[u64]) -> io::Result<()> {
    let mut vector = libc::iovec {
        // The kernel only reads.
        iov_base: words.as_ptr().cast_mut().cast(),
        iov_len: size_of_val(words),
    };
    let place = (&raw mut vector) as usize;
    ptrace(libc::PTRACE_SETREGSET as c_int, tid, set as usize, place)
}

/// Writes a word of the kernel's user area, where x86-64 has its debug registers.
#[cfg(target_arch = "x86_64")]
pub(super) fn poke_user(tid: pid_t, offset: usize, word: u64) -> io::Result<()> {
    ptrace(libc::PTRACE_POKEUSER as c_int, tid, offset, word as usize)
}

/// Waits for a child or traced thread of the calling thread only; `None` if there is none left.
pub(super) fn wait() -> io::Result<Option<(pid_t, Status)>> {
    let mut status = 0;
    // SAFETY: `status` lives through the call.
    let tid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD) };
    if tid == -1 {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::EINTR) => wait(),
            Some(libc::ECHILD) => Ok(None),
            _ => Err(error),
        };
    }
    let status = if libc::WIFEXITED(status) {
        Status::Exited(libc::WEXITSTATUS(status))
    } else if libc::WIFSIGNALED(status) {
        Status::Signaled(libc::WTERMSIG(status))
    } else {
        Status::Stopped(libc::WSTOPSIG(status), status >> 16)
    };
    Ok(Some((tid, status)))
}

/// Sends a signal to a thread.
pub(super) fn signal(process: pid_t, tid: pid_t, signal: i32) -> io::Result<()> {
    // SAFETY: only numbers are passed.
    match unsafe { libc::syscall(libc::SYS_tgkill, process, tid, signal) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
