//! The folder in /proc with the descriptors of a thread that asks again and again: the way from
//! there is shorter by a quarter than the one from the root.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags};

/// Looks in a row by a thread after which it is worth to open its folder, which costs as much as
/// five of them save.
const WORTH: u32 = 8;

/// The folder of one thread at a time.
#[derive(Debug, Default)]
pub(super) struct Descriptors {
    /// It stays that of this very thread: once that is gone nothing is in it, whoever has the id.
    folder: Option<(i32, OwnedFd)>,
    asker: i32,
    asked: u32,
}

impl Descriptors {
    /// The folder of a thread, if it is open or worth to be.
    pub(super) fn of(&mut self, thread: i32) -> Option<BorrowedFd<'_>> {
        if !matches!(self.folder, Some((known, _)) if known == thread) {
            self.asked = if self.asker == thread {
                self.asked + 1
            } else {
                1
            };
            self.asker = thread;
            if self.asked < WORTH {
                return None;
            }
            let path = format!("/proc/{thread}/fd");
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let folder = rustix::fs::openat(CWD, path, flags, Mode::empty()).ok();
            self.folder = folder.map(|folder| (thread, folder));
        }
        self.asked = 0;
        self.folder.as_ref().map(|(_, folder)| folder.as_fd())
    }

    /// Closes the folder.
    pub(super) fn forget(&mut self) {
        self.folder = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_often_has_a_folder() {
        let own = std::process::id() as i32;
        let mut descriptors = Descriptors::default();
        let mut looks = |thread, times| (0..times).any(|_| descriptors.of(thread).is_some());
        assert!(!looks(own, WORTH - 1));
        assert!(looks(own, 1));
        assert!(!looks(1, WORTH - 1));
        assert!(looks(own, 1));
        assert!(!looks(i32::MAX, 2 * WORTH));
        assert!(!looks(own, WORTH - 1));
        assert!(looks(own, 1));
        descriptors.forget();
        assert!(descriptors.of(own).is_none());
    }
}
