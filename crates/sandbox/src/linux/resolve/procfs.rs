//! What a name on a procfs means to the caller: on ours, and on any other, which may be of another
//! pid namespace and lie anywhere.

use rustix::fd::AsFd;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, PROC_SUPER_MAGIC};

use super::{Blank, Caller, c_text};
use crate::linux::caller::our_proc;
use rustix::io::Errno;

/// Whether a file lies on a procfs.
pub(super) fn is_on_procfs(file: impl AsFd) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|system| system.f_type == PROC_SUPER_MAGIC)
}

/// Whether the link at a path lies on a procfs.
pub(super) fn is_link_of_procfs(name: &[u8]) -> bool {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, c_text(name), flags, Mode::empty()).is_ok_and(is_on_procfs)
}

/// What `self` or `thread-self` at a path is to the caller, as the names that stand there for it;
/// nothing if the path is that of anything else.
pub(super) fn own_name(name: &[u8], caller: &Caller) -> Result<Option<String>, Blank> {
    let path = name.strip_suffix(b"\0").unwrap_or(name);
    let slash = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    let (folder, last) = path.split_at(slash);
    if !matches!(last, b"/self" | b"/thread-self") {
        return Ok(None);
    }
    let is_link =
        |stat: &rustix::fs::Stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
    let Some(link) = rustix::fs::statat(CWD, c_text(name), AtFlags::SYMLINK_NOFOLLOW)
        .ok()
        .filter(is_link)
        .filter(|_| is_link_of_procfs(name))
    else {
        return Ok(None);
    };
    let (process, thread) = if Some(link.st_dev) == our_proc() {
        (caller.process()?, caller.thread)
    } else {
        numbers_in(folder, caller)?
    };
    Ok(Some(match last {
        b"/self" => process.to_string(),
        _ => format!("{process}/task/{thread}"),
    }))
}

/// The caller's process and thread as the procfs at a folder numbers them. Each pid namespace from
/// ours to its own has a number for both; of the process that is meant a procfs shows those from
/// its own namespace on.
fn numbers_in(folder: &[u8], caller: &Caller) -> Result<(i32, i32), Blank> {
    let numbers = |status: &[u8], field: &str| -> Option<Vec<i32>> {
        let text = String::from_utf8_lossy(status);
        let line = text.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace()
            .map(|word| word.parse().ok())
            .collect()
    };
    let status = std::fs::read(format!("/proc/{}/status", caller.thread))?;
    let processes = numbers(&status, "NStgid:").unwrap_or_default();
    let threads = numbers(&status, "NSpid:").unwrap_or_default();
    let mut known = (0..processes.len()).zip(processes.iter().zip(&threads));
    let found = known.find(|(at, (process, _))| {
        use std::os::unix::ffi::OsStrExt;
        let shown = [folder, format!("/{process}/status").as_bytes()].concat();
        let shown = std::fs::read(std::ffi::OsStr::from_bytes(&shown));
        shown.is_ok_and(|shown| numbers(&shown, "NStgid:").as_deref() == Some(&processes[*at..]))
    });
    found
        .map(|(_, (process, thread))| (*process, *thread))
        .ok_or(Blank::Unseen(Errno::XDEV))
}
