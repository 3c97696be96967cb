//! How each operation is tried.

use std::ffi::{CString, OsStr};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{Access, Mode, OFlags, Timespec, Timestamps, XattrFlags};
use rustix::io::{Errno, Result};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use super::{Answer, Kind, Needs, Takes, names};

/// The extended attribute that is read and written.
const XATTR: &str = "user.lapbelt";

macro_rules! kinds {
    ($($operation:literal $takes:ident $needs:ident $how:literal $attempt:expr;)*) => {
        [$(Kind {
            operation: $operation,
            takes: Takes::$takes,
            needs: Needs::$needs,
            how: $how,
            replaces: matches!($operation.as_bytes(), b"process-exec*"),
            attempt: $attempt,
        }),*]
    };
}

pub(super) const KINDS: [Kind; 23] = kinds! {
    "file-read-data" Path Whatever "open O_RDONLY" |path| Answer::of(read(path));
    "file-read-metadata" Path Whatever "lstat" |path| Answer::of(rustix::fs::lstat(path));
    "file-read-xattr" Path Whatever "getxattr user.lapbelt" |path| read_attribute(path);
    "file-test-existence" Path Whatever "access F_OK"
        |path| Answer::of(rustix::fs::access(path, Access::EXISTS));
    "file-map-executable" Path Whatever "open O_RDONLY, then mmap PROT_EXEC" map;
    "file-write-data" Path File "open O_WRONLY, existing file"
        |path| Answer::of(open(path, OFlags::WRONLY));
    "file-write-create" Path Nothing "open O_WRONLY|O_CREAT|O_EXCL"
        |path| Answer::of(open(path, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL));
    "file-write-unlink" Path OwnFile "unlink" |path| Answer::of(rustix::fs::unlink(path));
    "file-write-mode" Path OwnFile "chmod 600"
        |path| Answer::of(rustix::fs::chmod(path, Mode::RUSR | Mode::WUSR));
    "file-write-times" Path OwnFile "utimensat to 1970" set_times;
    "file-write-xattr" Path OwnFile "setxattr user.lapbelt" |path| {
        Answer::of(rustix::fs::setxattr(path, XATTR, b"1", XattrFlags::empty()))
    };
    "process-exec*" Path Whatever "execve" exec;
    "process-fork" Nothing Whatever "fork" |_| Answer::of(Child::new());
    "signal" Process Whatever "kill with signal 0" signal;
    "dynamic-code-generation" Nothing Whatever "mmap of writable, executable memory" |_| generate();
    "network-outbound" Address Whatever "connect, without waiting" connect;
    "network-bind" Address Nothing "bind" |address| Answer::of(bound(address));
    "network-inbound" Address Nothing "bind, then listen" |address| {
        Answer::of(bound(address).and_then(|socket| rustix::net::listen(socket, 1)))
    };
    "system-socket" Name Whatever "socket, of a stream" |domain| match family(domain) {
        Some(family) => Answer::of(rustix::net::socket(family, SocketType::STREAM, None)),
        None => Answer::Impossible("not AF_INET, AF_INET6 or AF_UNIX".to_owned()),
    };
    "mach-lookup" Name Whatever "bootstrap_look_up" names::look_up;
    "sysctl-read" Name Whatever "sysctlbyname, or reading /proc/sys" names::system_control;
    "ipc-posix-shm-read-data" Name Whatever "shm_open O_RDONLY"
        |name| names::shared_memory(name, libc::O_RDONLY);
    "ipc-posix-shm-write-create" Name Nothing "shm_open O_RDWR|O_CREAT|O_EXCL, then shm_unlink"
        |name| names::shared_memory(name, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL);
};

/// Opens without waiting for the other end of a pipe, and without taking a terminal.
fn open(path: &OsStr, flags: OFlags) -> Result<OwnedFd> {
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)
}

fn read(path: &OsStr) -> Result<OwnedFd> {
    open(path, OFlags::RDONLY)
}

/// That there is no such attribute is said by the file system, after the policy.
fn read_attribute(path: &OsStr) -> Answer {
    let mut value = [0; 64];
    match rustix::fs::getxattr(path, XATTR, &mut value) {
        Err(no) if no.raw_os_error() == NO_ATTRIBUTE => Answer::Done,
        result => Answer::of(result),
    }
}

#[cfg(target_os = "linux")]
const NO_ATTRIBUTE: i32 = libc::ENODATA;
#[cfg(not(target_os = "linux"))]
const NO_ATTRIBUTE: i32 = libc::ENOATTR;

fn set_times(path: &OsStr) -> Answer {
    let start = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: start,
        last_modification: start,
    };
    let flags = rustix::fs::AtFlags::empty();
    Answer::of(rustix::fs::utimensat(rustix::fs::CWD, path, &times, flags))
}

fn map(path: &OsStr) -> Answer {
    use std::os::fd::AsRawFd;
    let file = match read(path) {
        Ok(file) => file,
        Err(errno) => return Answer::Errno(errno.raw_os_error()),
    };
    let (access, flags) = (libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE);
    // SAFETY: a new mapping at a place of the system's choosing; nothing reads it, and the process
    // ends with it.
    let at = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4096,
            access,
            flags,
            file.as_raw_fd(),
            0,
        )
    };
    mapped(at)
}

fn generate() -> Answer {
    let access = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    #[cfg(target_os = "macos")]
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_JIT;
    #[cfg(not(target_os = "macos"))]
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
    // SAFETY: as in `map`.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), 4096, access, flags, -1, 0) };
    mapped(at)
}

fn mapped(at: *mut libc::c_void) -> Answer {
    if at == libc::MAP_FAILED {
        Answer::last()
    } else {
        Answer::Done
    }
}

/// Becomes the program, with no arguments; answers only if that fails. What the program writes must
/// not be taken for our answer, so it gets our standard input, which nobody reads, to write to.
fn exec(path: &OsStr) -> Answer {
    let Ok(path) = CString::new(path.as_bytes()) else {
        return Answer::Impossible("the path has a NUL byte in it".to_owned());
    };
    let arguments = [path.as_ptr(), std::ptr::null()];
    // SAFETY: the path and the list of arguments end as they must and outlive the calls; the others
    // only move descriptors of this process.
    unsafe {
        let out = libc::fcntl(1, libc::F_DUPFD_CLOEXEC, 3);
        libc::dup2(0, 1);
        libc::dup2(0, 2);
        libc::execv(path.as_ptr(), arguments.as_ptr());
        let answer = Answer::last();
        libc::dup2(out, 1);
        answer
    }
}

/// A child that ends when it is let go: the policy may forbid to end it by a signal.
struct Child {
    process: i32,
    /// The child reads the other end.
    leash: Option<OwnedFd>,
}

impl Child {
    fn new() -> Result<Self> {
        let (end, leash) = rustix::pipe::pipe()?;
        // SAFETY: this program has one thread, and the child only calls what a signal handler may
        // call.
        match unsafe { libc::fork() } {
            0 => {
                drop(leash);
                let mut byte = [0];
                // It ends either way.
                let _ = rustix::io::read(&end, &mut byte);
                // SAFETY: it takes no arguments that could be wrong.
                unsafe { libc::_exit(0) }
            }
            -1 => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
            process => Ok(Self {
                process,
                leash: Some(leash),
            }),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.leash.take());
        // SAFETY: it is our own child and nobody else waits for it; no status is written.
        unsafe { libc::waitpid(self.process, std::ptr::null_mut(), 0) };
    }
}

/// Signal 0 goes through all checks and reaches nobody (kill(2)).
fn signal(target: &OsStr) -> Answer {
    let ask = |process: i32| {
        // SAFETY: it reads no memory.
        Answer::of_call(unsafe { libc::kill(process, 0) })
    };
    let own = || i32::try_from(std::process::id()).unwrap_or(0);
    match target.to_str() {
        Some("self") => ask(own()),
        Some("others") => ask(i32::try_from(std::os::unix::process::parent_id()).unwrap_or(1)),
        Some("children") => match Child::new() {
            Ok(child) => ask(child.process),
            Err(errno) => Answer::Impossible(format!("no child could be made: {errno}")),
        },
        // Groups and everybody have numbers below 1.
        Some(number) => match number.parse() {
            Ok(process) if process > 0 => ask(process),
            _ => Answer::Impossible("not self, others, children or a process number".to_owned()),
        },
        None => Answer::Impossible("not self, others, children or a process number".to_owned()),
    }
}

fn family(domain: &OsStr) -> Option<AddressFamily> {
    match domain.to_str()? {
        "AF_INET" => Some(AddressFamily::INET),
        "AF_INET6" => Some(AddressFamily::INET6),
        "AF_UNIX" => Some(AddressFamily::UNIX),
        _ => None,
    }
}

/// One end of a connection.
enum End {
    Unix(SocketAddrUnix),
    Internet(SocketAddr, SocketType),
}

/// Names other than `localhost` and `*` are not looked up: that would ask for more than the
/// connection.
fn end(address: &OsStr) -> Option<End> {
    let bytes = address.as_bytes();
    let path = bytes.strip_prefix(b"unix:").unwrap_or(bytes);
    if path.starts_with(b"/") {
        return SocketAddrUnix::new(Path::new(OsStr::from_bytes(path)))
            .ok()
            .map(End::Unix);
    }
    let text = address.to_str()?;
    let (kind, text) = match text.split_once(':') {
        Some(("udp", rest)) => (SocketType::DGRAM, rest),
        Some(("tcp", rest)) => (SocketType::STREAM, rest),
        _ => (SocketType::STREAM, text),
    };
    let (host, port) = text.rsplit_once(':')?;
    let host = match host {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        "*" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        host => match host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
        {
            Some(host) => IpAddr::V6(host.parse::<Ipv6Addr>().ok()?),
            None => host.parse().ok()?,
        },
    };
    Some(End::Internet(
        SocketAddr::new(host, port.parse().ok()?),
        kind,
    ))
}

fn socket(end: &End) -> Result<OwnedFd> {
    match end {
        End::Unix(_) => rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None),
        End::Internet(address, kind) => {
            let family = match address {
                SocketAddr::V4(_) => AddressFamily::INET,
                SocketAddr::V6(_) => AddressFamily::INET6,
            };
            rustix::net::socket(family, *kind, None)
        }
    }
}

/// A connection that is under way, or that the other side refuses, was let through.
fn connect(address: &OsStr) -> Answer {
    let Some(end) = end(address) else {
        return Answer::Impossible("not an address: HOST:PORT with a number, or a path".to_owned());
    };
    let connected = socket(&end).and_then(|socket| {
        rustix::io::ioctl_fionbio(&socket, true)?;
        match &end {
            End::Unix(path) => rustix::net::connect(&socket, path),
            End::Internet(address, _) => rustix::net::connect(&socket, address),
        }
    });
    match connected {
        Err(Errno::INPROGRESS | Errno::CONNREFUSED) => Answer::Done,
        result => Answer::of(result),
    }
}

fn bound(address: &OsStr) -> Result<OwnedFd> {
    let end = end(address).ok_or(Errno::INVAL)?;
    let socket = socket(&end)?;
    match &end {
        End::Unix(path) => rustix::net::bind(&socket, path)?,
        End::Internet(address, _) => rustix::net::bind(&socket, address)?,
    }
    Ok(socket)
}
