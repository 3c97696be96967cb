//! Paths that were found to cross no link a moment ago, so that the kernel need not be asked again.
//!
//! For runs that are watched and refused nothing. Every call of theirs that could put a link on such
//! a path comes to us before it happens, if the policy has us see what creates names; then all is
//! forgotten, and until the call is known to have happened nothing is taken for known. What others do
//! is noticed [`LATE`] later at most, which is too late where a path is to be refused.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::underway::Underway;
use crate::linux::arch::Call;
use crate::linux::caller::scatters;

/// For how long a path is known.
pub(super) const LATE: Duration = Duration::from_millis(10);

/// Most paths that are known.
const MOST: usize = 512;

/// Absolute paths as calls give them, `.` and `..` among them.
#[derive(Debug, Default)]
pub(super) struct Straight {
    /// When they were looked at.
    known: HashMap<Vec<u8>, Instant>,
    changing: Underway,
    /// Links can be made that we are not told of.
    unsure: bool,
}

impl Straight {
    /// Nothing is known from now on, whatever is looked at.
    pub(super) fn give_up(&mut self) {
        self.unsure = true;
        self.known.clear();
    }

    /// Takes note of a path that crosses no link, not even at its end if that was `followed`.
    pub(super) fn learn(&mut self, path: &[u8], followed: bool) {
        if self.unsure || !self.changing.is_over() {
            return;
        }
        if self.known.len() >= MOST {
            self.known.clear();
        }
        let now = Instant::now();
        for known in [
            followed.then_some(path),
            folder_and_name(path).map(|(folder, _)| folder),
        ] {
            match known.and_then(|known| self.known.get_mut(known)) {
                Some(since) => *since = now,
                None => self.known.extend(known.map(|known| (known.to_vec(), now))),
            }
        }
    }

    /// Whether a path is known to cross no link, with one at its end left aside unless that is to
    /// be `followed`.
    pub(super) fn knows(&self, path: &[u8], followed: bool) -> bool {
        if self.known.is_empty() {
            return false;
        }
        let is_known = |path| {
            self.known
                .get(path)
                .is_some_and(|since| since.elapsed() < LATE)
        };
        is_known(path)
            || !followed
                && folder_and_name(path).is_some_and(|(folder, name)| {
                    !matches!(name, b"" | b"." | b"..") && is_known(folder)
                })
    }

    /// Takes note of a call that came.
    pub(super) fn hear(&mut self, thread: i32) {
        self.changing.hear(thread);
    }

    /// Takes note of a call that is about to go on.
    pub(super) fn heed(&mut self, call: Call, thread: i32) {
        if scatters(call) {
            self.give_up();
        } else if moves_links(call) {
            self.known.clear();
            self.changing.begin(thread);
        }
    }
}

/// Whether there may be a link after a call where there was none.
fn moves_links(call: Call) -> bool {
    matches!(
        call,
        Call::Symlink
            | Call::Symlinkat
            | Call::Rename
            | Call::Renameat
            | Call::Renameat2
            | Call::Link
            | Call::Linkat
    )
}

fn folder_and_name(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    Some((&path[..slash], &path[slash + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was learnt in the last moment; the machine may be slow.
    fn learnt(straight: &mut Straight, path: &[u8], followed: bool, then: &[u8]) -> [bool; 2] {
        let far = Instant::now() + Duration::from_secs(600);
        straight.learn(path, followed);
        straight.known.values_mut().for_each(|since| *since = far);
        [false, true].map(|followed| straight.knows(then, followed))
    }

    #[test]
    fn a_path_tells_of_itself_and_of_its_neighbours() {
        let mut straight = Straight::default();
        for (followed, then, known) in [
            (false, b"/a/b/c", [true, false]),
            (false, b"/a/b/d", [true, false]),
            (true, b"/a/b/c", [true, true]),
            (true, b"/a/b/d", [true, false]),
        ] {
            assert_eq!(learnt(&mut straight, b"/a/b/c", followed, then), known);
        }
        for other in [
            &b"/a/b/"[..],
            b"/a/b/.",
            b"/a/b/..",
            b"/a/b/c/d",
            b"/a",
            b"",
        ] {
            let mut straight = Straight::default();
            assert_eq!(
                learnt(&mut straight, b"/a/b/c", false, other),
                [false, false]
            );
        }
    }

    #[test]
    fn a_moment_later_nothing_is_known() {
        let mut straight = Straight::default();
        straight.learn(b"/a/b", true);
        std::thread::sleep(LATE);
        assert!(!straight.knows(b"/a/b", true));
    }

    #[test]
    fn nothing_is_known_while_a_link_may_be_made() {
        let mut sleeper = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .unwrap();
        let thread = sleeper.id() as i32;
        let mut straight = Straight::default();
        for call in [Call::Symlinkat, Call::Renameat2, Call::Link] {
            assert_eq!(learnt(&mut straight, b"/a/b", true, b"/a/b"), [true, true]);
            straight.heed(Call::Openat, thread);
            assert!(straight.knows(b"/a/b", true));
            straight.heed(call, thread);
            assert_eq!(
                learnt(&mut straight, b"/a/b", true, b"/a/b"),
                [false, false]
            );
            straight.hear(thread);
        }
        straight.heed(Call::Rename, thread);
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
        assert_eq!(learnt(&mut straight, b"/a/b", true, b"/a/b"), [true, true]);
        straight.heed(Call::Mount, thread);
        assert_eq!(
            learnt(&mut straight, b"/a/b", true, b"/a/b"),
            [false, false]
        );
    }
}
