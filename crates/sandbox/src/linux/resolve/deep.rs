//! Paths from a directory whose own path is too long to be read.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::{Blank, Caller, Found, Resolver, Sight, caller};

/// Resolves `given` from a directory of the caller by having the kernel open it from there. What
/// is found may have a path that can be read (`../..`); if not, it is not seen.
pub(super) fn resolve(
    resolver: &mut Resolver,
    caller: &Caller,
    directory: i32,
    given: &[u8],
    follow: bool,
) -> Sight {
    const UNSEEN: Sight = Err(Blank::Unseen(Errno::NAMETOOLONG));
    if caller.foreign_root {
        return UNSEEN;
    }
    let base = match directory {
        libc::AT_FDCWD => format!("/proc/{}/cwd", caller.thread),
        number => format!("/proc/{}/fd/{number}", caller.thread),
    };
    let base = rustix::fs::openat(CWD, base, directory_flags(), Mode::empty())?;
    let last = if follow {
        OFlags::empty()
    } else {
        OFlags::NOFOLLOW
    };
    match open(base.as_fd(), given, OFlags::PATH | OFlags::CLOEXEC | last) {
        Ok(file) => {
            let found = resolver.opened(&file)?;
            // Of us, perhaps, and not of the caller.
            let ours = resolver.path.starts_with(b"/proc/");
            return if ours { UNSEEN } else { Ok(found) };
        }
        Err(Errno::NOENT) => {}
        Err(Errno::NOTDIR) => return Err(Blank::Nothing),
        Err(Errno::ACCESS) if caller::has_our_rights(caller) => return Err(Blank::Nothing),
        Err(errno) => return Err(Blank::Unseen(errno)),
    }
    // Something to be made in a directory that is there.
    let (parent, name) = match given.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&given[..at], &given[at + 1..]),
        None => (&b"."[..], given),
    };
    if matches!(name, b"" | b"." | b"..") {
        return UNSEEN;
    }
    let parent = open(base.as_fd(), parent, directory_flags()).map_err(Blank::from)?;
    let link = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW);
    if link.err() != Some(Errno::NOENT) {
        // A link that leads nowhere yet.
        return UNSEEN;
    }
    resolver.opened(&parent)?;
    if resolver.path.starts_with(b"/proc/") {
        return UNSEEN;
    }
    resolver.path.push(b'/');
    resolver.path.extend_from_slice(name);
    Ok(Found::Missing)
}

fn directory_flags() -> OFlags {
    OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC
}

fn open(base: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Result<std::os::fd::OwnedFd, Errno> {
    // A link of /proc that means "myself" would mean us.
    let resolve = ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(base, path, flags, Mode::empty(), resolve)
}
