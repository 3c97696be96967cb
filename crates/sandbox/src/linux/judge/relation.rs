//! How the processes that a call names stand to the caller.

use std::os::fd::AsRawFd;

use rustix::io::Errno;

use crate::linux::blank::Blank;
use crate::linux::caller::{self, Caller};
use crate::linux::classify::Who;
use crate::linux::memory::file_of_caller;
use crate::linux::numbers::{self, Of};

/// `F_GETSIG` and `F_GETOWN_EX` of asm-generic/fcntl.h, and what the latter says of.
const F_GETSIG: libc::c_int = 11;
const F_GETOWN_EX: libc::c_int = 16;
const F_OWNER_PGRP: i32 = 2;

/// How a process stands to the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Relation {
    pub(super) own: bool,
    pub(super) child: bool,
    pub(super) other: bool,
    pub(super) group: bool,
    pub(super) supervised: bool,
    /// It is us, or the custodian.
    pub(super) keeper: bool,
    /// The call names the caller's group, and this process as one of it.
    pub(super) by_group: bool,
}

/// How every process that a call names stands to the caller, each way once; nothing if there is
/// none.
pub(super) fn relations(who: Who, caller: &Caller, custodian: i32) -> Result<Vec<Relation>, Blank> {
    let own = caller.process()?;
    let named = match who {
        Who::Thread(0) => vec![own],
        Who::Thread(number) | Who::Process(number) => numbers::ours(caller, Of::Thread, number)?,
        Who::Descriptor(descriptor) => vec![behind(caller, descriptor)?],
        Who::Group(0) => return members(0, own, custodian),
        Who::Group(number) => {
            let mut all = Vec::new();
            for group in numbers::ours(caller, Of::Group, number)? {
                all.extend(members(group, own, custodian)?);
            }
            return Ok(all);
        }
        // That which has its number, if it leads one.
        Who::GroupBehind(descriptor) => {
            return members(behind(caller, descriptor)?, own, custodian);
        }
        // What we are told of are our numbers.
        Who::Owner(descriptor) => match owner(caller, descriptor)? {
            (number, true) => return members(number, own, custodian),
            (number, false) => vec![number],
        },
        Who::Everybody => {
            return Ok(vec![Relation {
                other: true,
                ..Relation::default()
            }]);
        }
    };
    let mut all = Vec::new();
    for thread in named {
        let process = caller::process_of(thread).ok_or(Blank::Nothing)?;
        all.push(relation(process, own, custodian)?);
    }
    Ok(all)
}

/// The process that a descriptor stands for.
fn behind(caller: &Caller, descriptor: i32) -> Result<i32, Blank> {
    /// `PIDFD_SELF_THREAD` and `PIDFD_SELF_THREAD_GROUP` of linux/fcntl.h; the latter had another
    /// number in Linux 6.14.
    const OWN: [i32; 3] = [-10_000, -10_001, -20_000];
    if OWN.contains(&descriptor) {
        return caller.process();
    }
    caller::process_behind(caller.thread, descriptor)
}

/// How a process, by our number, stands to the process of a caller.
pub(super) fn relation(process: i32, own: i32, custodian: i32) -> Result<Relation, Blank> {
    if process == own {
        return Ok(Relation {
            own: true,
            supervised: true,
            ..Relation::default()
        });
    }
    let parent = caller::parent_of(process).ok_or(Blank::Nothing)?;
    let own_group = group_of(own);
    Ok(Relation {
        child: parent == own,
        other: true,
        group: own_group.is_some() && group_of(process) == own_group,
        supervised: process != custodian && caller::descends(process, custodian),
        keeper: process == custodian || process.unsigned_abs() == std::process::id(),
        ..Relation::default()
    })
}

/// A signal to a group goes to each of its processes; 0 is the caller's own.
fn members(group: i32, own: i32, custodian: i32) -> Result<Vec<Relation>, Blank> {
    let own_group = group_of(own);
    let by_group = group == 0 || own_group == Some(group);
    if by_group && own_group.is_none() {
        // It has no number in our pid namespace: whoever is in it came from elsewhere.
        return Ok(vec![Relation {
            other: true,
            group: true,
            by_group,
            ..Relation::default()
        }]);
    }
    let group = if by_group { own_group } else { Some(group) };
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        if group_of(process) != group {
            continue;
        }
        // One that has gone meanwhile is sent nothing.
        let Ok(relation) = relation(process, own, custodian) else {
            continue;
        };
        let relation = Relation {
            group: by_group,
            by_group,
            ..relation
        };
        if !all.contains(&relation) {
            all.push(relation);
        }
    }
    if all.is_empty() {
        return Err(Blank::Nothing);
    }
    Ok(all)
}

fn group_of(process: i32) -> Option<i32> {
    // SAFETY: it reads no memory. (That of rustix takes 0, a group of another pid namespace,
    // for impossible.)
    let group = unsafe { libc::getpgid(process) };
    (group > 0).then_some(group)
}

/// Whom an open file of the caller tells of input, and whether that is a group.
fn owner(caller: &Caller, descriptor: i32) -> Result<(i32, bool), Blank> {
    let file = file_of_caller(caller, descriptor)?;
    let mut told = [0_i32; 2];
    // SAFETY: the kernel writes the two numbers of `struct f_owner_ex`.
    if unsafe { libc::fcntl(file.as_raw_fd(), F_GETOWN_EX, told.as_mut_ptr()) } < 0 {
        return Err(Blank::Unseen(Errno::IO));
    }
    match told {
        [_, 0] => Err(Blank::Nothing),
        [kind, number] => Ok((number, kind == F_OWNER_PGRP)),
    }
}

/// The signal by which an open file of the caller tells of input.
pub(super) fn announced_by(caller: &Caller, descriptor: i32) -> Result<i32, Blank> {
    let file = file_of_caller(caller, descriptor)?;
    // SAFETY: takes and returns plain numbers.
    match unsafe { libc::fcntl(file.as_raw_fd(), F_GETSIG) } {
        ..0 => Err(Blank::Unseen(Errno::IO)),
        0 => Ok(libc::SIGIO),
        signal => Ok(signal),
    }
}
