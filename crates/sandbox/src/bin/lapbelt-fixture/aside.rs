//! Calls made from where a supervisor may not look first: from threads that outlive the first of
//! their process or have descriptors of their own, and with what lies in memory that only the
//! program can read.

use std::ffi::{CStr, CString, c_int, c_void};
use std::ptr::null_mut;

use super::processes::{signal_child, wait_for};
use super::sockets::{inet, inet6};
use super::{Arguments, Entry, Outcome, entries, errno, number, path, raw};

pub(super) static OWN: &[Entry] = &[
    // The command, in a thread whose process has lost its first one.
    ("orphaned", |a| unsafe { alone(a, Way::Orphaned) }),
    // The command, in a thread that has its descriptors to itself.
    ("apart", |a| unsafe { alone(a, Way::Apart) }),
    ("read-secret", |a| unsafe {
        let at = secret(path(a, 0), 0);
        libc::open(at, libc::O_RDONLY).into()
    }),
    // A path whose end only is secret.
    ("read-half-secret", |a| unsafe {
        let at = secret(path(a, 0), 4);
        libc::open(at, libc::O_RDONLY).into()
    }),
    ("read-writable-only", |a| unsafe {
        let at = libc::mmap(null_mut(), 4096, READ_WRITE, ANONYMOUS, -1, 0);
        libc::strcpy(at.cast(), path(a, 0));
        libc::mprotect(at, 4096, libc::PROT_WRITE);
        libc::open(at.cast(), libc::O_RDONLY).into()
    }),
    ("connect-secret", |a| unsafe {
        let (address, length) = inet(a);
        let at = secret(c"".as_ptr(), 0).cast_mut();
        std::ptr::copy(address.as_ptr(), at.cast(), length as usize);
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0);
        libc::connect(socket, at.cast(), length).into()
    }),
    // To an address of IPv6 that does not say so, and is that of this host if it were of IPv4.
    ("send-to-seeming-localhost", |a| unsafe {
        let (mut address, length) = inet6(a);
        address[..2].fill(0);
        address[4..8].copy_from_slice(&[127, 0, 0, 1]);
        let socket = libc::socket(libc::AF_INET6, libc::SOCK_RAW, libc::IPPROTO_ICMPV6);
        let (ping, to) = ([128_u8, 0, 0, 0, 0, 0, 0, 0], address.as_ptr().cast());
        libc::sendto(socket, ping.as_ptr().cast(), 8, 0, to, length) as Outcome
    }),
    ("signal-directory", |_| unsafe {
        signal_child(|child| {
            let name = CString::new(format!("/proc/{child}")).expect("no NUL");
            let directory = libc::open(name.as_ptr(), libc::O_RDONLY | libc::O_DIRECTORY);
            send(directory, 0)
        })
    }),
    ("signal-group-behind", |_| unsafe {
        libc::setpgid(0, 0);
        signal_child(|_| {
            libc::signal(libc::SIGUSR1, libc::SIG_IGN);
            let own = raw(libc::SYS_pidfd_open, [libc::getpid() as u64, 0, 0, 0, 0, 0]);
            send(own as c_int, GROUP)
        })
    }),
    ("signal-group-of-self", |_| unsafe {
        libc::setpgid(0, 0);
        signal_child(|_| {
            libc::signal(libc::SIGUSR1, libc::SIG_IGN);
            send(-10_001, GROUP)
        })
    }),
    ("signal-thread-behind", |_| unsafe {
        libc::signal(libc::SIGUSR1, libc::SIG_IGN);
        let own = libc::gettid() as u64;
        let thread = libc::O_EXCL as u64;
        send(
            raw(libc::SYS_pidfd_open, [own, thread, 0, 0, 0, 0]) as c_int,
            0,
        )
    }),
    ("make-file-code", |a| unsafe {
        let file = libc::open(path(a, 0), libc::O_RDONLY);
        let at = libc::mmap(
            null_mut(),
            4096,
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            file,
            0,
        );
        libc::mprotect(at, 4096, libc::PROT_READ | libc::PROT_EXEC).into()
    }),
    // The number, the signal: from the first process of a pid namespace, whose child is 2, which
    // leads a group.
    ("signal-inside", |a| unsafe {
        if libc::unshare(libc::CLONE_NEWPID) < 0 {
            return -1;
        }
        let first = libc::fork();
        if first == 0 {
            let second = libc::fork();
            if second == 0 {
                libc::sleep(600);
            }
            libc::setpgid(second, second);
            let result = libc::kill(number(a, 0), number(a, 1));
            // The rest of a namespace ends with its first.
            libc::_exit(if result < 0 { errno() } else { 0 });
        }
        wait_for(first)
    }),
];

/// `PIDFD_SIGNAL_PROCESS_GROUP` of linux/pidfd.h.
const GROUP: u64 = 4;

/// Sends SIGUSR1 to what a descriptor stands for.
unsafe fn send(descriptor: c_int, flags: u64) -> Outcome {
    let signal = libc::SIGUSR1 as u64;
    let arguments = [descriptor as u64, signal, 0, flags, 0, 0];
    unsafe { raw(libc::SYS_pidfd_send_signal, arguments) }
}

const READ_WRITE: c_int = libc::PROT_READ | libc::PROT_WRITE;
const ANONYMOUS: c_int = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Orphaned,
    Apart,
}

/// Makes another command's call in a thread of its own, and exits as that would.
unsafe fn alone(arguments: Arguments<'_>, way: Way) -> Outcome {
    extern "C" fn run(started: *mut c_void) -> *mut c_void {
        let started = unsafe { Box::from_raw(started.cast::<(Vec<&'static CStr>, Way)>()) };
        let (words, way) = *started;
        unsafe {
            if way == Way::Apart && libc::unshare(libc::CLONE_FILES) < 0 {
                libc::_exit(errno());
            }
            // The first thread is gone when its state says so.
            while way == Way::Orphaned && !is_alone() {
                libc::sched_yield();
            }
            let found = entries()
                .chain(OWN)
                .find(|(name, _)| name.as_bytes() == words[0].to_bytes());
            let Some((_, entry)) = found else {
                libc::_exit(125);
            };
            libc::_exit(if entry(&words[1..]) < 0 { errno() } else { 0 });
        }
    }
    // The arguments of the program stay where they are to its end.
    let words: Vec<&'static CStr> = arguments
        .iter()
        .map(|word| unsafe { CStr::from_ptr(word.as_ptr()) })
        .collect();
    let started = Box::into_raw(Box::new((words, way)));
    unsafe {
        let mut thread = std::mem::zeroed();
        libc::pthread_create(&mut thread, std::ptr::null(), run, started.cast());
        if way == Way::Orphaned {
            libc::syscall(libc::SYS_exit, 0);
        }
        libc::pthread_join(thread, null_mut());
    }
    -1
}

/// Whether the first thread of this process has ended.
fn is_alone() -> bool {
    std::fs::read_to_string("/proc/self/stat").is_ok_and(|stat| stat.contains(") Z "))
}

/// Puts a text so that what comes behind its first `plain` bytes lies in memory that nobody else can
/// read (memfd_secret(2)).
unsafe fn secret(text: *const libc::c_char, plain: usize) -> *const libc::c_char {
    const PAGE: usize = 4096;
    unsafe {
        let file = libc::syscall(libc::SYS_memfd_secret, 0) as c_int;
        if file < 0 || libc::ftruncate(file, PAGE as i64) < 0 {
            libc::_exit(libc::ENOSYS);
        }
        let base = libc::mmap(null_mut(), 2 * PAGE, READ_WRITE, ANONYMOUS, -1, 0);
        let hidden = base.add(PAGE);
        let flags = libc::MAP_SHARED | libc::MAP_FIXED;
        if libc::mmap(hidden, PAGE, READ_WRITE, flags, file, 0) == libc::MAP_FAILED {
            libc::_exit(libc::ENOSYS);
        }
        let at = hidden.sub(plain).cast();
        libc::strcpy(at, text);
        at
    }
}
