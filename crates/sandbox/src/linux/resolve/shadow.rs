//! Our own current directory, kept where that of a caller is.
//!
//! The kernel says where we are in a sixth of the time that it takes for another process, and as
//! truly when directories are renamed. That a caller still is where we followed it to is known
//! without asking: every call that changes a current directory comes to us before it happens, and
//! until it is known to have happened nobody is followed, for whoever moves may share the directory
//! with anybody. That a thread shares it with the one that we followed, as those of every C library
//! and runtime do, is asked of the kernel once for each; unshare(2) ends all following.

use std::mem::MaybeUninit;
use std::time::Instant;

use rustix::fs::{CWD, Mode, OFlags};

use super::underway::Underway;
use crate::linux::arch::Call;
use crate::linux::caller::{Caller, FRESH, scatters};

/// Looks at its directory by a thread after which it is worth to follow its process there.
const WORTH: u32 = 4;

/// Looks by other processes after which we follow one of them: going there costs as much as two.
const PATIENCE: u32 = 4;

/// Most threads of one process that are known to share their directory.
const SHARING: usize = 64;

/// What kcmp(2) compares: root, current directory and mask (linux/kcmp.h).
const KCMP_FS: libc::c_int = 3;

/// Follows one process at a time. To be used on one thread only, whose current directory it
/// changes.
#[derive(Debug, Default)]
pub(crate) struct Shadow {
    state: State,
    /// Looks by others than the one that is followed.
    others: u32,
    /// The last process that could not be followed, or was where no path is.
    lost: Option<i32>,
    /// Changes of directories.
    moving: Underway,
}

#[derive(Debug, Default)]
enum State {
    /// Our thread shares its directory with the others of our process.
    #[default]
    Shared,
    /// It has one of its own, and nobody is followed.
    Idle,
    /// Ours is that of this process.
    Following {
        process: i32,
        /// Those of its threads that share it for sure.
        threads: Vec<i32>,
        since: Instant,
    },
    /// Nobody can be followed, or not surely.
    Off,
}

impl Shadow {
    /// Puts the path of the caller's current directory into `path`, if we are there and it has one.
    pub(super) fn tell(&mut self, caller: &Caller, path: &mut Vec<u8>) -> bool {
        if matches!(self.state, State::Off) || caller.count_look() <= WORTH {
            return false;
        }
        if !self.moving.is_over() || !self.follow(caller) {
            return false;
        }
        let told = own_directory(path);
        if !told {
            // Removed, or out of our sight, or too deep.
            self.lose(caller);
        }
        told
    }

    /// Whether we are where a caller is, after going there if it is worth it.
    fn follow(&mut self, caller: &Caller) -> bool {
        let Ok(process) = caller.process() else {
            return false;
        };
        if self.lost == Some(process) {
            return false;
        }
        if let State::Following {
            process: followed,
            threads,
            since,
        } = &mut self.state
        {
            let same = *followed == process;
            if same && since.elapsed() < FRESH {
                self.others = 0;
                return is_among(caller.thread, threads);
            }
            self.others += u32::from(!same);
            if !same && self.others < PATIENCE {
                return false;
            }
        }
        self.go(caller, process)
    }

    fn go(&mut self, caller: &Caller, process: i32) -> bool {
        if matches!(self.state, State::Shared) {
            // SAFETY: it concerns our thread's own directory and mask, and no memory.
            if unsafe { libc::unshare(libc::CLONE_FS) } != 0 {
                self.state = State::Off;
                return false;
            }
            self.state = State::Idle;
        }
        let directory = format!("/proc/{}/cwd", caller.thread);
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let since = Instant::now();
        let opened = rustix::fs::openat(CWD, directory, flags, Mode::empty());
        let went = opened.is_ok_and(|directory| rustix::process::fchdir(directory).is_ok());
        if went {
            self.others = 0;
            self.state = State::Following {
                process,
                threads: vec![caller.thread],
                since,
            };
        } else {
            self.lose(caller);
        }
        went
    }

    /// Gives a process up until somebody moves.
    fn lose(&mut self, caller: &Caller) {
        self.lost = caller.process().ok();
        self.leave();
    }

    /// Follows nobody, and keeps no directory busy.
    fn leave(&mut self) {
        if matches!(self.state, State::Following { .. }) {
            let left = rustix::process::chdir("/").is_ok();
            self.state = if left { State::Idle } else { State::Off };
        }
    }

    /// Takes note of a call that came.
    pub(super) fn hear(&mut self, thread: i32) {
        self.moving.hear(thread);
    }

    /// Takes note of a call that is about to go on.
    pub(super) fn heed(&mut self, call: Call, thread: i32) {
        if matches!(call, Call::Chdir | Call::Fchdir) {
            self.leave();
            self.lost = None;
            self.moving.begin(thread);
        }
        if scatters(call) {
            self.leave();
            self.state = State::Off;
        }
    }
}

/// Whether a thread shares its directory with threads that share one, of which it then is.
fn is_among(thread: i32, threads: &mut Vec<i32>) -> bool {
    if threads.contains(&thread) {
        return true;
    }
    // SAFETY: it takes plain numbers, and says whether two tasks have one and the same.
    let compared = unsafe { libc::syscall(libc::SYS_kcmp, threads[0], thread, KCMP_FS, 0, 0) };
    let shares = compared == 0 && threads.len() < SHARING;
    threads.extend(shares.then_some(thread));
    shares
}

/// Puts the path of our current directory into `path`, if it has one. Not by the C library, which
/// would look for one by itself.
fn own_directory(path: &mut Vec<u8>) -> bool {
    let mut buffer = [MaybeUninit::<u8>::uninit(); libc::PATH_MAX as usize];
    // SAFETY: the kernel writes at most as much as there is room, and says how much it was.
    let read = unsafe {
        let length = libc::syscall(libc::SYS_getcwd, buffer.as_mut_ptr(), buffer.len());
        let length = usize::try_from(length).unwrap_or(0);
        std::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), length)
    };
    match read {
        [b'/', .., 0] => {
            path.clear();
            path.extend_from_slice(&read[..read.len() - 1]);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::caller::Callers;

    /// Looks `times` times for where a caller is, and hands on what came of the last.
    fn asked(shadow: &mut Shadow, caller: &Caller, times: u32) -> Option<Vec<u8>> {
        let mut path = Vec::new();
        let mut told = false;
        for _ in 0..times {
            told = shadow.tell(caller, &mut path);
        }
        told.then_some(path)
    }

    struct Sleeper(std::process::Child);

    impl Sleeper {
        fn new(directory: &std::path::Path) -> Self {
            let mut command = std::process::Command::new("sleep");
            Self(command.arg("600").current_dir(directory).spawn().unwrap())
        }

        fn thread(&self) -> i32 {
            self.0.id() as i32
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn follows_who_asks_often_until_somebody_moves() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let (one, other) = (base.join("one"), base.join("other"));
        std::fs::create_dir(&one).unwrap();
        let told = |path: &std::path::Path| Some(path.as_os_str().as_encoded_bytes().to_vec());
        let (first, second) = (Sleeper::new(&one), Sleeper::new(&base));
        let caller = Callers::new().get(first.thread());
        let mut shadow = Shadow::default();
        assert_eq!(asked(&mut shadow, &caller, WORTH), None);
        assert_eq!(asked(&mut shadow, &caller, 1), told(&one));
        // The other threads of our process stay where they are.
        let ours = std::fs::read_link(format!("/proc/{}/cwd", std::process::id())).unwrap();
        assert_ne!(ours, one);
        std::fs::rename(&one, &other).unwrap();
        assert_eq!(asked(&mut shadow, &caller, 1), told(&other));
        let another = Callers::new().get(second.thread());
        assert_eq!(asked(&mut shadow, &another, WORTH + PATIENCE - 1), None);
        assert_eq!(asked(&mut shadow, &another, 1), told(&base));

        shadow.heed(Call::Openat, second.thread());
        assert_eq!(asked(&mut shadow, &another, 1), told(&base));
        shadow.heed(Call::Chdir, first.thread());
        assert_eq!(asked(&mut shadow, &another, 9), None);
        shadow.hear(second.thread());
        assert_eq!(asked(&mut shadow, &another, 9), None);
        shadow.hear(first.thread());
        assert_eq!(asked(&mut shadow, &another, 1), told(&base));
        // Who is gone does not move any more, nor is anywhere.
        shadow.heed(Call::Fchdir, first.thread());
        assert_eq!(asked(&mut shadow, &another, 1), None);
        drop(first);
        assert_eq!(asked(&mut shadow, &another, 1), told(&base));
        assert_eq!(asked(&mut shadow, &caller, PATIENCE), None);
        assert_eq!(asked(&mut shadow, &another, 1), told(&base));

        shadow.heed(Call::Unshare, second.thread());
        assert_eq!(asked(&mut shadow, &another, 9), None);
    }

    #[test]
    fn a_directory_that_was_removed_has_no_path() {
        let base = tempfile::tempdir().unwrap();
        let sleeper = Sleeper::new(base.path());
        let caller = Callers::new().get(sleeper.thread());
        let mut shadow = Shadow::default();
        assert!(asked(&mut shadow, &caller, WORTH + 1).is_some());
        base.close().unwrap();
        assert_eq!(asked(&mut shadow, &caller, WORTH), None);
    }
}
