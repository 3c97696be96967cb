//! Calls without a directory, which the C library no longer makes itself; where the architecture
//! has none, their like.

use std::ffi::c_char;

use super::{Outcome, area, raw};

#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn stat(path: *const c_char) -> Outcome {
    unsafe { raw(libc::SYS_stat, [path as u64, area(), 0, 0, 0, 0]) }
}

#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn lstat(path: *const c_char) -> Outcome {
    unsafe { raw(libc::SYS_lstat, [path as u64, area(), 0, 0, 0, 0]) }
}

#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn readlink(path: *const c_char) -> Outcome {
    unsafe { raw(libc::SYS_readlink, [path as u64, area(), 256, 0, 0, 0]) }
}

#[cfg(not(target_arch = "x86_64"))]
use super::AT;

#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe fn stat(path: *const c_char) -> Outcome {
    unsafe { raw(libc::SYS_newfstatat, [AT, path as u64, area(), 0, 0, 0]) }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe fn lstat(path: *const c_char) -> Outcome {
    let flags = libc::AT_SYMLINK_NOFOLLOW as u64;
    unsafe { raw(libc::SYS_newfstatat, [AT, path as u64, area(), flags, 0, 0]) }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe fn readlink(path: *const c_char) -> Outcome {
    unsafe { raw(libc::SYS_readlinkat, [AT, path as u64, area(), 256, 0, 0]) }
}
