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
        }
    }

    /// Notes what an event says was created.
    pub(crate) fn note(&mut self, event: &Event) {
        let went_on = event.decision == Action::Allow || event.granted;
        if went_on
            && !event.exists
            && self.operations.contains(&event.operation)
            && let Some((_, OwnedValue::Text(path))) = event.values.first()
            && path.starts_with(b"/")
        {
            self.paths.insert(PathBuf::from(OsStr::from_bytes(path)));
        }
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
