//! The path of the directory behind a descriptor that paths begin at again and again, so that the
//! kernel need not be asked for it each time.
//!
//! For runs that are watched and refused nothing, as [`super::straight`], and as late where others
//! rename it. What a number stands for changes by calls that come to us before they happen, whoever
//! makes them, for threads and processes can share their descriptors; then all is forgotten. Until
//! such a call of somebody who shares them is known to have happened, nothing is learnt. Only that a
//! number stands for nothing any more is not seen: a path that begins at a closed descriptor leads
//! nowhere, and is told of as if it were still open.

use std::time::Instant;

use super::straight::LATE;
use super::underway::Underway;
use crate::linux::arch::Call;
use crate::linux::caller::scatters;

/// Looks in a row for the directory of one descriptor after which it is worth to learn it.
const WORTH: usize = 2;

/// What kcmp(2) compares: tables of descriptors (linux/kcmp.h).
const KCMP_FILES: libc::c_int = 2;

/// A descriptor of a thread.
type Number = (i32, i32);

/// Knows one directory at a time.
#[derive(Debug, Default)]
pub(super) struct Directories {
    known: Option<(Number, Instant)>,
    path: Vec<u8>,
    asked: Option<Number>,
    /// How often in a row.
    times: usize,
    /// Threads that may be about to have another file at some number.
    opening: Underway,
    /// Threads that may be about to move a directory, or to become another.
    moving: Underway,
    /// Something can change that we are not told of.
    unsure: bool,
}

impl Directories {
    /// Nothing is known from now on.
    pub(super) fn give_up(&mut self) {
        self.unsure = true;
        self.known = None;
    }

    /// Puts the path of what a thread's number stands for into `path`, if it is known.
    pub(super) fn tell(&self, thread: i32, number: i32, path: &mut Vec<u8>) -> bool {
        let is_known = self
            .known
            .is_some_and(|(known, since)| known == (thread, number) && since.elapsed() < LATE);
        if is_known {
            path.clear();
            path.extend_from_slice(&self.path);
        }
        is_known
    }

    /// Takes note that a thread's number is to be looked at, and says whether it is worth to learn
    /// what it stands for, and when that was so.
    pub(super) fn count(&mut self, thread: i32, number: i32) -> Option<Instant> {
        if self.unsure {
            return None;
        }
        let asked = (thread, number);
        self.times = if self.asked == Some(asked) {
            self.times + 1
        } else {
            1
        };
        self.asked = Some(asked);
        // Each thread that has to be looked at costs nearly as much as one look that is spared.
        let is_worth = self.times >= WORTH + self.opening.len();
        let is_still = is_worth
            && self.moving.is_over()
            && self.opening.is_over_for(|other| shares(thread, other));
        is_still.then(Instant::now)
    }

    /// Takes note of the path of what a thread's number stands for.
    pub(super) fn learn(&mut self, thread: i32, number: i32, path: &[u8], since: Instant) {
        self.known = Some(((thread, number), since));
        self.path.clear();
        self.path.extend_from_slice(path);
    }

    /// Takes note of a call that came.
    pub(super) fn hear(&mut self, thread: i32) {
        self.opening.hear(thread);
        self.moving.hear(thread);
    }

    /// Takes note of a call that is about to go on.
    pub(super) fn heed(&mut self, call: Call, reopens: bool, thread: i32) {
        // What is read of fanotify(7) are open files.
        if scatters(call) || call == Call::FanotifyMark {
            self.give_up();
        } else if reopens && !self.unsure {
            let underway = match moves_directories(call) {
                true => &mut self.moving,
                false => &mut self.opening,
            };
            underway.begin(thread);
            self.known = None;
            self.times = 0;
        }
    }
}

/// Whether a directory may have another path after a call, or none, or a thread be another one: that
/// which executes a program takes over the id of the first of its process.
fn moves_directories(call: Call) -> bool {
    matches!(
        call,
        Call::Rename
            | Call::Renameat
            | Call::Renameat2
            | Call::Rmdir
            | Call::Unlinkat
            | Call::Execve
            | Call::Execveat
    )
}

/// Whether two threads share their descriptors, or may for all we know.
fn shares(thread: i32, other: i32) -> bool {
    // SAFETY: it takes plain numbers, and says whether two tasks have one and the same.
    let compared = unsafe { libc::syscall(libc::SYS_kcmp, thread, other, KCMP_FILES, 0, 0) };
    compared <= 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: i32 = 7;

    /// Whether what a thread's number stands for is known after so many looks.
    fn is_learnt(directories: &mut Directories, thread: i32, looks: usize) -> bool {
        let far = std::time::Duration::from_secs(600);
        let mut path = Vec::new();
        for _ in 0..looks {
            if directories.tell(thread, NUMBER, &mut path) {
                return path == b"/a";
            }
            if let Some(since) = directories.count(thread, NUMBER) {
                // The machine may be slow.
                directories.learn(thread, NUMBER, b"/a", since + far);
            }
        }
        directories.tell(thread, NUMBER, &mut path)
    }

    #[test]
    fn known_is_what_was_looked_at_in_a_row() {
        let own = std::process::id() as i32;
        let mut directories = Directories::default();
        assert!(!is_learnt(&mut directories, own, WORTH - 1));
        assert!(!is_learnt(&mut directories, 1, 1));
        assert!(!is_learnt(&mut directories, own, WORTH - 1));
        assert!(is_learnt(&mut directories, own, 1));
        assert!(!directories.tell(own, NUMBER + 1, &mut Vec::new()));
        assert!(!directories.tell(1, NUMBER, &mut Vec::new()));
        directories.heed(Call::Openat, false, own);
        assert!(is_learnt(&mut directories, own, 0));
        directories.learn(own, NUMBER, b"/a", Instant::now() - LATE);
        assert!(!directories.tell(own, NUMBER, &mut Vec::new()));
        directories.heed(Call::FanotifyMark, false, own);
        assert!(!is_learnt(&mut directories, own, 9));
    }

    #[test]
    fn nothing_is_learnt_while_it_may_change() {
        let own = std::process::id() as i32;
        let mut command = std::process::Command::new("sleep");
        let mut sleeper = command.arg("600").spawn().unwrap();
        let other = sleeper.id() as i32;
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let sharing = std::thread::spawn(move || {
            // SAFETY: it takes and returns plain numbers.
            tell.send(unsafe { libc::gettid() }).unwrap();
            wait.recv()
        });
        let sharing_id = told.recv().unwrap();
        for (call, thread, blocks) in [
            (Call::Dup3, own, true),
            (Call::Recvmsg, sharing_id, true),
            (Call::Dup3, other, false),
            (Call::Rename, other, true),
            (Call::Execve, other, true),
        ] {
            let mut directories = Directories::default();
            assert!(is_learnt(&mut directories, own, 9));
            directories.heed(call, true, thread);
            assert!(!is_learnt(&mut directories, own, 0), "{call:?}");
            assert_eq!(is_learnt(&mut directories, own, 9), !blocks, "{call:?}");
            directories.hear(thread);
            assert!(is_learnt(&mut directories, own, 9), "{call:?}");
        }
        drop(done);
        assert!(sharing.join().unwrap().is_err());
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }
}
