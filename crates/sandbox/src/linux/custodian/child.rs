//! The child: from the fork to execve.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, RawFd};

use super::{Ends, Message, Step};
use crate::linux::inherited;
use crate::linux::notify::FILTER_FLAGS;
use crate::linux::program::Program;

/// What runs a script that does not say so itself.
const SHELL: &CStr = c"/bin/sh";

/// Pointers for execve and the filter, made before the fork.
pub(super) struct Child<'p> {
    program: &'p Program,
    arguments: Vec<*const libc::c_char>,
    shell_arguments: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
    streams: [Option<RawFd>; 3],
    filter: libc::sock_fprog,
}

fn pointers(texts: &[std::ffi::CString]) -> Vec<*const libc::c_char> {
    texts
        .iter()
        .map(|text| text.as_ptr())
        .chain(std::iter::once(std::ptr::null()))
        .collect()
}

impl<'p> Child<'p> {
    pub(super) fn new(program: &'p Program, filter: &'p [libc::sock_filter]) -> Self {
        let stream = |i: usize| program.streams[i].as_ref().map(AsRawFd::as_raw_fd);
        Self {
            program,
            arguments: pointers(&program.arguments),
            shell_arguments: pointers(&program.shell_arguments),
            environment: pointers(&program.environment),
            streams: [stream(0), stream(1), stream(2)],
            filter: libc::sock_fprog {
                len: filter.len() as u16,
                filter: filter.as_ptr().cast_mut(),
            },
        }
    }

    /// Becomes the program.
    pub(super) fn run(&self, ends: Ends, custodian: i32, mask: &libc::sigset_t) -> ! {
        let Err((step, errno)) = self.steps(ends, custodian, mask);
        Message::Failed(step, errno).send(ends.messages);
        // SAFETY: ends this process without running anything of the program that forked it.
        unsafe { libc::_exit(127) }
    }

    fn steps(
        &self,
        ends: Ends,
        custodian: i32,
        mask: &libc::sigset_t,
    ) -> Result<std::convert::Infallible, (Step, i32)> {
        // SAFETY: plain system calls on prepared data that outlives them.
        unsafe {
            // We may be out of the reach of others, but it is looked into by us.
            libc::prctl(libc::PR_SET_DUMPABLE, 1);
            // Should the custodian be killed, the program does not outlive it.
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() != custodian {
                libc::_exit(127);
            }
            for (number, stream) in (0..).zip(self.streams) {
                if let Some(stream) = stream {
                    check(Step::Streams, libc::dup2(stream, number).into())?;
                } else if inherited::was_closed(number) {
                    libc::close(number);
                }
            }
            if let Some(directory) = &self.program.directory {
                check(Step::Directory, libc::chdir(directory.as_ptr()).into())?;
            }
            inherited_signals(mask);
            if !self.program.may_dump {
                let none = libc::rlimit {
                    rlim_cur: 0,
                    rlim_max: 0,
                };
                libc::setrlimit(libc::RLIMIT_CORE, &none);
            }
            let listener = if self.filter.len == 0 {
                -1
            } else {
                self.install()?
            };
            Message::Filtered {
                process: libc::getpid(),
                listener,
            }
            .send(ends.messages);
            // The start of the program is asked for under its own name, not ours.
            libc::prctl(libc::PR_SET_NAME, self.program.name.as_ptr());
            let mut go = 0u8;
            while libc::read(ends.go, (&raw mut go).cast(), 1) != 1 {
                if *libc::__errno_location() != libc::EINTR {
                    libc::_exit(127);
                }
            }
            let environment = self.environment.as_ptr();
            let file = self.program.file.as_ptr();
            let mut result = libc::execve(file, self.arguments.as_ptr(), environment);
            if *libc::__errno_location() == libc::ENOEXEC {
                result = libc::execve(SHELL.as_ptr(), self.shell_arguments.as_ptr(), environment);
            }
            check(Step::Execute, result.into())?;
            libc::_exit(127)
        }
    }

    /// Installs the filter and returns its listening end. Needs CAP_SYS_ADMIN or no_new_privs;
    /// the latter would switch setuid programs off, so it is the second choice.
    fn install(&self) -> Result<RawFd, (Step, i32)> {
        let mut last = libc::EINVAL;
        for privileges in [false, true] {
            if privileges {
                // SAFETY: takes plain numbers.
                unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
            }
            for flags in FILTER_FLAGS {
                // SAFETY: the program and its instructions outlive the call.
                let listener = unsafe {
                    let set = libc::SECCOMP_SET_MODE_FILTER;
                    libc::syscall(libc::SYS_seccomp, set, flags, &self.filter)
                };
                if listener >= 0 {
                    return Ok(listener as RawFd);
                }
                // SAFETY: errno of this thread.
                last = unsafe { *libc::__errno_location() };
            }
            if last != libc::EACCES {
                break;
            }
        }
        Err((Step::Filter, last))
    }
}

fn check(step: Step, result: i64) -> Result<(), (Step, i32)> {
    if result >= 0 {
        return Ok(());
    }
    // SAFETY: errno of this thread.
    Err((step, unsafe { *libc::__errno_location() }))
}

/// Signals as whoever started us would have given them to the program: what was ignored stays so,
/// though we heed it, and SIGPIPE is ignored only if it was (Rust ignores it). Then the mask that the
/// caller of `run` had.
fn inherited_signals(mask: &libc::sigset_t) {
    // SAFETY: sigaction with structures on our stack, and a mask that is only read.
    unsafe {
        for signal in 1..=libc::SIGRTMAX() {
            let mut action: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, std::ptr::null(), &mut action) != 0 {
                continue;
            }
            let is_ignored = action.sa_sigaction == libc::SIG_IGN;
            if inherited::was_ignored(signal) {
                libc::signal(signal, libc::SIG_IGN);
            } else if !is_ignored || signal == libc::SIGPIPE {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, mask, std::ptr::null_mut());
    }
}
