//! The least that a supervisor by notifications can cost here: it looks at nothing, or at the name
//! alone, and lets each call go on at once.

use std::ffi::OsString;
use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The calls with a name or an address that the workloads make; ours sends more.
const NOTIFIED: [libc::c_long; 17] = [
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_unlinkat,
    libc::SYS_mkdirat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_fchmodat,
    libc::SYS_chdir,
    libc::SYS_statfs,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_getdents64,
    libc::SYS_utimensat,
];

/// `_IOW('!', 4, __u64)` of linux/seccomp.h: answer on the processor of the one who waits.
const SET_FLAGS: libc::c_ulong = 0x4008_2104;
/// `_IOWR('!', 0, struct seccomp_notif)`.
const RECEIVE: libc::c_ulong = 0xc050_2100;
/// `_IOWR('!', 1, struct seccomp_notif_resp)`.
const SEND: libc::c_ulong = 0xc018_2101;

const fn statement(code: u32, k: u32) -> libc::sock_filter {
    jump(code, k, 0, 0)
}

const fn jump(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}

/// Notifies of [`NOTIFIED`], allows the rest.
fn filter() -> Vec<libc::sock_filter> {
    let mut code = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    for (at, number) in NOTIFIED.iter().enumerate() {
        let left = (NOTIFIED.len() - at) as u8;
        let equals = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        code.push(jump(equals, *number as u32, left, 0));
    }
    code.push(statement(libc::BPF_RET, libc::SECCOMP_RET_ALLOW));
    code.push(statement(libc::BPF_RET, libc::SECCOMP_RET_USER_NOTIF));
    code
}

/// Runs a command so, and answers with the time and the number of notifications. If it `reads`, it
/// reads the memory of the caller where that has a name, which no observer can do without.
pub(crate) fn run(
    words: &[&str],
    environment: &[(OsString, OsString)],
    reads: bool,
) -> (Duration, u64) {
    let (ours, theirs) = UnixDatagram::pair().expect("a pair of sockets");
    let code = filter();
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .env_clear()
        .envs(environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // SAFETY: what runs between fork and exec calls the kernel only, and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            let program = libc::sock_fprog {
                len: code.len() as u16,
                filter: code.as_ptr().cast_mut(),
            };
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER
                | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
            let mode = libc::SECCOMP_SET_MODE_FILTER;
            let listener = libc::syscall(libc::SYS_seccomp, mode, flags, &raw const program);
            if listener < 0 {
                return Err(Error::last_os_error());
            }
            let mut told = [0; 8];
            told[..4].copy_from_slice(&libc::getpid().to_ne_bytes());
            told[4..].copy_from_slice(&(listener as i32).to_ne_bytes());
            theirs.send(&told)?;
            // Exec closes it, so the other side has to have taken it.
            theirs.recv(&mut [0])?;
            Ok(())
        });
    }
    let start = Instant::now();
    let server = std::thread::spawn(move || serve(&ours, reads));
    let status = command.status().expect("it starts");
    let took = start.elapsed();
    assert!(status.success(), "{words:?}");
    (took, server.join().expect("it served"))
}

/// Takes the listener of the process at the other end, and answers until all of its are gone.
fn serve(ours: &UnixDatagram, reads: bool) -> u64 {
    let mut told = [0; 8];
    ours.recv(&mut told).expect("a listener");
    let number =
        |at: usize| i32::from_ne_bytes([told[at], told[at + 1], told[at + 2], told[at + 3]]);
    let listener = taken(number(0), number(4));
    ours.send(&[0]).expect("it waits");
    let fd = listener.as_raw_fd();
    let mut count = 0;
    // SAFETY: each call reads or writes the one struct it is given, which lives on our stack.
    unsafe {
        libc::ioctl(fd, SET_FLAGS as _, 1_u64);
        loop {
            let mut wanted: libc::seccomp_notif = std::mem::zeroed();
            if libc::ioctl(fd, RECEIVE as _, &raw mut wanted) != 0 {
                match Error::last_os_error().raw_os_error() {
                    Some(libc::EINTR) => continue,
                    _ => return count,
                }
            }
            count += 1;
            if reads {
                read_name(&wanted);
            }
            let answer = libc::seccomp_notif_resp {
                id: wanted.id,
                val: 0,
                error: 0,
                flags: libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
            };
            libc::ioctl(fd, SEND as _, &raw const answer);
        }
    }
}

/// Reads as much of a caller's memory as most names take, at the second argument, where nearly all
/// calls of [`NOTIFIED`] have theirs; elsewhere it reads nothing, and takes no less time for it.
fn read_name(call: &libc::seccomp_notif) {
    let mut name = [0_u8; 256];
    let local = libc::iovec {
        iov_base: name.as_mut_ptr().cast(),
        iov_len: name.len(),
    };
    let remote = libc::iovec {
        iov_base: call.data.args[1] as *mut libc::c_void,
        iov_len: name.len(),
    };
    // SAFETY: the kernel writes to `name` only, and checks what it reads.
    unsafe { libc::process_vm_readv(call.pid as i32, &local, 1, &remote, 1, 0) };
}

/// A copy of a descriptor of another process.
fn taken(process: i32, descriptor: i32) -> OwnedFd {
    // SAFETY: plain calls of the kernel on numbers; what they make is ours alone.
    unsafe {
        let of = libc::syscall(libc::SYS_pidfd_open, process, 0);
        assert!(of >= 0, "{}", Error::last_os_error());
        let of = OwnedFd::from_raw_fd(of as i32);
        let copy = libc::syscall(libc::SYS_pidfd_getfd, of.as_raw_fd(), descriptor, 0);
        assert!(copy >= 0, "{}", Error::last_os_error());
        OwnedFd::from_raw_fd(copy as i32)
    }
}
