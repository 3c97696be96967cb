//! Calls that a supervisor has a hard time to look at, and calls newer than the C library.

use std::ptr::null;

use super::{AT, Entry, area, open, path, raw};

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
