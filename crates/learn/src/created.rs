//! What the confined program itself created, so that a fresh run can start as the first one did.
//!
//! Only paths that a run of ours was seen to create are ever removed, and only while the file
//! system says that they are no older than our first run.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{OperationId, World};

/// Times of files are those of the last tick of the clock, which may be before the first run began.
const CLOCK_LAG: Duration = Duration::from_millis(100);

/// Paths created by the program since the first run.
#[derive(Clone, Debug)]
pub(crate) struct Created {
    paths: BTreeSet<PathBuf>,
    since: SystemTime,
    operations: Vec<OperationId>,
    unlinking: Option<OperationId>,
    /// What the event before took away, and who did: the old name, if the next one is a renaming.
    moving: Option<(u32, PathBuf)>,
}

impl Created {
    /// Nothing yet; files older than now are never touched.
    pub(crate) fn new(world: &World) -> Self {
        let creating = ["file-write-create", "file-mknod", "network-bind"];
        let operations = creating
            .iter()
            .filter_map(|name| world.operation_named(name));
        Self {
            paths: BTreeSet::new(),
            since: SystemTime::now() - CLOCK_LAG,
            operations: operations.map(|operation| operation.id).collect(),
            unlinking: world
                .operation_named("file-write-unlink")
                .map(|operation| operation.id),
            moving: None,
        }
    }

    /// Notes what an event says was created.
    pub(crate) fn note(&mut self, event: &Event) {
        let moving = self.moving.take();
        let went_on = event.decision == Action::Allow || event.granted;
        let Some((_, OwnedValue::Text(path))) = event.values.first() else {
            return;
        };
        if !went_on || !path.starts_with(b"/") {
            return;
        }
        let path = PathBuf::from(OsStr::from_bytes(path));
        if Some(event.operation) == self.unlinking {
            self.moving = Some((event.pid, path));
        } else if !event.exists && self.operations.contains(&event.operation) {
            // Renaming asks to take the old name away, then to make the new one.
            if let Some((pid, old)) = moving
                && pid == event.pid
            {
                self.follow(&old, &path);
            }
            self.paths.insert(path);
        }
    }

    /// What was created below a folder goes with it to its new name.
    fn follow(&mut self, old: &Path, new: &Path) {
        let below = |path: &PathBuf| {
            let rest = path.strip_prefix(old).ok()?;
            // Joined with nothing, a name would end in a slash and be a folder's.
            (rest != Path::new("")).then(|| new.join(rest))
        };
        let moved: Vec<PathBuf> = self.paths.iter().filter_map(below).collect();
        self.paths.extend(moved);
    }

    /// Removes what was created, deepest first. Folders that hold something else stay. Answers
    /// with the paths that are still there.
    pub(crate) fn remove(&mut self) -> Vec<PathBuf> {
        let mut left = Vec::new();
        for path in std::mem::take(&mut self.paths).into_iter().rev() {
            if !self.is_ours(&path) {
                continue;
            }
            let removed = match fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_dir() => fs::remove_dir(&path),
                Ok(_) => fs::remove_file(&path),
                Err(_) => continue,
            };
            if removed.is_err() {
                left.push(path.clone());
                self.paths.insert(path);
            }
        }
        left
    }

    fn is_ours(&self, path: &Path) -> bool {
        let Ok(meta) = fs::symlink_metadata(path) else {
            return false;
        };
        // Where the file system keeps no birth time, the last change of the inode has to do.
        meta.created()
            .or_else(|_| meta.modified())
            .is_ok_and(|born| born >= self.since)
    }
}
