//! What is known of the threads that call.
//!
//! Looking into `/proc` costs more than all the rest of a call of a new process, so everything is
//! looked up when it is first asked for, and most calls ask for nothing.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, OFlags, PROC_SUPER_MAGIC};
use rustix::io::Errno;

use super::arch::Call;
use super::blank::Blank;

/// A thread that waits.
#[derive(Debug)]
pub(crate) struct Caller {
    /// Thread id; 0 if we are not shown it, as it lives in another pid namespace.
    pub(crate) thread: i32,
    /// Whether its root directory or its mounts are other than ours.
    pub(crate) foreign_root: bool,
    /// Whether what it finds at `/proc` is not what we find there.
    pub(crate) foreign_proc: bool,
    family: OnceLock<Option<Family>>,
    /// How often its current directory was asked for.
    looks: AtomicU32,
    met: Instant,
}

/// A thread's process, and the process which that came from.
#[derive(Clone, Copy, Debug)]
struct Family {
    process: i32,
    parent: i32,
}

impl Caller {
    fn new(thread: i32, foreign_root: bool) -> Self {
        let proc = || device_of(&format!("/proc/{thread}/root/proc"));
        Self {
            thread,
            foreign_root,
            foreign_proc: foreign_root && proc() != our_proc(),
            family: OnceLock::new(),
            looks: AtomicU32::new(0),
            met: Instant::now(),
        }
    }

    fn family(&self) -> Result<Family, Blank> {
        let known = self.family.get_or_init(|| family_of(self.thread));
        // A caller that still waits is there, even if we are not shown it.
        known.ok_or(Blank::Unseen(Errno::SRCH))
    }

    /// Its process id.
    pub(crate) fn process(&self) -> Result<i32, Blank> {
        self.family().map(|family| family.process)
    }

    /// Its parent's process id.
    pub(crate) fn parent(&self) -> Result<i32, Blank> {
        self.family().map(|family| family.parent)
    }

    /// Takes note that its current directory is asked for, and says how often it was.
    pub(crate) fn count_look(&self) -> u32 {
        self.looks.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// What an event says of it: its process and its name.
    pub(crate) fn identity(&self) -> (i32, String) {
        (self.process().unwrap_or(self.thread), self.name())
    }

    /// Its name, as the system shortens it, at this moment; empty if it cannot be read.
    pub(crate) fn name(&self) -> String {
        let name = std::fs::read(format!("/proc/{}/comm", self.thread)).unwrap_or_default();
        String::from_utf8_lossy(name.strip_suffix(b"\n").unwrap_or(&name)).into_owned()
    }
}

/// For how long a thread is known before it is looked at again: much shorter than process ids take
/// to come round.
pub(crate) const FRESH: Duration = Duration::from_millis(100);

/// The threads seen lately.
#[derive(Debug)]
pub(crate) struct Callers {
    threads: HashMap<i32, Arc<Caller>>,
    own_place: Option<Place>,
    /// A call was made after which processes may have other roots or mounts than ours.
    scattered: bool,
    /// Threads that were let make such a call and have not been heard of since: what others have
    /// (who may share it) changes at any moment.
    scattering: HashSet<i32>,
}

/// Identity of a root directory and of the mounts it is seen through.
type Place = (u64, u64, u64);

impl Callers {
    /// None known yet.
    pub(crate) fn new() -> Self {
        Self {
            threads: HashMap::new(),
            own_place: place("self"),
            scattered: false,
            scattering: HashSet::new(),
        }
    }

    /// What is known of a thread that waits; what was known [`FRESH`] ago is forgotten.
    pub(crate) fn get(&mut self, thread: i32) -> Arc<Caller> {
        if !self.scattering.is_empty() && self.scattering.remove(&thread) {
            self.threads.clear();
        }
        let is_still = self.scattering.is_empty();
        let fresh = |known: &&Arc<Caller>| is_still && known.met.elapsed() < FRESH;
        if let Some(known) = self.threads.get(&thread).filter(fresh) {
            return Arc::clone(known);
        }
        let there = self.scattered.then(|| place(&thread.to_string())).flatten();
        let foreign = there.is_some() && there != self.own_place;
        let caller = Arc::new(Caller::new(thread, foreign));
        self.threads.insert(thread, Arc::clone(&caller));
        self.tidy();
        caller
    }

    /// Takes note of a call that is about to go on. All processes under the filter come from one
    /// of ours, so that they have our root and our mounts until one asks for others. (A clone
    /// with mounts of its own has the same as before, until it changes them.)
    pub(crate) fn heed(&mut self, call: Call, thread: i32) {
        if scatters(call) {
            self.scattered = true;
            self.scattering.insert(thread);
        }
    }

    /// Keeps memory bounded where many short-lived processes come by.
    fn tidy(&mut self) {
        if self.threads.len() > 4096 {
            self.threads
                .retain(|_, caller| caller.met.elapsed() < FRESH);
        }
    }
}

/// Whether processes may have other roots or mounts after a call.
pub(crate) fn scatters(call: Call) -> bool {
    matches!(
        call,
        Call::Chroot
            | Call::PivotRoot
            | Call::Unshare
            | Call::Setns
            | Call::Mount
            | Call::MoveMount
            | Call::Umount2
    ) || detaches(call)
}

/// Whether there may be mounts without a place after a call.
pub(crate) fn detaches(call: Call) -> bool {
    matches!(call, Call::OpenTree | Call::OpenTreeAttr | Call::Fsmount)
}

/// The device that our `/proc` is.
pub(crate) fn our_proc() -> Option<u64> {
    static OURS: LazyLock<Option<u64>> = LazyLock::new(|| device_of("/proc"));
    *OURS
}

fn device_of(path: &str) -> Option<u64> {
    rustix::fs::stat(path).ok().map(|stat| stat.st_dev)
}

fn place(process: &str) -> Option<Place> {
    let root = rustix::fs::stat(format!("/proc/{process}/root")).ok()?;
    let mounts = rustix::fs::stat(format!("/proc/{process}/ns/mnt")).ok()?;
    Some((root.st_dev, root.st_ino, mounts.st_ino))
}

/// Process of a thread and its parent, from /proc/ID/status; `None` if it is gone or hidden.
fn family_of(thread: i32) -> Option<Family> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, format!("/proc/{thread}/status"), flags, Mode::empty());
    let mut bytes = [0; 512];
    let length = std::fs::File::from(file.ok()?).read(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes[..length]);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let number = |name: &str| field(name)?.trim().parse().ok();
    let (process, parent) = (number("Tgid:")?, number("PPid:")?);
    Some(Family { process, parent })
}

/// Parent of a process; `None` if it is gone.
pub(crate) fn parent_of(process: i32) -> Option<i32> {
    family_of(process).map(|family| family.parent)
}

/// The process of a thread; `None` if it is gone.
pub(crate) fn process_of(thread: i32) -> Option<i32> {
    family_of(thread).map(|family| family.process)
}

/// The thread or process that a descriptor of another thread stands for: a pidfd, from its fdinfo,
/// or the directory in /proc of a process.
pub(crate) fn process_behind(holder: i32, descriptor: i32) -> Result<i32, Blank> {
    let text = std::fs::read_to_string(format!("/proc/{holder}/fdinfo/{descriptor}"))?;
    let told = text
        .lines()
        .find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok());
    match told {
        Some(id @ 1..) => return Ok(id),
        // One of a pid namespace that we are not shown.
        Some(0) => return Err(Blank::Unseen(Errno::SRCH)),
        Some(_) => return Err(Blank::Nothing),
        None => {}
    }
    let folder = format!("/proc/{holder}/fd/{descriptor}");
    let stat = rustix::fs::stat(&folder)?;
    let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    let system = rustix::fs::statfs(&folder)?;
    if !is_folder || system.f_type != PROC_SUPER_MAGIC {
        return Err(Blank::Nothing);
    }
    if Some(stat.st_dev) != our_proc() {
        return Err(Blank::Unseen(Errno::XDEV));
    }
    let status = std::fs::read_to_string(format!("{folder}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("Tgid:")?.trim().parse().ok())
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
        let caller = callers.get(own);
        assert_eq!(caller.process(), Ok(own));
        assert!(!caller.foreign_root);
        let parent = caller.parent().unwrap();
        assert!(descends(own, parent) && !descends(parent, own));
        let unseen = callers.get(i32::MAX);
        assert_eq!(unseen.process(), Err(Blank::Unseen(Errno::SRCH)));
        assert_eq!(unseen.name(), "");
    }

    #[test]
    fn nobody_is_known_while_somebody_changes_roots() {
        let own = std::process::id() as i32;
        let parent = parent_of(own).unwrap();
        let mut callers = Callers::new();
        let is_known = |callers: &mut Callers| {
            let known = callers.get(own);
            Arc::ptr_eq(&known, &callers.get(own))
        };
        assert!(is_known(&mut callers));
        callers.heed(Call::Chroot, parent);
        assert!(!is_known(&mut callers));
        callers.get(parent);
        assert!(is_known(&mut callers));
    }

    #[test]
    fn roots_are_looked_at_once_somebody_changed_one() {
        let own = std::process::id() as i32;
        let mut callers = Callers::new();
        callers.own_place = None;
        assert!(!callers.get(own).foreign_root);
        callers.heed(Call::Openat, own);
        assert!(!callers.get(own).foreign_root);
        callers.heed(Call::Chroot, own);
        assert!(callers.get(own).foreign_root);
    }
}
