//! A program for tests: `lapbelt-fixture NAME [ARGUMENT…]` makes one system call, or the few that
//! one thing takes, and exits with its errno, 0 if all went well, 125 on misuse.
//!
//! It has no Rust runtime of its own, which would open files before `main`.
#![no_main]
#![allow(
    unsafe_code,
    reason = "every line is a system call on data of this program"
)]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one thing: calls of libc with valid data"
)]

mod aside;
mod hard;
mod old;
mod roundabout;

use std::ffi::{CStr, c_char, c_int, c_long};
use std::ptr::{null, null_mut};

type Arguments<'a> = &'a [&'a CStr];
/// What a call returned: below 0 means that errno says why.
type Outcome = i64;
type Entry = (&'static str, unsafe fn(Arguments<'_>) -> Outcome);

#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, values: *const *const c_char) -> c_int {
    let arguments: Vec<&CStr> = (1..count as usize)
        .map(|i| unsafe { CStr::from_ptr(*values.add(i)) })
        .collect();
    let Some((name, rest)) = arguments.split_first() else {
        return 125;
    };
    let Some((_, entry)) = ENTRIES
        .iter()
        .chain(hard::ENTRIES)
        .chain(roundabout::ENTRIES)
        .chain(aside::OWN)
        .find(|(entry, _)| entry.as_bytes() == name.to_bytes())
    else {
        return 125;
    };
    if unsafe { entry(rest) } < 0 {
        errno()
    } else {
        0
    }
}

fn errno() -> i32 {
    std::io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or(125)
}

fn path(arguments: Arguments<'_>, index: usize) -> *const c_char {
    arguments
        .get(index)
        .map_or(c"".as_ptr(), |argument| argument.as_ptr())
}

fn number(arguments: Arguments<'_>, index: usize) -> i32 {
    arguments
        .get(index)
        .and_then(|argument| argument.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}

unsafe fn open(arguments: Arguments<'_>, flags: c_int) -> Outcome {
    unsafe { libc::open(path(arguments, 0), flags, 0o644).into() }
}

/// Opens the first argument (never asked about by the tests that use it) for a call on an open file.
unsafe fn opened(arguments: Arguments<'_>, flags: c_int) -> c_int {
    unsafe { libc::open(path(arguments, 0), flags) }
}

unsafe fn raw(number: c_long, arguments: [u64; 6]) -> Outcome {
    let [a, b, c, d, e, f] = arguments;
    unsafe { libc::syscall(number, a, b, c, d, e, f) }
}

const AT: u64 = libc::AT_FDCWD as u64;

static ENTRIES: &[Entry] = &[
    ("nothing", |_| 0),
    ("exit", |a| unsafe { libc::_exit(number(a, 0)) }),
    ("die", |a| unsafe {
        // Whoever started us in the background has SIGINT ignored.
        libc::signal(number(a, 0), libc::SIG_DFL);
        libc::raise(number(a, 0)).into()
    }),
    ("sleep", |_| unsafe { libc::sleep(600).into() }),
    ("read", |a| unsafe { open(a, libc::O_RDONLY) }),
    ("write", |a| unsafe { open(a, libc::O_WRONLY) }),
    ("read-write", |a| unsafe { open(a, libc::O_RDWR) }),
    ("create", |a| unsafe {
        open(a, libc::O_WRONLY | libc::O_CREAT)
    }),
    ("create-new", |a| unsafe {
        open(a, libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL)
    }),
    ("open-truncate", |a| unsafe {
        open(a, libc::O_RDONLY | libc::O_TRUNC)
    }),
    ("open-setuid", |a| unsafe {
        libc::open(path(a, 0), libc::O_WRONLY | libc::O_CREAT, 0o4755).into()
    }),
    ("open-path", |a| unsafe { open(a, libc::O_PATH) }),
    ("open-temporary", |a| unsafe {
        open(a, libc::O_TMPFILE | libc::O_WRONLY)
    }),
    ("open-no-follow", |a| unsafe {
        open(a, libc::O_RDONLY | libc::O_NOFOLLOW)
    }),
    ("creat", |a| unsafe {
        libc::creat(path(a, 0), 0o644).into()
    }),
    ("openat2", |a| unsafe {
        let how = [0u64, 0, 0];
        raw(
            libc::SYS_openat2,
            [AT, path(a, 0) as u64, how.as_ptr() as u64, 24, 0, 0],
        )
    }),
    ("open-in", |a| unsafe {
        let directory = opened(a, libc::O_PATH | libc::O_DIRECTORY);
        libc::openat(directory, path(a, 1), libc::O_RDONLY).into()
    }),
    ("open-after-chdir", |a| unsafe {
        libc::chdir(path(a, 0));
        libc::open(path(a, 1), libc::O_RDONLY).into()
    }),
    ("open-in-thread", |a| unsafe { in_thread(path(a, 0)) }),
    ("open-many", |a| unsafe {
        for _ in 0..number(a, 1) {
            let file = opened(a, libc::O_RDONLY);
            let mut byte = 0u8;
            libc::read(file, (&raw mut byte).cast(), 1);
            libc::close(file);
        }
        0
    }),
    ("stat-many", |a| unsafe {
        let mut stat = std::mem::zeroed();
        (0..number(a, 1))
            .map(|_| libc::stat(path(a, 0), &mut stat))
            .min()
            .unwrap_or(0)
            .into()
    }),
    ("open-deleted", |a| unsafe {
        let file = opened(a, libc::O_RDWR);
        libc::unlink(path(a, 0));
        libc::fchmod(file, 0o600).into()
    }),
    ("open-null", |_| unsafe {
        libc::open(null(), libc::O_RDONLY).into()
    }),
    ("stat", |a| unsafe { old::stat(path(a, 0)) }),
    ("lstat", |a| unsafe { old::lstat(path(a, 0)) }),
    ("fstatat", |a| unsafe {
        raw(
            libc::SYS_newfstatat,
            [AT, path(a, 0) as u64, area(), 0, 0, 0],
        )
    }),
    ("statx", |a| unsafe {
        raw(libc::SYS_statx, [AT, path(a, 0) as u64, 0, 0, area(), 0])
    }),
    ("readlink", |a| unsafe { old::readlink(path(a, 0)) }),
    ("getcwd", |_| unsafe {
        raw(libc::SYS_getcwd, [area(), 512, 0, 0, 0, 0])
    }),
    ("statfs", |a| unsafe {
        raw(libc::SYS_statfs, [path(a, 0) as u64, area(), 0, 0, 0, 0])
    }),
    ("watch", |a| unsafe {
        libc::inotify_add_watch(libc::inotify_init(), path(a, 0), libc::IN_MODIFY).into()
    }),
    ("exists", |a| unsafe {
        libc::access(path(a, 0), libc::F_OK).into()
    }),
    ("readable", |a| unsafe {
        libc::access(path(a, 0), libc::R_OK).into()
    }),
    ("writable", |a| unsafe {
        libc::access(path(a, 0), libc::W_OK).into()
    }),
    ("executable", |a| unsafe {
        libc::access(path(a, 0), libc::X_OK).into()
    }),
    ("faccessat2", |a| unsafe {
        raw(
            libc::SYS_faccessat2,
            [AT, path(a, 0) as u64, libc::R_OK as u64, 0, 0, 0],
        )
    }),
    ("list", |a| unsafe {
        let directory = opened(a, libc::O_RDONLY | libc::O_DIRECTORY);
        if directory < 0 {
            return -1;
        }
        raw(
            libc::SYS_getdents64,
            [directory as u64, area(), 512, 0, 0, 0],
        )
    }),
    ("unlink", |a| unsafe { libc::unlink(path(a, 0)).into() }),
    ("rmdir", |a| unsafe { libc::rmdir(path(a, 0)).into() }),
    ("unlinkat", |a| unsafe {
        libc::unlinkat(libc::AT_FDCWD, path(a, 0), 0).into()
    }),
    ("rename", |a| unsafe {
        libc::rename(path(a, 0), path(a, 1)).into()
    }),
    ("rename-many", |a| unsafe {
        for _ in 0..number(a, 2) {
            libc::rename(path(a, 0), path(a, 1));
            libc::rename(path(a, 1), path(a, 0));
        }
        0
    }),
    ("exchange", |a| unsafe {
        let (one, other) = (path(a, 0) as u64, path(a, 1) as u64);
        raw(
            libc::SYS_renameat2,
            [AT, one, AT, other, libc::RENAME_EXCHANGE.into(), 0],
        )
    }),
    ("mkdir", |a| unsafe {
        libc::mkdir(path(a, 0), 0o755).into()
    }),
    ("mkfifo", |a| unsafe {
        libc::mkfifo(path(a, 0), 0o644).into()
    }),
    ("mknod", |a| unsafe {
        libc::mknod(path(a, 0), libc::S_IFCHR | 0o644, libc::makedev(1, 3)).into()
    }),
    ("symlink", |a| unsafe {
        libc::symlink(c"anywhere".as_ptr(), path(a, 0)).into()
    }),
    // Opens a file, puts a link in its place, and opens that.
    ("open-then-link", |a| unsafe {
        libc::close(opened(a, libc::O_RDONLY));
        libc::unlink(path(a, 0));
        libc::symlink(path(a, 1), path(a, 0));
        open(a, libc::O_RDONLY)
    }),
    ("link", |a| unsafe {
        libc::link(path(a, 0), path(a, 1)).into()
    }),
    // As open(2) says how a file gets its name once it is whole.
    ("link-temporary", |a| unsafe {
        let file = libc::open(path(a, 0), libc::O_TMPFILE | libc::O_WRONLY, 0o600);
        let text = std::ffi::CString::new(format!("/proc/self/fd/{file}")).expect("no NUL");
        let (old, new) = (text.as_ptr(), path(a, 1));
        let here = libc::AT_FDCWD;
        libc::linkat(here, old, here, new, libc::AT_SYMLINK_FOLLOW).into()
    }),
    ("chmod", |a| unsafe {
        libc::chmod(path(a, 0), 0o600).into()
    }),
    ("chmod-setuid", |a| unsafe {
        libc::chmod(path(a, 0), 0o4700).into()
    }),
    ("fchmod", |a| unsafe {
        libc::fchmod(opened(a, libc::O_RDONLY), 0o600).into()
    }),
    ("chown", |a| unsafe {
        libc::chown(path(a, 0), libc::getuid(), libc::getgid()).into()
    }),
    ("lchown", |a| unsafe {
        libc::lchown(path(a, 0), libc::getuid(), libc::getgid()).into()
    }),
    ("fchown", |a| unsafe {
        libc::fchown(opened(a, libc::O_RDONLY), libc::getuid(), libc::getgid()).into()
    }),
    ("utimes", |a| unsafe {
        libc::utimes(path(a, 0), null()).into()
    }),
    ("utimensat", |a| unsafe {
        libc::utimensat(libc::AT_FDCWD, path(a, 0), null(), 0).into()
    }),
    ("futimens", |a| unsafe {
        libc::futimens(opened(a, libc::O_RDONLY), null()).into()
    }),
    ("truncate", |a| unsafe {
        libc::truncate(path(a, 0), 0).into()
    }),
    ("ftruncate", |a| unsafe {
        libc::ftruncate(opened(a, libc::O_RDWR), 0).into()
    }),
    ("setxattr", |a| unsafe {
        libc::setxattr(
            path(a, 0),
            c"user.test".as_ptr(),
            c"v".as_ptr().cast(),
            1,
            0,
        )
        .into()
    }),
    ("getxattr", |a| unsafe {
        libc::getxattr(path(a, 0), c"user.test".as_ptr(), null_mut(), 0) as Outcome
    }),
    ("listxattr", |a| unsafe {
        libc::listxattr(path(a, 0), null_mut(), 0) as Outcome
    }),
    ("removexattr", |a| unsafe {
        libc::removexattr(path(a, 0), c"user.test".as_ptr()).into()
    }),
    ("ioctl", |a| unsafe {
        // FS_IOC_GETFLAGS
        libc::ioctl(opened(a, libc::O_RDONLY), 0x8008_6601, area()).into()
    }),
    ("ioctl-terminal", |a| unsafe {
        let result = libc::ioctl(opened(a, libc::O_RDONLY), libc::TCGETS, area());
        // Not a terminal, but the call was let through.
        if result < 0 && errno() == libc::ENOTTY {
            0
        } else {
            -1
        }
    }),
    ("flock", |a| unsafe {
        libc::flock(opened(a, libc::O_RDONLY), libc::LOCK_EX).into()
    }),
    ("lock", |a| unsafe {
        let mut lock: libc::flock = std::mem::zeroed();
        lock.l_type = libc::F_RDLCK as i16;
        libc::fcntl(opened(a, libc::O_RDONLY), libc::F_SETLK, &lock).into()
    }),
    ("map-executable", |a| unsafe {
        map(
            libc::PROT_READ | libc::PROT_EXEC,
            libc::MAP_PRIVATE,
            opened(a, libc::O_RDONLY),
        )
    }),
    ("map-writable-code", |_| unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        map(protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
    }),
    ("make-code", |_| unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let at = map(protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1);
        libc::mprotect(
            at as *mut libc::c_void,
            4096,
            libc::PROT_READ | libc::PROT_EXEC,
        )
        .into()
    }),
    ("make-file-code", |a| unsafe {
        let at = map(
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            opened(a, libc::O_RDONLY),
        );
        libc::mprotect(
            at as *mut libc::c_void,
            4096,
            libc::PROT_READ | libc::PROT_EXEC,
        )
        .into()
    }),
    ("chroot", |a| unsafe { libc::chroot(path(a, 0)).into() }),
    ("stat-in-chroot", |a| unsafe {
        if libc::chroot(path(a, 0)) < 0 {
            return -1;
        }
        old::stat(path(a, 1))
    }),
    ("mount", |a| unsafe {
        libc::mount(c"none".as_ptr(), path(a, 0), c"tmpfs".as_ptr(), 0, null()).into()
    }),
    ("unmount", |a| unsafe {
        libc::umount2(path(a, 0), 0).into()
    }),
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
    ("trace-process", |a| unsafe {
        raw(
            libc::SYS_ptrace,
            [libc::PTRACE_SEIZE.into(), number(a, 0) as u64, 0, 0, 0, 0],
        )
    }),
    ("read-process", |a| unsafe {
        other_memory(libc::SYS_process_vm_readv, number(a, 0))
    }),
    ("write-process", |a| unsafe {
        other_memory(libc::SYS_process_vm_writev, number(a, 0))
    }),
    ("socket", |a| unsafe {
        libc::socket(
            number(a, 0),
            number(a, 1) | libc::SOCK_CLOEXEC,
            number(a, 2),
        )
        .into()
    }),
    ("connect", |a| unsafe {
        let (address, length) = inet(a);
        tried(libc::connect(tcp(), address.as_ptr().cast(), length))
    }),
    ("connect6", |a| unsafe {
        let (address, length) = inet6(a);
        tried(libc::connect(
            libc::socket(libc::AF_INET6, libc::SOCK_STREAM, 0),
            address.as_ptr().cast(),
            length,
        ))
    }),
    ("connect-udp", |a| unsafe {
        let (address, length) = inet(a);
        libc::connect(udp(), address.as_ptr().cast(), length).into()
    }),
    ("disconnect", |_| unsafe {
        let address = [0u8; 16];
        libc::connect(udp(), address.as_ptr().cast(), 16).into()
    }),
    ("send-to", |a| unsafe {
        let (address, length) = inet(a);
        send_to(&address, length)
    }),
    ("send-message", |a| unsafe { send_messages(a, 1) }),
    ("send-messages", |a| unsafe { send_messages(a, 2) }),
    ("send-pair", |_| unsafe {
        let mut pair = [0; 2];
        libc::socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0, pair.as_mut_ptr());
        let header: libc::msghdr = std::mem::zeroed();
        libc::sendmsg(pair[0], &header, 0) as Outcome
    }),
    ("connect-unix", |a| unsafe {
        with_unix(a, false, |s, at, l| tried(libc::connect(s, at, l)))
    }),
    ("connect-abstract", |a| unsafe {
        with_unix(a, true, |s, at, l| tried(libc::connect(s, at, l)))
    }),
    ("bind-unix", |a| unsafe {
        with_unix(a, false, |s, at, l| libc::bind(s, at, l).into())
    }),
    ("bind", |a| unsafe {
        let (address, length) = inet(a);
        libc::bind(tcp(), address.as_ptr().cast(), length).into()
    }),
    ("listen", |a| unsafe { listening(a).map_or(-1, |_| 0) }),
    ("accept", |a| unsafe {
        let Some(socket) = listening(a) else {
            return -1;
        };
        libc::fcntl(socket, libc::F_SETFL, libc::O_NONBLOCK);
        let result = libc::accept(socket, null_mut(), null_mut());
        if result < 0 && errno() == libc::EAGAIN {
            0
        } else {
            result.into()
        }
    }),
    ("shm-create", |a| unsafe {
        libc::shm_open(path(a, 0), libc::O_RDWR | libc::O_CREAT, 0o600).into()
    }),
    ("shm-read", |a| unsafe {
        libc::shm_open(path(a, 0), libc::O_RDONLY, 0).into()
    }),
    ("shm-unlink", |a| unsafe {
        libc::shm_unlink(path(a, 0)).into()
    }),
    ("sem-create", |a| unsafe {
        semaphore(libc::sem_open(path(a, 0), libc::O_CREAT, 0o600, 1))
    }),
    ("sem-open", |a| unsafe {
        semaphore(libc::sem_open(path(a, 0), 0))
    }),
    ("sem-unlink", |a| unsafe {
        libc::sem_unlink(path(a, 0)).into()
    }),
    ("shmget", |_| unsafe {
        let id = libc::shmget(libc::IPC_PRIVATE, 4096, 0o600);
        if id >= 0 {
            libc::shmctl(id, libc::IPC_RMID, null_mut()).into()
        } else {
            -1
        }
    }),
    ("semget", |_| unsafe {
        let id = libc::semget(libc::IPC_PRIVATE, 1, 0o600);
        if id >= 0 {
            libc::semctl(id, 0, libc::IPC_RMID).into()
        } else {
            -1
        }
    }),
    ("msgget", |_| unsafe {
        let id = libc::msgget(libc::IPC_PRIVATE, 0o600);
        if id >= 0 {
            libc::msgctl(id, libc::IPC_RMID, null_mut()).into()
        } else {
            -1
        }
    }),
    ("setpriority", |a| unsafe {
        raw(libc::SYS_setpriority, [0, number(a, 0) as u64, 0, 0, 0, 0])
    }),
    ("set-affinity", |a| unsafe {
        let all = [u64::MAX; 16];
        let process = number(a, 0) as u64;
        raw(
            libc::SYS_sched_setaffinity,
            [process, 128, all.as_ptr() as u64, 0, 0, 0],
        )
    }),
    // The next ones are given what the kernel refuses with EINVAL, EFAULT or ENOENT.
    ("reboot", |_| unsafe { raw(libc::SYS_reboot, [0; 6]) }),
    ("set-time", |_| unsafe {
        raw(libc::SYS_clock_settime, [99, area(), 0, 0, 0, 0])
    }),
    ("swap-on", |_| unsafe {
        raw(
            libc::SYS_swapon,
            [c"/nowhere".as_ptr() as u64, 0, 0, 0, 0, 0],
        )
    }),
    ("account", |_| unsafe {
        raw(libc::SYS_acct, [c"/nowhere".as_ptr() as u64, 0, 0, 0, 0, 0])
    }),
    ("load-module", |_| unsafe {
        raw(libc::SYS_finit_module, [u64::MAX, 0, 0, 0, 0, 0])
    }),
    ("io-uring", |_| unsafe {
        raw(libc::SYS_io_uring_setup, [1, area(), 0, 0, 0, 0])
    }),
    #[cfg(target_arch = "x86_64")]
    ("x32", |_| unsafe {
        raw(0x4000_0000 | libc::SYS_getpid, [0; 6])
    }),
];

/// Memory for results that nobody reads.
fn area() -> u64 {
    Box::leak(Box::new([0u64; 64])).as_mut_ptr() as u64
}

unsafe fn in_thread(path: *const c_char) -> Outcome {
    let path = path as usize;
    let thread = std::thread::spawn(move || unsafe {
        let result = libc::open(path as *const c_char, libc::O_RDONLY);
        if result < 0 { -i64::from(errno()) } else { 0 }
    });
    match thread.join() {
        Ok(0) => 0,
        Ok(error) => unsafe {
            *libc::__errno_location() = -error as c_int;
            -1
        },
        Err(_) => -1,
    }
}

unsafe fn map(protection: c_int, flags: c_int, file: c_int) -> Outcome {
    unsafe { libc::mmap(null_mut(), 4096, protection, flags, file, 0) as Outcome }
}

/// The parent's side of a fork; its child ends at once. Hands on the child's exit status.
unsafe fn wait_for(child: c_int) -> Outcome {
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

unsafe fn signal_child(signal: unsafe fn(c_int) -> Outcome) -> Outcome {
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

/// A connection that is refused, or cannot be reached, has been tried.
unsafe fn tried(result: c_int) -> Outcome {
    let known = [libc::ECONNREFUSED, libc::ENETUNREACH, libc::EHOSTUNREACH];
    if result < 0 && known.contains(&errno()) {
        0
    } else {
        result.into()
    }
}

fn tcp() -> c_int {
    unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0) }
}

fn udp() -> c_int {
    unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0) }
}

/// `HOST PORT` as a sockaddr_in.
fn inet(arguments: Arguments<'_>) -> (Vec<u8>, u32) {
    let host = arguments
        .first()
        .and_then(|a| a.to_str().ok())
        .unwrap_or("127.0.0.1");
    let host: std::net::Ipv4Addr = host.parse().unwrap_or(std::net::Ipv4Addr::LOCALHOST);
    let mut bytes = (libc::AF_INET as u16).to_ne_bytes().to_vec();
    bytes.extend((number(arguments, 1) as u16).to_be_bytes());
    bytes.extend(host.octets());
    bytes.extend([0; 8]);
    (bytes, 16)
}

/// Sends a byte to an address.
unsafe fn send_to(address: &[u8], length: u32) -> Outcome {
    let (byte, to) = (c"x".as_ptr().cast(), address.as_ptr().cast());
    unsafe { libc::sendto(udp(), byte, 1, 0, to, length) as Outcome }
}

/// `HOST PORT` as a sockaddr_in6.
fn inet6(arguments: Arguments<'_>) -> (Vec<u8>, u32) {
    let host = arguments
        .first()
        .and_then(|a| a.to_str().ok())
        .unwrap_or("::1");
    let host: std::net::Ipv6Addr = host.parse().unwrap_or(std::net::Ipv6Addr::LOCALHOST);
    let mut bytes = (libc::AF_INET6 as u16).to_ne_bytes().to_vec();
    bytes.extend((number(arguments, 1) as u16).to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(host.octets());
    bytes.extend([0; 4]);
    (bytes, 28)
}

unsafe fn with_unix(
    arguments: Arguments<'_>,
    hidden: bool,
    call: unsafe fn(c_int, *const libc::sockaddr, u32) -> Outcome,
) -> Outcome {
    let mut bytes = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
    if hidden {
        bytes.push(0);
    }
    bytes.extend(
        arguments
            .first()
            .map_or(&b""[..], |argument| argument.to_bytes()),
    );
    unsafe {
        let socket = libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0);
        call(socket, bytes.as_ptr().cast(), bytes.len() as u32)
    }
}

unsafe fn listening(arguments: Arguments<'_>) -> Option<c_int> {
    unsafe {
        let (address, length) = inet(arguments);
        let socket = tcp();
        let bound = libc::bind(socket, address.as_ptr().cast(), length);
        (bound == 0 && libc::listen(socket, 1) == 0).then_some(socket)
    }
}

unsafe fn send_messages(arguments: Arguments<'_>, count: usize) -> Outcome {
    unsafe {
        let (address, length) = inet(arguments);
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_name = address.as_ptr().cast_mut().cast();
        header.msg_namelen = length;
        if count == 1 {
            return libc::sendmsg(udp(), &header, 0) as Outcome;
        }
        let mut headers = vec![
            libc::mmsghdr {
                msg_hdr: header,
                msg_len: 0
            };
            count
        ];
        libc::sendmmsg(udp(), headers.as_mut_ptr(), count as u32, 0).into()
    }
}

unsafe fn semaphore(semaphore: *mut libc::sem_t) -> Outcome {
    if semaphore == libc::SEM_FAILED { -1 } else { 0 }
}
