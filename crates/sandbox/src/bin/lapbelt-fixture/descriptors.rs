//! Descriptors that stand for one directory and then for another.

use std::ffi::c_int;
use std::ptr::null_mut;

use super::{Arguments, Entry, Outcome, area, path, raw};

pub(super) static ENTRIES: &[Entry] = &[
    // The way, two directories: looks at `inner` in the first, has the other where that was, in that
    // way, and looks at `inner` in what is there then.
    ("look-again", |a| unsafe {
        let Some((way, folders)) = a.split_first() else {
            return -1;
        };
        let number = folder(folders, 0);
        look(number);
        if change(way.to_bytes(), number, folders) < 0 {
            return -1;
        }
        look(number);
        0
    }),
];

unsafe fn folder(folders: Arguments<'_>, index: usize) -> c_int {
    unsafe { libc::open(path(folders, index), libc::O_PATH | libc::O_DIRECTORY) }
}

/// Looks at `inner` four times, followed and not.
unsafe fn look(number: c_int) {
    let name = c"inner".as_ptr() as u64;
    for flags in [libc::AT_SYMLINK_NOFOLLOW, 0, libc::AT_SYMLINK_NOFOLLOW, 0] {
        let words = [number as u64, name, area(), flags as u64, 0, 0];
        unsafe { raw(libc::SYS_newfstatat, words) };
    }
}

unsafe fn change(way: &[u8], number: c_int, folders: Arguments<'_>) -> Outcome {
    let (old, new) = (path(folders, 0), path(folders, 1));
    unsafe {
        match way {
            b"rename" => return libc::rename(old, c"elsewhere".as_ptr()).into(),
            b"replace" => {
                libc::rmdir(old);
                return libc::rename(new, old).into();
            }
            b"reopen" => {
                libc::close(number);
                return folder(folders, 1).into();
            }
            _ => {}
        }
        let other = folder(folders, 1);
        let (from, to) = (other as u64, number as u64);
        match way {
            #[cfg(target_arch = "x86_64")]
            b"dup2" => return raw(libc::SYS_dup2, [from, to, 0, 0, 0, 0]),
            b"dup3" => return raw(libc::SYS_dup3, [from, to, 0, 0, 0, 0]),
            b"dup3-in-thread" => {
                let thread =
                    std::thread::spawn(move || raw(libc::SYS_dup3, [from, to, 0, 0, 0, 0]));
                return thread.join().unwrap_or(-1);
            }
            _ => {}
        }
        let own = raw(libc::SYS_pidfd_open, [libc::getpid() as u64, 0, 0, 0, 0, 0]);
        let [here, there] = pair();
        match way {
            b"receive-late" => {
                let thread = std::thread::spawn(move || receive(here));
                std::thread::sleep(std::time::Duration::from_millis(50));
                look(number);
                libc::close(number);
                send(there, other);
                return thread.join().unwrap_or(-1);
            }
            b"receive" | b"receive-many" => send(there, other),
            _ => 0,
        };
        libc::close(number);
        match way {
            b"dup" => libc::dup(other).into(),
            b"fcntl" => libc::fcntl(other, libc::F_DUPFD, number).into(),
            b"fcntl-cloexec" => libc::fcntl(other, libc::F_DUPFD_CLOEXEC, number).into(),
            b"getfd" => raw(libc::SYS_pidfd_getfd, [own as u64, from, 0, 0, 0, 0]),
            b"receive" => receive(here),
            b"receive-many" => {
                let mut space = [0_u64; 4];
                let mut header = libc::mmsghdr {
                    msg_hdr: header(&mut space),
                    msg_len: 0,
                };
                libc::recvmmsg(here, &mut header, 1, 0, null_mut()).into()
            }
            _ => -1,
        }
    }
}

unsafe fn pair() -> [c_int; 2] {
    let mut pair = [-1; 2];
    let (family, kind) = (libc::AF_UNIX, libc::SOCK_DGRAM);
    unsafe { libc::socketpair(family, kind, 0, pair.as_mut_ptr()) };
    pair
}

/// A message without anything, but room for a descriptor.
fn header(space: &mut [u64; 4]) -> libc::msghdr {
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_control = space.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(space) as _;
    header
}

unsafe fn send(socket: c_int, file: c_int) -> Outcome {
    let mut space = [0_u64; 4];
    let mut header = header(&mut space);
    unsafe {
        header.msg_controllen = libc::CMSG_SPACE(4) as _;
        let control = &mut *libc::CMSG_FIRSTHDR(&header);
        control.cmsg_level = libc::SOL_SOCKET;
        control.cmsg_type = libc::SCM_RIGHTS;
        control.cmsg_len = libc::CMSG_LEN(4) as _;
        libc::CMSG_DATA(control)
            .cast::<c_int>()
            .write_unaligned(file);
        libc::sendmsg(socket, &header, 0) as Outcome
    }
}

unsafe fn receive(socket: c_int) -> Outcome {
    let mut space = [0_u64; 4];
    unsafe { libc::recvmsg(socket, &mut header(&mut space), 0) as Outcome }
}
