//! Calls that a supervisor has a hard time to look at, and calls newer than the C library.

use std::ffi::{c_char, c_int, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI32, Ordering};

use super::sockets::{inet, send_to, udp};
use super::{AT, Arguments, Entry, Outcome, area, number, open, path, raw};

pub(super) static ENTRIES: &[Entry] = &[
    ("hidden-read", |a| unsafe {
        hide();
        open(a, libc::O_RDONLY)
    }),
    ("hidden-create", |a| unsafe {
        hide();
        open(a, libc::O_WRONLY | libc::O_CREAT)
    }),
    ("hidden-openat2", |a| unsafe {
        hide();
        let how = [0u64; 3];
        let (path, how) = (path(a, 0) as u64, how.as_ptr() as u64);
        raw(libc::SYS_openat2, [AT, path, how, 24, 0, 0])
    }),
    // The directory, the path, the flags.
    ("open-in-root", |a| unsafe {
        let directory = libc::open(path(a, 0), libc::O_PATH | libc::O_DIRECTORY);
        let flags = number(a, 2) as u64;
        let mode = if flags == 0 { 0 } else { 0o644 };
        let how = [flags, mode, libc::RESOLVE_IN_ROOT];
        let (path, how) = (path(a, 1) as u64, how.as_ptr() as u64);
        raw(libc::SYS_openat2, [directory as u64, path, how, 24, 0, 0])
    }),
    ("hidden-fchmod", |a| unsafe {
        let file = libc::open(path(a, 0), libc::O_RDONLY);
        hide();
        libc::fchmod(file, 0o600).into()
    }),
    ("hidden-getcwd", |_| unsafe {
        hide();
        raw(libc::SYS_getcwd, [area(), 512, 0, 0, 0, 0])
    }),
    ("hidden-connect", |_| unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0);
        let address = [
            libc::AF_INET as u16,
            9u16.to_be(),
            0x007f_u16,
            0x0100,
            0,
            0,
            0,
            0,
        ];
        hide();
        libc::connect(socket, address.as_ptr().cast(), 16).into()
    }),
    ("hidden-map-code", |_| unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let at = libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0);
        hide();
        libc::mprotect(at, 4096, libc::PROT_READ | libc::PROT_EXEC).into()
    }),
    ("hidden-null", |_| unsafe {
        hide();
        libc::open(null(), libc::O_RDONLY).into()
    }),
    ("open-while-moving", |a| unsafe { moving(a) }),
    ("open-from-apart", |a| unsafe { apart(a) }),
    ("read-from-the-deep", |a| unsafe {
        if !descend() {
            return -1;
        }
        open(a, libc::O_RDONLY)
    }),
    ("create-from-the-deep", |a| unsafe {
        if !descend() {
            return -1;
        }
        open(a, libc::O_WRONLY | libc::O_CREAT)
    }),
    ("make-setuid-from-the-deep", |a| unsafe {
        if !descend() {
            return -1;
        }
        libc::open(path(a, 0), libc::O_WRONLY | libc::O_CREAT, 0o4755).into()
    }),
    ("fstatat-or-empty", |a| unsafe {
        let empty = libc::AT_EMPTY_PATH as u64;
        raw(
            libc::SYS_newfstatat,
            [AT, path(a, 0) as u64, area(), empty, 0, 0],
        )
    }),
    ("statx-or-empty", |a| unsafe {
        let empty = libc::AT_EMPTY_PATH as u64;
        let path = path(a, 0) as u64;
        raw(libc::SYS_statx, [AT, path, empty, 0, area(), 0])
    }),
    ("fstat-of-no-path", |_| unsafe {
        let empty = libc::AT_EMPTY_PATH as u64;
        let path = c"".as_ptr() as u64;
        raw(libc::SYS_newfstatat, [0, path, area(), empty, 0, 0])
    }),
    ("fstat-of-here", |_| unsafe {
        let empty = libc::AT_EMPTY_PATH as u64;
        let path = c"".as_ptr() as u64;
        raw(libc::SYS_newfstatat, [AT, path, area(), empty, 0, 0])
    }),
    ("read-from-removed", |a| unsafe {
        let name = c"removed".as_ptr();
        if libc::mkdir(name, 0o755) < 0 || libc::chdir(name) < 0 {
            return -1;
        }
        if libc::rmdir(c"../removed".as_ptr()) < 0 {
            return -1;
        }
        open(a, libc::O_RDONLY)
    }),
    ("send-without-family", |a| unsafe {
        let (mut address, length) = inet(a);
        address[..2].fill(0);
        send_to(&address, length)
    }),
    ("bind-without-family", |a| unsafe {
        let (mut address, length) = inet(a);
        address[..2].fill(0);
        libc::bind(udp(), address.as_ptr().cast(), length).into()
    }),
    // What connects to no family is not connected any more.
    ("connect-without-family", |a| unsafe {
        let (mut address, length) = inet(a);
        address[..2].fill(0);
        libc::connect(udp(), address.as_ptr().cast(), length).into()
    }),
    // By number, as the C library does not know them yet; AT_EMPTY_PATH is not set.
    ("setxattrat", |a| unsafe {
        let value = *b"v";
        // struct xattr_args: value, size, flags.
        let arguments = [value.as_ptr() as u64, 1];
        let (path, name) = (path(a, 0) as u64, c"user.test".as_ptr() as u64);
        raw(463, [AT, path, 0, name, arguments.as_ptr() as u64, 16])
    }),
    ("listxattrat", |a| unsafe {
        raw(465, [AT, path(a, 0) as u64, 0, area(), 512, 0])
    }),
    ("getxattrat", |a| unsafe {
        let arguments = [area(), 8];
        let (path, name) = (path(a, 0) as u64, c"user.none".as_ptr() as u64);
        raw(464, [AT, path, 0, name, arguments.as_ptr() as u64, 16])
    }),
    ("removexattrat", |a| unsafe {
        let name = c"user.none".as_ptr() as u64;
        raw(466, [AT, path(a, 0) as u64, 0, name, 0, 0])
    }),
    ("file-getattr", |a| unsafe {
        raw(468, [AT, path(a, 0) as u64, area(), 24, 0, 0])
    }),
    ("file-setattr", |a| unsafe {
        raw(469, [AT, path(a, 0) as u64, area(), 24, 0, 0])
    }),
    ("open-tree", |a| unsafe {
        raw(libc::SYS_open_tree, [AT, path(a, 0) as u64, 0, 0, 0, 0])
    }),
    ("clone-tree", |a| unsafe {
        raw(libc::SYS_open_tree, [AT, path(a, 0) as u64, 1, 0, 0, 0])
    }),
    ("mount-setattr", |a| unsafe {
        raw(
            libc::SYS_mount_setattr,
            [AT, path(a, 0) as u64, 0, area(), 32, 0],
        )
    }),
    ("open-handle", |_| unsafe {
        raw(libc::SYS_open_by_handle_at, [AT, area(), 0, 0, 0, 0])
    }),
];

/// Nobody without privileges may look at us from now on.
unsafe fn hide() {
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
}

/// Makes directories, and goes into them, until the path is too long to be told.
unsafe fn descend() -> bool {
    let name = std::ffi::CString::new(vec![b'd'; 250]).unwrap_or_default();
    (0..20).all(|_| unsafe {
        libc::mkdir(name.as_ptr(), 0o755) == 0 && libc::chdir(name.as_ptr()) == 0
    })
}

/// Goes to and fro between two directories, in every way, and opens the same name in each again and
/// again, from there and from a descriptor that is moved too: it must be opened in the first and
/// refused in the second.
unsafe fn moving(arguments: Arguments<'_>) -> Outcome {
    const NUMBER: i32 = 100;
    let (one, other, name) = (path(arguments, 0), path(arguments, 1), path(arguments, 2));
    for round in 0..number(arguments, 3) {
        let (here, there) = if round % 2 == 0 {
            (one, other)
        } else {
            (other, one)
        };
        unsafe {
            let moved = match round % 3 {
                0 => libc::chdir(here),
                1 => libc::fchdir(libc::open(here, libc::O_PATH)),
                _ => {
                    let here = here as usize;
                    let thread = std::thread::spawn(move || libc::chdir(here as *const c_char));
                    thread.join().unwrap_or(-1)
                }
            };
            let child = libc::fork();
            if child == 0 {
                libc::_exit(libc::chdir(there));
            }
            libc::waitpid(child, null_mut(), 0);
            let directory = libc::open(here, libc::O_PATH);
            libc::dup2(directory, NUMBER);
            libc::close(directory);
            for look in 0..24 {
                let from = if look % 2 == 0 {
                    libc::AT_FDCWD
                } else {
                    NUMBER
                };
                let opened = libc::openat(from, name, libc::O_RDONLY);
                libc::close(opened);
                if moved < 0 || (opened >= 0) != (here == one) {
                    *libc::__errno_location() = libc::EPROTO;
                    return -1;
                }
            }
        }
    }
    0
}

/// What a thread with a directory of its own is given, and how far it and the other are.
struct Apart {
    there: *const c_char,
    name: *const c_char,
    turn: AtomicI32,
    opened: AtomicI32,
}

impl Apart {
    fn wait_for(&self, turn: i32) {
        while self.turn.load(Ordering::SeqCst) != turn {
            std::thread::yield_now();
        }
    }
}

/// Opens a name twenty times in a directory that only a thread made by hand is in, after the other
/// thread has looked as often at where it is itself.
unsafe fn apart(arguments: Arguments<'_>) -> Outcome {
    const STACK: usize = 1 << 16;
    const LOOKS: usize = 20;
    extern "C" fn run(apart: *mut c_void) -> c_int {
        // SAFETY: the other thread keeps it until this one says that it is done.
        let apart = unsafe { &*apart.cast::<Apart>() };
        unsafe {
            libc::chdir(apart.there);
            libc::close(libc::open(c"/".as_ptr(), libc::O_RDONLY));
            apart.turn.store(1, Ordering::SeqCst);
            apart.wait_for(2);
            for _ in 0..LOOKS {
                let opened = libc::open(apart.name, libc::O_RDONLY);
                apart.opened.store(opened, Ordering::SeqCst);
            }
            apart.turn.store(3, Ordering::SeqCst);
        }
        0
    }
    let apart = Apart {
        there: path(arguments, 0),
        name: path(arguments, 1),
        turn: AtomicI32::new(0),
        opened: AtomicI32::new(-1),
    };
    let shared = libc::CLONE_VM | libc::CLONE_FILES | libc::CLONE_SIGHAND | libc::CLONE_THREAD;
    let stack = Box::leak(Box::new([0_u128; STACK / 16])).as_mut_ptr_range();
    unsafe {
        let argument = (&raw const apart).cast_mut().cast::<c_void>();
        if libc::clone(run, stack.end.cast(), shared, argument) < 0 {
            return -1;
        }
        apart.wait_for(1);
        for _ in 0..LOOKS {
            libc::close(libc::open(apart.name, libc::O_RDONLY));
        }
        apart.turn.store(2, Ordering::SeqCst);
        apart.wait_for(3);
        apart.opened.load(Ordering::SeqCst).into()
    }
}
