//! The families of calls: from registers to operations.

use super::{Ask, Asks, Detail, Memory, PathAt, Target, When};
use crate::linux::blank::Blank;
use crate::linux::vocabulary::Op;
use rustix::io::Errno;

const SETUGID: u64 = (libc::S_ISUID | libc::S_ISGID) as u64;
const AT_EMPTY_PATH: u64 = libc::AT_EMPTY_PATH as u64;
const AT_SYMLINK_NOFOLLOW: u64 = libc::AT_SYMLINK_NOFOLLOW as u64;
const CWD: u64 = libc::AT_FDCWD as u64;

/// A path from the current directory, its last link followed.
pub(super) fn path(pointer: u64) -> PathAt {
    at(CWD, pointer)
}

/// A path from a directory, its last link followed.
pub(super) fn at(directory: u64, pointer: u64) -> PathAt {
    PathAt {
        directory: directory as i32,
        pointer,
        follow: true,
        may_be_empty: false,
        in_root: false,
    }
}

impl PathAt {
    pub(super) fn unfollowed(self) -> Self {
        Self {
            follow: false,
            ..self
        }
    }

    /// With `AT_SYMLINK_NOFOLLOW` and `AT_EMPTY_PATH` of a flags register.
    pub(super) fn flags(self, flags: u64) -> Self {
        self.follow_if(flags & AT_SYMLINK_NOFOLLOW == 0)
            .empty_if(flags & AT_EMPTY_PATH != 0)
    }

    pub(super) fn follow_if(self, follow: bool) -> Self {
        Self { follow, ..self }
    }

    pub(super) fn empty_if(self, may_be_empty: bool) -> Self {
        Self {
            may_be_empty,
            ..self
        }
    }
}

impl From<PathAt> for Target {
    fn from(path: PathAt) -> Self {
        Target::Path(path)
    }
}

/// One operation.
pub(super) fn one(operation: Op, target: impl Into<Target>) -> Asks {
    Asks::NONE.and(operation, target)
}

impl Asks {
    /// One operation more.
    pub(super) fn and(mut self, operation: Op, target: impl Into<Target>) -> Self {
        self.push(Ask {
            operation,
            target: target.into(),
            when: When::Always,
            detail: Detail::None,
        });
        self
    }

    /// One operation more if something holds.
    pub(super) fn and_if(self, holds: bool, operation: Op, target: impl Into<Target>) -> Self {
        if holds {
            self.and(operation, target)
        } else {
            self
        }
    }

    /// All so far depend on the state of the target.
    pub(super) fn when(mut self, when: When) -> Self {
        self.0.iter_mut().flatten().for_each(|ask| ask.when = when);
        self
    }

    /// All so far carry a value.
    pub(super) fn with(mut self, detail: Detail) -> Self {
        self.0
            .iter_mut()
            .flatten()
            .for_each(|ask| ask.detail = detail);
        self
    }
}

/// The open family, by flags and mode.
pub(super) fn open(path: PathAt, flags: u64, mode: u64) -> Asks {
    let has = |flag: i32| flags & flag as u64 == flag as u64;
    let exclusive = has(libc::O_CREAT) && has(libc::O_EXCL);
    let follow = !has(libc::O_NOFOLLOW) && !exclusive;
    let path = path.follow_if(follow);
    if has(libc::O_PATH) {
        return one(Op::FileReadMetadata, path);
    }
    if has(libc::O_TMPFILE) {
        return one(Op::FileWriteCreate, path).and_if(
            mode & SETUGID != 0,
            Op::FileWriteSetugid,
            path,
        );
    }
    let access = flags as i32 & libc::O_ACCMODE;
    let reads = access != libc::O_WRONLY;
    let writes = access != libc::O_RDONLY || has(libc::O_TRUNC);
    let existing =
        Asks::NONE
            .and_if(reads, Op::FileReadData, path)
            .and_if(writes, Op::FileWriteData, path);
    if !has(libc::O_CREAT) {
        return existing;
    }
    let mut asks = one(Op::FileWriteCreate, path)
        .and_if(mode & SETUGID != 0, Op::FileWriteSetugid, path)
        .when(When::Missing);
    if exclusive {
        return asks.with(Detail::Exclusive);
    }
    existing
        .when(When::Present)
        .iter()
        .for_each(|ask| asks.push(*ask));
    asks
}

/// openat2: `struct open_how` is flags, mode, resolve. Of the last only what leads elsewhere
/// matters: the rest makes more calls fail.
pub(super) fn open_how(path: PathAt, how: u64, memory: &dyn Memory) -> Result<Asks, Blank> {
    let (flags, mode) = (memory.word(how)?, memory.word(how.wrapping_add(8))?);
    let in_root = memory.word(how.wrapping_add(16))? & libc::RESOLVE_IN_ROOT != 0;
    Ok(open(PathAt { in_root, ..path }, flags, mode))
}

/// The stat family by descriptor; of an open file, without a path, it is fstat, which asks nothing.
pub(super) fn stat(path: PathAt, flags: u64, memory: &dyn Memory) -> Result<Asks, Blank> {
    let may_be_empty = flags & AT_EMPTY_PATH != 0;
    if may_be_empty && (path.pointer == 0 || first_byte(path.pointer, memory)? == 0) {
        let here = path.directory == libc::AT_FDCWD;
        return Ok(Asks::NONE.and_if(here, Op::FileReadMetadata, Target::CurrentDirectory));
    }
    Ok(one(Op::FileReadMetadata, path.flags(flags)))
}

/// From the aligned word that holds it, which lies in one page.
fn first_byte(address: u64, memory: &dyn Memory) -> Result<u8, Blank> {
    let word = memory.word(address & !7)?;
    Ok(word.to_ne_bytes()[(address & 7) as usize])
}

/// The access family. X_OK of a directory is a question about searching, not about running; it is
/// told apart when the path is resolved.
pub(super) fn access(path: PathAt, mode: u64) -> Asks {
    let has = |bit: i32| mode & bit as u64 != 0;
    let asked = Asks::NONE
        .and_if(has(libc::R_OK), Op::FileReadData, path)
        .and_if(has(libc::W_OK), Op::FileWriteData, path)
        .and_if(has(libc::X_OK), Op::ProcessExec, path);
    if asked == Asks::NONE {
        one(Op::FileTestExistence, path)
    } else {
        asked
    }
}

pub(super) fn create(path: PathAt, kind: u32) -> Asks {
    one(Op::FileWriteCreate, path.unfollowed())
        .when(When::Missing)
        .with(Detail::Made(kind))
}

pub(super) fn mknod(path: PathAt, mode: u64) -> Asks {
    let path = path.unfollowed();
    // No type at all means a regular file (mknod(2)).
    let made = match mode as u32 & libc::S_IFMT {
        0 => libc::S_IFREG,
        kind => kind,
    };
    let device = matches!(
        mode as libc::mode_t & libc::S_IFMT,
        libc::S_IFCHR | libc::S_IFBLK
    );
    let operation = if device {
        Op::FileMknod
    } else {
        Op::FileWriteCreate
    };
    one(operation, path)
        .and_if(mode & SETUGID != 0, Op::FileWriteSetugid, path)
        .when(When::Missing)
        .with(Detail::Made(made))
}

pub(super) fn chmod(target: impl Into<Target>, mode: u64) -> Asks {
    let target = target.into();
    one(Op::FileWriteMode, target).and_if(mode & SETUGID != 0, Op::FileWriteSetugid, target)
}

pub(super) fn rename(old: PathAt, new: PathAt, flags: u64) -> Asks {
    let (old, new) = (old.unfollowed(), new.unfollowed());
    let exchange = flags & u64::from(libc::RENAME_EXCHANGE) != 0;
    one(Op::FileWriteUnlink, old)
        .and(Op::FileWriteCreate, new)
        .and_if(exchange, Op::FileWriteUnlink, new)
        .and_if(exchange, Op::FileWriteCreate, old)
}

pub(super) fn link(old: PathAt, new: PathAt, flags: u64) -> Asks {
    let old = old
        .follow_if(flags & libc::AT_SYMLINK_FOLLOW as u64 != 0)
        .empty_if(flags & AT_EMPTY_PATH != 0);
    one(Op::FileLink, old).and(Op::FileWriteCreate, new.unfollowed())
}

/// `futimesat` and `utimensat` with a null path mean the descriptor.
pub(super) fn times(path: PathAt) -> Asks {
    if path.pointer == 0 {
        one(Op::FileWriteTimes, Target::File(path.directory))
    } else {
        one(Op::FileWriteTimes, path)
    }
}

pub(super) fn xattr(operation: Op, target: impl Into<Target>, name: u64) -> Asks {
    one(operation, target).with(Detail::Attribute(name))
}

pub(super) fn file(descriptor: u64) -> Target {
    Target::File(descriptor as i32)
}

pub(super) fn mmap(protection: u64, flags: u64, descriptor: u64) -> Asks {
    let is_file = flags & libc::MAP_ANONYMOUS as u64 == 0;
    let file = Asks::NONE.and_if(is_file, Op::FileMapExecutable, file(descriptor));
    code(file, protection)
}

pub(super) fn mprotect(address: u64, length: u64, protection: u64) -> Asks {
    let mapping = Target::Mapping { address, length };
    code(one(Op::FileMapExecutable, mapping), protection)
}

/// What makes these executable: of files, and whatever there is if it is to be writable too.
fn code(files: Asks, protection: u64) -> Asks {
    let both = (libc::PROT_WRITE | libc::PROT_EXEC) as u64;
    if protection & both == both {
        let files = files.with(Detail::WritableCode);
        files.and(Op::DynamicCodeGeneration, Target::Nothing)
    } else {
        files
    }
}

pub(super) fn address(operation: Op, socket: u64, pointer: u64, length: u64) -> Asks {
    one(operation, at_address(socket, pointer, length, true))
}

pub(super) fn at_address(socket: u64, pointer: u64, length: u64, may_lack_family: bool) -> Target {
    Target::Address {
        socket: socket as i32,
        pointer,
        length: length as u32,
        may_lack_family,
    }
}

pub(super) fn messages(socket: u64, pointer: u64, count: u64, stride: usize) -> Asks {
    let (socket, count, stride) = (socket as i32, count as u32, stride as u32);
    one(
        Op::NetworkOutbound,
        Target::Messages {
            socket,
            pointer,
            count,
            stride,
        },
    )
}

/// The type by which packet sockets were made when they were of the family of the internet.
pub(super) const SOCK_PACKET: i32 = 10;

pub(super) fn socket(domain: u64, kind: u64, protocol: u64) -> Asks {
    let kind = kind as i32 & !(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK);
    let (domain, protocol) = (domain as i32, protocol as i32);
    // What the kernel makes of it (net/socket.c of Linux).
    let domain = match (domain, kind) {
        (libc::AF_INET, SOCK_PACKET) => libc::AF_PACKET,
        _ => domain,
    };
    let socket = Target::Socket {
        domain,
        kind,
        protocol,
    };
    // A packet socket with a protocol hears every interface from the start.
    let hears = domain == libc::AF_PACKET && protocol != 0;
    one(Op::SystemSocket, socket).and_if(hears, Op::NetworkInbound, socket)
}

/// fanotify_mark: without a path the mark is on the directory. What is in all of a mount or of a file
/// system nobody can tell.
pub(super) fn watch(flags: u64, path: PathAt) -> Result<Asks, Blank> {
    let adds = flags & u64::from(libc::FAN_MARK_ADD) != 0;
    if adds && flags & u64::from(libc::FAN_MARK_MOUNT | libc::FAN_MARK_FILESYSTEM) != 0 {
        return Err(Blank::Unseen(Errno::OPNOTSUPP));
    }
    let target = match (path.pointer, path.directory) {
        (0, libc::AT_FDCWD) => Target::CurrentDirectory,
        (0, directory) => Target::File(directory),
        _ => Target::Path(path),
    };
    Ok(one(Op::FileReadData, target))
}
