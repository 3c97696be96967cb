//! Signals, sent by a call or by an open file: whom they reach, and which they are.

use super::asks::{file, one};
use super::{Arguments, Asks, Detail, Memory, Target, Who};
use crate::linux::blank::Blank;
use crate::linux::vocabulary::Op;
use rustix::io::Errno;

pub(super) fn signal(who: Who, number: u64) -> Asks {
    one(Op::Signal, Target::Process(who)).with(Detail::Signal(number as i32))
}

/// Whom kill(2) means.
pub(super) fn killed(who: u64) -> Who {
    match who as i32 {
        -1 => Who::Everybody,
        who @ ..=0 => Who::Group(who.wrapping_neg()),
        who => Who::Process(who),
    }
}

/// Commands of fcntl(2) and ioctl(2) by which a file is told whom to send a signal, and which
/// (asm-generic/fcntl.h and sockios.h of Linux).
pub(super) const F_SETSIG: u32 = 10;
pub(super) const F_SETOWN_EX: u32 = 15;
pub(super) const FIOSETOWN: u32 = 0x8901;
pub(super) const SIOCSPGRP: u32 = 0x8902;
/// What sets the flags of a file, which chattr(1) shows (linux/fs.h).
pub(super) const FS_IOC_SETFLAGS: u32 = 0x4008_6602;
pub(super) const FS_IOC32_SETFLAGS: u32 = 0x4004_6602;
pub(super) const FS_IOC_FSSETXATTR: u32 = 0x401c_5820;

/// Commands by which a file is given another number, or a directory is opened: dup(2) by other
/// names; of autofs, XFS and binder (linux/auto_dev-ioctl.h, linux/android/binder.h, and xfs_fs.h).
pub(super) const F_DUPFD: u32 = libc::F_DUPFD as u32;
pub(super) const F_DUPFD_CLOEXEC: u32 = libc::F_DUPFD_CLOEXEC as u32;
pub(super) const AUTOFS_DEV_IOCTL_OPENMOUNT: u32 = 0xc018_9374;
pub(super) const XFS_IOC_OPEN_BY_HANDLE: u32 = 0xc038_586b;
pub(super) const BINDER_WRITE_READ: u32 = 0xc030_6201;

/// fcntl: a lock, or a signal that is sent whenever there is input.
pub(super) fn fcntl(a: &Arguments, memory: &dyn Memory) -> Result<Asks, Blank> {
    let number = a[0] as i32;
    let who = match a[1] as u32 {
        F_SETSIG => {
            let chosen = a[2] as i32;
            let signal = if chosen == 0 { libc::SIGIO } else { chosen };
            return Ok(self::signal(Who::Owner(number), signal as u64));
        }
        F_SETOWN_EX => {
            let told = memory.word(a[2])?;
            match (told as u32, (told >> 32) as i32) {
                (_, 0) => None,
                (0, thread) => Some(Who::Thread(thread)),
                (1, process) => Some(Who::Process(process)),
                (_, group) => Some(Who::Group(group)),
            }
        }
        command if command == libc::F_SETOWN as u32 => owner(a[2] as i32),
        F_DUPFD | F_DUPFD_CLOEXEC => return Ok(Asks::NONE),
        _ => return Ok(one(Op::FileLock, file(a[0]))),
    };
    Ok(announced(number, who))
}

/// ioctl: also what fcntl does with `F_SETOWN`, for sockets, and what chattr(1) does.
pub(super) fn ioctl(a: &Arguments, memory: &dyn Memory) -> Result<Asks, Blank> {
    let command = a[1] as u32;
    let is_of_flags = matches!(
        command,
        FS_IOC_SETFLAGS | FS_IOC32_SETFLAGS | FS_IOC_FSSETXATTR
    );
    let mut asks = one(Op::FileIoctl, file(a[0]))
        .with(Detail::Command(command))
        .and_if(is_of_flags, Op::FileWriteMode, file(a[0]));
    if !matches!(command, FIOSETOWN | SIOCSPGRP) {
        return Ok(asks);
    }
    // The aligned word that holds it lies in one page.
    let (address, offset) = (a[2] & !7, a[2] & 7);
    if offset > 4 {
        return Err(Blank::Unseen(Errno::FAULT));
    }
    let who = owner((memory.word(address)? >> (8 * offset)) as i32);
    announced(a[0] as i32, who)
        .iter()
        .for_each(|ask| asks.push(*ask));
    Ok(asks)
}

/// Below 0 it is a process group, 0 nobody.
fn owner(number: i32) -> Option<Who> {
    match number {
        0 => None,
        ..0 => Some(Who::Group(number.wrapping_neg())),
        _ => Some(Who::Process(number)),
    }
}

fn announced(file: i32, who: Option<Who>) -> Asks {
    who.map_or(Asks::NONE, |who| {
        one(Op::Signal, Target::Process(who)).with(Detail::Announced(file))
    })
}
