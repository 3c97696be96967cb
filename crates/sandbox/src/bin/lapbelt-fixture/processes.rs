//! Programs, threads, signals and the memory of others.

use std::ffi::{c_int, c_long};
use std::ptr::{null, null_mut};

use super::{Arguments, Entry, Outcome, area, errno, in_thread, number, open, opened, path, raw};

pub(super) static ENTRIES: &[Entry] = &[
    ("execute", |a| unsafe {
        let arguments = [path(a, 0), path(a, 1), null()];
        libc::execv(path(a, 0), arguments.as_ptr()).into()
    }),
    ("execute-open", |a| unsafe {
        let file = opened(a, libc::O_RDONLY);
        let (arguments, environment) = ([path(a, 0), path(a, 1), null()], [null()]);
        libc::fexecve(file, arguments.as_ptr(), environment.as_ptr()).into()
    }),
    ("execute-memory", |_| unsafe {
        let file = libc::memfd_create(c"payload".as_ptr(), 0);
        let own = std::fs::read("/proc/self/exe").unwrap_or_default();
        libc::write(file, own.as_ptr().cast(), own.len());
        let (arguments, environment) = ([c"x".as_ptr(), c"nothing".as_ptr(), null()], [null()]);
        libc::fexecve(file, arguments.as_ptr(), environment.as_ptr()).into()
    }),
    ("fork", |_| unsafe { wait_for(libc::fork()) }),
    ("clone", |_| unsafe {
        wait_for(raw(libc::SYS_clone, [17, 0, 0, 0, 0, 0]) as c_int)
    }),
    ("clone3", |_| unsafe {
        // struct clone_args: the signal is its fifth word.
        let arguments = [0u64, 0, 0, 0, libc::SIGCHLD as u64, 0, 0, 0];
        wait_for(raw(
            libc::SYS_clone3,
            [arguments.as_ptr() as u64, 64, 0, 0, 0, 0],
        ) as c_int)
    }),
    ("thread", |_| unsafe { in_thread(c"/".as_ptr()) }),
    ("forks", |a| unsafe {
        for _ in 0..number(a, 0) {
            if libc::fork() == 0 {
                libc::sleep(600);
                libc::_exit(0);
            }
        }
        0
    }),
    ("daemon", |a| unsafe {
        if libc::fork() > 0 {
            return 0;
        }
        libc::setsid();
        if libc::fork() > 0 {
            libc::_exit(0);
        }
        libc::usleep(number(a, 1) as u32 * 1000);
        let result = open(a, libc::O_RDONLY);
        libc::sleep(600);
        result
    }),
    ("signal-self", |_| unsafe {
        libc::kill(libc::getpid(), 0).into()
    }),
    ("signal-parent", |_| unsafe {
        libc::kill(libc::getppid(), 0).into()
    }),
    ("signal-group", |_| unsafe { libc::kill(0, 0).into() }),
    ("signal-process", |a| unsafe {
        libc::kill(number(a, 0), 0).into()
    }),
    ("signal-child", |_| unsafe {
        signal_child(|child| libc::kill(child, libc::SIGUSR1).into())
    }),
    ("signal-grandparent", |_| unsafe {
        let parent = libc::getpid();
        let child = libc::fork();
        if child == 0 {
            let failed = libc::kill(parent, 0) < 0;
            libc::_exit(if failed { errno() } else { 0 });
        }
        wait_for(child)
    }),
    ("signal-thread", |_| unsafe {
        let own = libc::getpid() as u64;
        raw(libc::SYS_tgkill, [own, own, 0, 0, 0, 0])
    }),
    ("signal-pidfd", |_| unsafe {
        signal_child(|child| {
            let descriptor = raw(libc::SYS_pidfd_open, [child as u64, 0, 0, 0, 0, 0]) as u64;
            raw(
                libc::SYS_pidfd_send_signal,
                [descriptor, libc::SIGUSR1 as u64, 0, 0, 0, 0],
            )
        })
    }),
    ("dumpable", |_| unsafe {
        match libc::prctl(libc::PR_GET_DUMPABLE) {
            1 => 0,
            _ => -1,
        }
    }),
    ("take-from-process", |a| unsafe {
        let process = whom(a) as u64;
        let process = raw(libc::SYS_pidfd_open, [process, 0, 0, 0, 0, 0]) as u64;
        raw(libc::SYS_pidfd_getfd, [process, 0, 0, 0, 0, 0])
    }),
    ("trace-process", |a| unsafe {
        raw(
            libc::SYS_ptrace,
            [libc::PTRACE_SEIZE.into(), whom(a) as u64, 0, 0, 0, 0],
        )
    }),
    ("read-process", |a| unsafe {
        other_memory(libc::SYS_process_vm_readv, whom(a))
    }),
    ("write-process", |a| unsafe {
        other_memory(libc::SYS_process_vm_writev, whom(a))
    }),
];

/// A process by its number, or the one that started us.
unsafe fn whom(arguments: Arguments<'_>) -> c_int {
    match arguments.first() {
        Some(word) if *word == c"parent" => unsafe { libc::getppid() },
        _ => number(arguments, 0),
    }
}

/// The parent's side of a fork; its child ends at once. Hands on the child's exit status.
pub(super) unsafe fn wait_for(child: c_int) -> Outcome {
    unsafe {
        match child {
            ..0 => return -1,
            0 => libc::_exit(0),
            _ => {}
        }
        let mut status = 0;
        libc::waitpid(child, &mut status, 0);
        if status == 0 {
            return 0;
        }
        *libc::__errno_location() = libc::WEXITSTATUS(status);
        -1
    }
}

pub(super) unsafe fn signal_child(signal: unsafe fn(c_int) -> Outcome) -> Outcome {
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::sleep(600);
            libc::_exit(0);
        }
        let result = signal(child);
        let error = errno();
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, null_mut(), 0);
        *libc::__errno_location() = error;
        result
    }
}

unsafe fn other_memory(call: c_long, process: c_int) -> Outcome {
    let piece = libc::iovec {
        iov_base: area() as *mut libc::c_void,
        iov_len: 8,
    };
    let at = &raw const piece as u64;
    unsafe { raw(call, [process as u64, at, 1, at, 1, 0]) }
}
