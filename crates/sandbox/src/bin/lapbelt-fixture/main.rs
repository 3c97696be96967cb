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
mod descriptors;
mod hard;
mod old;
mod processes;
mod roundabout;
mod sockets;

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
    let Some((_, entry)) = entries()
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

/// Those that can be made in a thread as well.
fn entries() -> impl Iterator<Item = &'static Entry> {
    let lists = [
        ENTRIES,
        processes::ENTRIES,
        sockets::ENTRIES,
        hard::ENTRIES,
        roundabout::ENTRIES,
        descriptors::ENTRIES,
    ];
    lists.into_iter().flatten()
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

unsafe fn semaphore(semaphore: *mut libc::sem_t) -> Outcome {
    if semaphore == libc::SEM_FAILED { -1 } else { 0 }
}
