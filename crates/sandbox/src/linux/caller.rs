//! What is known of the threads that call.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, OFlags};

use super::blank::Blank;

/// A thread with its process.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Thread id.
    pub(crate) thread: i32,
    /// Process id.
    pub(crate) process: i32,
    /// Name, as the system shortens it.
    pub(crate) name: String,
    /// Its parent's process id.
    pub(crate) parent: i32,
    /// Whether its root directory or its mounts are other than ours.
    pub(crate) foreign_root: bool,
    looked_at: Instant,
}

impl Caller {
    /// A thread that cannot be looked at.
    pub(crate) fn unknown(thread: i32) -> Self {
        Self {
            thread,
            process: thread,
            name: String::new(),
            parent: 0,
            foreign_root: false,
            looked_at: Instant::now(),
        }
    }
}

/// For how long a thread is known before it is looked at again: much shorter than process ids take
/// to come round.
const FRESH: Duration = Duration::from_millis(100);

/// The threads seen lately.
#[derive(Debug)]
pub(crate) struct Callers {
    threads: HashMap<i32, Arc<Caller>>,
    own_place: Option<Place>,
}

/// Identity of a root directory and of the mounts it is seen through.
type Place = (u64, u64, u64);

impl Callers {
    /// None known yet.
    pub(crate) fn new() -> Self {
        Self {
            threads: HashMap::new(),
            own_place: place("self"),
        }
    }

    /// What is known of a thread that waits, looked up at most every [`FRESH`]. `None` if it is
    /// gone.
    pub(crate) fn get(&mut self, thread: i32) -> Option<Arc<Caller>> {
        let fresh = |known: &Arc<Caller>| known.looked_at.elapsed() < FRESH;
        if !self.threads.get(&thread).is_some_and(fresh) {
            let mut caller = look_at(thread)?;
            let there = place(&thread.to_string());
            caller.foreign_root = there.is_some() && there != self.own_place;
            self.threads.insert(thread, Arc::new(caller));
            self.tidy();
        }
        self.threads.get(&thread).cloned()
    }

    /// Forgets a thread that is about to change its name or its root.
    pub(crate) fn forget(&mut self, thread: i32) {
        self.threads.remove(&thread);
    }

    /// Keeps memory bounded where many short-lived processes come by.
    fn tidy(&mut self) {
        if self.threads.len() > 4096 {
            self.threads
                .retain(|_, caller| caller.looked_at.elapsed() < FRESH);
        }
    }
}

fn place(process: &str) -> Option<Place> {
    let root = rustix::fs::stat(format!("/proc/{process}/root")).ok()?;
    let mounts = rustix::fs::stat(format!("/proc/{process}/ns/mnt")).ok()?;
    Some((root.st_dev, root.st_ino, mounts.st_ino))
}

fn look_at(thread: i32) -> Option<Caller> {
    let (name, process, parent) = status(thread)?;
    let looked_at = Instant::now();
    Some(Caller {
        thread,
        process,
        name,
        parent,
        foreign_root: false,
        looked_at,
    })
}

/// Name, process id and parent of a thread, from /proc/ID/status.
fn status(thread: i32) -> Option<(String, i32, i32)> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, format!("/proc/{thread}/status"), flags, Mode::empty());
    let mut bytes = [0; 512];
    let length = std::fs::File::from(file.ok()?).read(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes[..length]);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let number = |name: &str| field(name)?.trim().parse().ok();
    Some((
        field("Name:\t")?.to_owned(),
        number("Tgid:")?,
        number("PPid:")?,
    ))
}

/// Parent of a process; `None` if it is gone.
pub(crate) fn parent_of(process: i32) -> Option<i32> {
    status(process).map(|(_, _, parent)| parent)
}

/// The process of a thread; `None` if it is gone.
pub(crate) fn process_of(thread: i32) -> Option<i32> {
    status(thread).map(|(_, process, _)| process)
}

/// The process that a pidfd of another process stands for, from its fdinfo.
pub(crate) fn process_behind(holder: i32, descriptor: i32) -> Result<i32, Blank> {
    let text = std::fs::read_to_string(format!("/proc/{holder}/fdinfo/{descriptor}"))?;
    text.lines()
        .find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok())
        .ok_or(Blank::Nothing)
}

/// Whether a thread may look at no more files than we: it has our user and group ids and our user
/// namespace, which it can leave only for other ids (it has given up gaining privileges).
pub(crate) fn has_our_rights(caller: &Caller) -> bool {
    let rights = |process: &str| {
        let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let ids = text.lines().filter(|line| {
            ["Uid:", "Gid:", "Groups:", "CapEff:"]
                .iter()
                .any(|id| line.starts_with(id))
        });
        let namespace = rustix::fs::stat(format!("/proc/{process}/ns/user")).ok()?;
        Some((ids.map(str::to_owned).collect::<Vec<_>>(), namespace.st_ino))
    };
    let there = rights(&caller.thread.to_string());
    there.is_some() && there == rights("self")
}

/// Whether `process` is `ancestor` or descends from it.
pub(crate) fn descends(process: i32, ancestor: i32) -> bool {
    let mut at = process;
    while at > 1 {
        if at == ancestor {
            return true;
        }
        match parent_of(at) {
            Some(parent) => at = parent,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_know_ourselves() {
        let own = std::process::id() as i32;
        let mut callers = Callers::new();
        let caller = callers.get(own).unwrap();
        assert_eq!(caller.process, own);
        assert!(!caller.foreign_root);
        assert!(descends(own, caller.parent));
        assert!(!descends(caller.parent, own));
        assert!(callers.get(i32::MAX).is_none());
    }
}
