//! Paths that only the kernel can follow: from a directory whose own path is too long to be read,
//! and within one that is the root of the way.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::{Blank, Caller, Found, Resolver, Sight, caller, procfs};

/// How often a way with `..` is tried that others rename on.
const TRIES: usize = 8;

/// What a directory is that a way begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// One below the caller's root, which is ours.
    Here,
    /// The root of the way, as `RESOLVE_IN_ROOT` of openat2 means it: none leads out of it.
    Root,
    /// One that is not below the root that the caller has given itself. A link from there, or a way
    /// back that comes by that root, would lead us elsewhere than the caller.
    Outside,
}

/// Resolves `given` from a directory of the caller by having the kernel open it from there. What is
/// found may have a path that can be read (`../..`); if not, it is not seen.
pub(super) fn resolve(
    resolver: &mut Resolver,
    caller: &Caller,
    directory: i32,
    given: &[u8],
    follow: bool,
    base: Base,
) -> Sight {
    /// A link of /proc that means "myself" would mean us.
    const WAY: ResolveFlags = ResolveFlags::NO_MAGICLINKS;
    const UNSEEN: Sight = Err(Blank::Unseen(Errno::XDEV));
    let way = match base {
        Base::Root => WAY | ResolveFlags::IN_ROOT,
        Base::Here => WAY,
        Base::Outside => WAY | ResolveFlags::NO_SYMLINKS,
    };
    let may_turn = super::goes_back(given);
    if (base == Base::Outside) != caller.foreign_root || (caller.foreign_root && may_turn) {
        return UNSEEN;
    }
    let start = match directory {
        libc::AT_FDCWD => format!("/proc/{}/cwd", caller.thread),
        number => format!("/proc/{}/fd/{number}", caller.thread),
    };
    let start = rustix::fs::openat(CWD, start, directory_flags(), Mode::empty())?;
    let last = if follow {
        OFlags::empty()
    } else {
        OFlags::NOFOLLOW
    };
    let flags = OFlags::PATH | OFlags::CLOEXEC | last;
    match open(start.as_fd(), given, flags, way) {
        Ok(file) => {
            let found = resolver.opened(&file)?;
            // Of us, perhaps, and not of the caller.
            let ours = procfs::is_on_procfs(&file);
            return if ours { UNSEEN } else { Ok(found) };
        }
        Err(Errno::NOENT) => {}
        Err(Errno::NOTDIR) => return Err(Blank::Nothing),
        Err(Errno::ACCESS) if caller::has_our_rights(caller) => return Err(Blank::Nothing),
        Err(errno) => return Err(Blank::Unseen(errno)),
    }
    // Something to be made: as much of the way as is there, and the names behind it.
    let (mut rest, mut names) = (given, Vec::new());
    let parent = loop {
        let end = rest.iter().rposition(|byte| *byte != b'/');
        rest = &rest[..end.map_or(0, |end| end + 1)];
        let slash = rest.iter().rposition(|byte| *byte == b'/');
        let (before, name) = rest.split_at(slash.map_or(0, |slash| slash + 1));
        match name {
            b"." => {}
            b"" | b".." => return UNSEEN,
            name => names.push(name),
        }
        let parent = if before.is_empty() { b"." } else { before };
        match open(start.as_fd(), parent, directory_flags(), way) {
            Err(Errno::NOENT) if !before.is_empty() => rest = before,
            parent => break parent?,
        }
    };
    let link = names
        .last()
        .map(|name| rustix::fs::statat(&parent, *name, AtFlags::SYMLINK_NOFOLLOW));
    if !matches!(link, Some(Err(Errno::NOENT))) {
        // A link that leads nowhere yet.
        return UNSEEN;
    }
    resolver.opened(&parent)?;
    if procfs::is_on_procfs(&parent) {
        return UNSEEN;
    }
    if resolver.path == b"/" {
        resolver.path.clear();
    }
    for name in names.iter().rev() {
        resolver.path.push(b'/');
        resolver.path.extend_from_slice(name);
    }
    Ok(Found::Missing)
}

fn directory_flags() -> OFlags {
    OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC
}

fn open(
    base: BorrowedFd<'_>,
    path: &[u8],
    flags: OFlags,
    way: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    let mut opened = Err(Errno::AGAIN);
    for _ in 0..TRIES {
        opened = rustix::fs::openat2(base, path, flags, Mode::empty(), way);
        if !matches!(opened, Err(Errno::AGAIN)) {
            break;
        }
    }
    opened
}
