//! Ways round: signals sent by files, groups with strangers in them, code by other names, sockets
//! and mounts of rare kinds.

use std::ptr::null_mut;

use super::{AT, Arguments, Entry, Outcome, area, map, number, open, path, raw};

const F_SETSIG: libc::c_int = 10;
const F_SETOWN_EX: libc::c_int = 15;
const FIOSETOWN: libc::c_ulong = 0x8901;

pub(super) static ENTRIES: &[Entry] = &[
    ("own-file", |a| unsafe {
        libc::fcntl(socket(), libc::F_SETOWN, number(a, 0)).into()
    }),
    ("own-file-as", |a| unsafe {
        let owner = [number(a, 0), number(a, 1)];
        libc::fcntl(socket(), F_SETOWN_EX, owner.as_ptr()).into()
    }),
    ("own-socket", |a| unsafe {
        let owner = number(a, 0);
        libc::ioctl(socket(), FIOSETOWN, &raw const owner).into()
    }),
    // The process, the signal.
    ("own-file-and-choose", |a| unsafe {
        let socket = socket();
        if libc::fcntl(socket, libc::F_SETOWN, number(a, 0)) < 0 {
            return -1;
        }
        libc::fcntl(socket, F_SETSIG, number(a, 1)).into()
    }),
    ("choose-and-own-file", |a| unsafe {
        let socket = socket();
        if libc::fcntl(socket, F_SETSIG, number(a, 1)) < 0 {
            return -1;
        }
        libc::fcntl(socket, libc::F_SETOWN, number(a, 0)).into()
    }),
    ("signal-group-of-mine", |_| unsafe {
        libc::setpgid(0, 0);
        libc::kill(0, 0).into()
    }),
    ("signal-group-by-number", |_| unsafe {
        libc::kill(-libc::getpgrp(), 0).into()
    }),
    ("read-limits", |a| unsafe {
        raw(
            libc::SYS_prlimit64,
            [number(a, 0) as u64, 7, 0, area(), 0, 0],
        )
    }),
    ("set-limits", |a| unsafe {
        let limits = [u64::MAX; 2];
        let (process, limits) = (number(a, 0) as u64, limits.as_ptr() as u64);
        // RLIMIT_LOCKS, which nothing heeds.
        raw(libc::SYS_prlimit64, [process, 10, limits, 0, 0, 0])
    }),
    // Of ids that nobody has got.
    ("by-id", |a| unsafe {
        let id = 0x7fff_fff0;
        let (call, words) = match a.first().and_then(|call| call.to_str().ok()) {
            Some("shmat") => (libc::SYS_shmat, [0, 0]),
            Some("shmctl") => (libc::SYS_shmctl, [libc::IPC_STAT as u64, area()]),
            Some("semop") => (libc::SYS_semop, [area(), 1]),
            Some("semtimedop") => (libc::SYS_semtimedop, [area(), 1]),
            Some("semctl") => (libc::SYS_semctl, [0, libc::GETVAL as u64]),
            Some("msgsnd") => (libc::SYS_msgsnd, [[1u64; 2].as_ptr() as u64, 1]),
            Some("msgrcv") => (libc::SYS_msgrcv, [area(), 1]),
            _ => (libc::SYS_msgctl, [libc::IPC_STAT as u64, area()]),
        };
        raw(call, [id, words[0], words[1], 0, 0, 0])
    }),
    ("account-to", |a| unsafe {
        let accounts = raw(libc::SYS_acct, [path(a, 0) as u64, 0, 0, 0, 0, 0]);
        if accounts == 0 {
            raw(libc::SYS_acct, [0; 6]);
        }
        accounts
    }),
    ("swap-to", |a| unsafe {
        raw(libc::SYS_swapon, [path(a, 0) as u64, 0, 0, 0, 0, 0])
    }),
    ("watch-all", |a| unsafe {
        let watcher = libc::fanotify_init(libc::FAN_CLASS_NOTIF, 0);
        let flags = libc::FAN_MARK_ADD | u32::from_ne_bytes(number(a, 1).to_ne_bytes());
        libc::fanotify_mark(watcher, flags, libc::FAN_OPEN, libc::AT_FDCWD, path(a, 0)).into()
    }),
    ("map-zeros", |_| unsafe {
        let zeros = libc::open(c"/dev/zero".as_ptr(), libc::O_RDWR);
        let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        map(protection, libc::MAP_PRIVATE, zeros)
    }),
    ("make-zeros-code", |_| unsafe {
        let zeros = libc::open(c"/dev/zero".as_ptr(), libc::O_RDWR);
        let at = map(libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE, zeros);
        let protection = libc::PROT_READ | libc::PROT_EXEC;
        libc::mprotect(at as *mut libc::c_void, 4096, protection).into()
    }),
    ("make-written-file-code", |a| unsafe {
        let file = libc::open(path(a, 0), libc::O_RDONLY);
        let at = map(libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE, file);
        *(at as *mut u8) = 0xc3;
        let protection = libc::PROT_READ | libc::PROT_EXEC;
        libc::mprotect(at as *mut libc::c_void, 4096, protection).into()
    }),
    // Memory behind a file, which is what the range begins with.
    ("make-code-behind-file", |a| unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let at = libc::mmap(null_mut(), 8192, protection, flags, -1, 0);
        let file = libc::open(path(a, 0), libc::O_RDONLY);
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED;
        libc::mmap(at, 4096, libc::PROT_READ, flags, file, 0);
        libc::mprotect(at, 8192, libc::PROT_READ | libc::PROT_EXEC).into()
    }),
    ("make-writable-code", |_| unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let at = map(libc::PROT_READ, flags, -1);
        let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        libc::mprotect(at as *mut libc::c_void, 4096, protection).into()
    }),
    ("map-writable-file-code", |a| unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        map(
            protection,
            libc::MAP_PRIVATE,
            libc::open(path(a, 0), libc::O_RDONLY),
        )
    }),
    ("attach-code", |_| unsafe {
        let id = libc::shmget(libc::IPC_PRIVATE, 4096, 0o700);
        let at = libc::shmat(id, null_mut(), libc::SHM_EXEC);
        let error = *libc::__errno_location();
        libc::shmctl(id, libc::IPC_RMID, null_mut());
        *libc::__errno_location() = error;
        at as Outcome
    }),
    ("run-what-is-read", |_| unsafe {
        libc::personality(libc::READ_IMPLIES_EXEC as u64).into()
    }),
    ("execute-memory-script", |a| unsafe {
        let file = libc::memfd_create(c"script".as_ptr(), 0);
        let line = format!("#!{}\n", a[0].to_string_lossy());
        libc::write(file, line.as_ptr().cast(), line.len());
        let (arguments, environment) = ([c"x".as_ptr(), std::ptr::null()], [std::ptr::null()]);
        libc::fexecve(file, arguments.as_ptr(), environment.as_ptr()).into()
    }),
    // Family, type, protocol; an address of that family and of zeros, and its length.
    ("bind-other", |a| unsafe {
        let (socket, address) = other(a);
        let length = if a.len() > 3 { number(a, 3) as u32 } else { 20 };
        libc::bind(socket, address.as_ptr().cast(), length).into()
    }),
    ("connect-other", |a| unsafe {
        let (socket, address) = other(a);
        libc::connect(socket, address.as_ptr().cast(), 16).into()
    }),
    ("send-other", |a| unsafe {
        let (socket, address) = other(a);
        let (byte, to) = (c"x".as_ptr().cast(), address.as_ptr().cast());
        libc::sendto(socket, byte, 1, 0, to, 20) as Outcome
    }),
    // Family, type, protocol; one that the address says instead.
    ("send-as-other", |a| unsafe {
        let (socket, mut address) = other(a);
        address[..2].copy_from_slice(&(number(a, 3) as u16).to_ne_bytes());
        let (byte, to) = (c"x".as_ptr().cast(), address.as_ptr().cast());
        libc::sendto(socket, byte, 1, 0, to, 20) as Outcome
    }),
    ("listen-other", |a| unsafe {
        let (socket, mut address) = other(a);
        // VMADDR_PORT_ANY and VMADDR_CID_ANY.
        address[4..12].fill(0xff);
        if libc::bind(socket, address.as_ptr().cast(), 16) < 0 {
            return -1;
        }
        libc::listen(socket, 1).into()
    }),
    // Parts of a name with a zero byte between them.
    ("bind-abstract", |a| unsafe {
        bound_to_parts(a).map_or(-1, Into::into)
    }),
    ("listen-abstract", |a| unsafe {
        bound_to_parts(a).map_or(-1, |socket| libc::listen(socket, 1).into())
    }),
    // The new root, where to be, the path.
    ("read-beside-root", |a| unsafe {
        if libc::chdir(path(a, 1)) < 0 || libc::chroot(path(a, 0)) < 0 {
            return -1;
        }
        libc::open(path(a, 2), libc::O_RDONLY).into()
    }),
    ("read-in-detached-tree", |a| unsafe {
        let clone = libc::OPEN_TREE_CLONE as u64;
        let tree = raw(libc::SYS_open_tree, [AT, path(a, 0) as u64, clone, 0, 0, 0]);
        if tree < 0 {
            return -1;
        }
        libc::openat(tree as i32, path(a, 1), libc::O_RDONLY).into()
    }),
    ("read-where-detached-tree-was", |a| unsafe {
        let clone = libc::OPEN_TREE_CLONE as u64;
        if raw(libc::SYS_open_tree, [AT, path(a, 0) as u64, clone, 0, 0, 0]) < 0 {
            return -1;
        }
        let directory = libc::open(path(a, 0), libc::O_PATH);
        if libc::openat(directory, path(a, 1), libc::O_RDONLY) < 0 {
            return -1;
        }
        open(&a[2..], libc::O_RDONLY)
    }),
];

unsafe fn socket() -> libc::c_int {
    unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0) }
}

unsafe fn bound_to_parts(arguments: Arguments<'_>) -> Option<libc::c_int> {
    let mut address = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
    for part in arguments {
        address.push(0);
        address.extend_from_slice(part.to_bytes());
    }
    let socket = unsafe { socket() };
    let length = address.len() as u32;
    let bound = unsafe { libc::bind(socket, address.as_ptr().cast(), length) };
    (bound == 0).then_some(socket)
}

unsafe fn other(arguments: Arguments<'_>) -> (libc::c_int, [u8; 32]) {
    let family = number(arguments, 0);
    let mut address = [0; 32];
    address[..2].copy_from_slice(&(family as u16).to_ne_bytes());
    let socket = unsafe { libc::socket(family, number(arguments, 1), number(arguments, 2)) };
    (socket, address)
}
