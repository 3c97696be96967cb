//! Memory that is a file, told from files that have a name like it.

use std::sync::LazyLock;

use rustix::fs::{MemfdFlags, Stat};

use super::c_text;

/// `HUGETLBFS_MAGIC` of linux/magic.h.
const HUGE_PAGES: u64 = 0x9584_58f6;

/// Whether what a link leads to, which nothing else has a name for, lies where the kernel keeps such
/// memory: that of huge pages apart from the rest.
pub(super) fn is(link: &[u8], stat: &Stat) -> bool {
    static DEVICE: LazyLock<Option<u64>> = LazyLock::new(|| {
        let memory = rustix::fs::memfd_create(c"lapbelt", MemfdFlags::CLOEXEC).ok()?;
        Some(rustix::fs::fstat(memory).ok()?.st_dev)
    });
    *DEVICE == Some(stat.st_dev)
        || rustix::fs::statfs(c_text(link)).is_ok_and(|system| system.f_type as u64 == HUGE_PAGES)
}
