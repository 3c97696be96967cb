//! What the confined program itself created, so that a fresh run can start as the first one did.
//!
//! Only paths that a run of ours was seen to create, where nothing was before, are ever removed;
//! and only if the file there was born after the first run began, so that a file which was merely
//! moved to such a path is safe, or if it has another name. Of what was made while nobody watched,
//! that is what the program writes to later. The list is on disk before the next run begins: what a
//! killed run left behind is removed by the one after.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{OperationId, World};
use serde::{Deserialize, Serialize};

use crate::generalise::tells_time;
use crate::made::Made;
use crate::run_dir::{self, DirError};
use crate::violation::Stored;

/// Longest time between two ticks of the clock that files get their times from.
const TICK: Duration = Duration::from_millis(20);

/// A line of the list on disk.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    /// When the first run began, in nanoseconds since 1970.
    Since(u64),
    /// Created by the program.
    Created(Stored),
    /// There before the first run.
    Earlier(Stored),
}

/// What the values of an operation name.
#[derive(Clone, Copy, Debug)]
enum Names {
    Paths,
    /// POSIX shared memory, which Linux keeps as files (shm_overview(7)).
    Memory,
    /// POSIX semaphores, which glibc keeps there too (sem_overview(7)).
    Semaphores,
}

impl Names {
    /// The file that a value of an event is the name of.
    fn path(self, value: &OwnedValue) -> Option<PathBuf> {
        let OwnedValue::Text(text) = value else {
            return None;
        };
        let name = text.strip_prefix(b"/");
        let text = match self {
            Self::Paths => name.and(Some(text.clone()))?,
            Self::Memory => [b"/dev/shm/", name.unwrap_or(text)].concat(),
            Self::Semaphores => [b"/dev/shm/sem.", name.unwrap_or(text)].concat(),
        };
        Some(PathBuf::from(OsStr::from_bytes(&text)))
    }
}

/// What an event asks to give another name, if the next one is to make that name: renaming asks to
/// take the old name away first, linking to link to it.
#[derive(Debug)]
struct Naming {
    pid: u32,
    old: PathBuf,
    /// The name that it had before the first run, if it was there.
    first: Option<PathBuf>,
    is_move: bool,
}

/// Paths created by the program since the first run.
#[derive(Debug)]
pub(crate) struct Created {
    list: PathBuf,
    paths: BTreeSet<PathBuf>,
    /// Paths that were there before the first run and that the program deleted or moved away.
    earlier: BTreeSet<PathBuf>,
    /// Paths of files that were there before and that the program was let write to.
    written: BTreeSet<PathBuf>,
    /// Paths that the program was let set the times of, and whether it was since the run began of
    /// which it is to be told.
    timed: BTreeMap<PathBuf, bool>,
    since: SystemTime,
    /// When the run began of which it is to be told what it wrote to.
    begun: SystemTime,
    creating: Vec<(OperationId, Names)>,
    unlinking: Vec<(OperationId, Names)>,
    writing: Vec<(OperationId, Names)>,
    timing: Vec<(OperationId, Names)>,
    linking: Vec<(OperationId, Names)>,
    /// What the event before asked.
    naming: Option<Naming>,
    /// The first names of what was there before and was moved or linked to, by its new ones.
    moved: BTreeMap<PathBuf, PathBuf>,
    /// Paths that were there before the first run, and that the program linked to again.
    remade: BTreeSet<PathBuf>,
    /// From when to when runs went on that nobody watched.
    unwatched: Vec<(SystemTime, SystemTime)>,
    /// Whether a path that was created holds a digest or a time.
    digests: bool,
    failed: Option<DirError>,
}

impl Created {
    /// Starts with what an interrupted run left in the list, or with nothing.
    pub(crate) fn open(list: PathBuf, world: &World) -> Result<Self, DirError> {
        let known = |(name, names): (&str, Names)| {
            let operation = world.operation_named(name)?;
            Some((operation.id, names))
        };
        let creating = [
            ("file-write-create", Names::Paths),
            ("file-mknod", Names::Paths),
            ("network-bind", Names::Paths),
            ("ipc-posix-shm-write-create", Names::Memory),
            ("ipc-posix-sem-create", Names::Semaphores),
        ];
        let unlinking = [
            ("file-write-unlink", Names::Paths),
            ("ipc-posix-shm-write-unlink", Names::Memory),
            ("ipc-posix-sem-unlink", Names::Semaphores),
        ];
        let writing = [
            ("file-write-data", Names::Paths),
            ("file-write-mode", Names::Paths),
            ("file-write-create", Names::Paths),
        ];
        let timing = [("file-write-times", Names::Paths)];
        let linking = [("file-link", Names::Paths)];
        let mut created = Self {
            list,
            paths: BTreeSet::new(),
            earlier: BTreeSet::new(),
            written: BTreeSet::new(),
            timed: BTreeMap::new(),
            since: SystemTime::UNIX_EPOCH,
            begun: SystemTime::UNIX_EPOCH,
            creating: creating.into_iter().filter_map(known).collect(),
            unlinking: unlinking.into_iter().filter_map(known).collect(),
            writing: writing.into_iter().filter_map(known).collect(),
            timing: timing.into_iter().filter_map(known).collect(),
            linking: linking.into_iter().filter_map(known).collect(),
            naming: None,
            moved: BTreeMap::new(),
            remade: BTreeSet::new(),
            unwatched: Vec::new(),
            digests: false,
            failed: None,
        };
        let mut is_resumed = false;
        if created.list.exists() {
            for line in run_dir::read(&created.list)?.lines() {
                // A line cut short by a crash names nothing that was created yet.
                match serde_json::from_str(line) {
                    Ok(Line::Since(nanos)) => {
                        created.since = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
                        is_resumed = true;
                    }
                    Ok(Line::Created(path)) => drop(created.paths.insert(path_of(path))),
                    Ok(Line::Earlier(path)) => drop(created.earlier.insert(path_of(path))),
                    Err(_) => {}
                }
            }
        }
        created.digests = created.paths.iter().any(|path| holds_digest(path));
        if !is_resumed {
            created.since = now_of_files(&created.list)?;
            created.rewrite()?;
        }
        Ok(created)
    }

    /// Notes what an event says was created, or taken away.
    pub(crate) fn note(&mut self, event: &Event) {
        let naming = self.naming.take().filter(|naming| naming.pid == event.pid);
        let went_on = event.decision == Action::Allow || event.granted;
        let named = |list: &[(OperationId, Names)]| {
            let (_, names) = list.iter().find(|(id, _)| *id == event.operation)?;
            event.values.iter().find_map(|(_, value)| names.path(value))
        };
        if !went_on {
            return;
        }
        let unlinked = named(&self.unlinking);
        let is_move = unlinked.is_some();
        if let Some(old) = unlinked.or_else(|| named(&self.linking)) {
            let is_ours = self.paths.contains(&old) || is_move && self.is_ours(&old);
            let was_there = event.exists && !is_ours;
            if is_move && was_there && self.earlier.insert(old.clone()) {
                self.write(&Line::Earlier(stored(&old)));
            }
            let first = self.moved.get(&old).cloned();
            self.naming = Some(Naming {
                pid: event.pid,
                first: first.or_else(|| was_there.then(|| old.clone())),
                old,
                is_move,
            });
            return;
        }
        if let (Some(path), Some(naming)) = (named(&self.creating), &naming) {
            self.follow(&naming.old, &path);
        }
        let is_move = naming.as_ref().is_some_and(|naming| naming.is_move);
        // What our runs made may be replaced by what was there before.
        let is_new = |path: &PathBuf| !event.exists || is_move && self.paths.contains(path);
        if let Some(path) = named(&self.creating).filter(is_new) {
            let is_link = naming.is_some() && !is_move;
            if self.earlier.contains(&path) && is_link {
                self.remade.insert(path.clone());
            }
            // What was moved there before is there no more.
            self.moved.remove(&path);
            if let Some(first) = naming.and_then(|naming| naming.first) {
                self.moved.insert(path.clone(), first);
            }
            self.add(path);
        } else if let Some(path) = named(&self.writing)
            && !self.is_ours(&path)
            && !self.written.contains(&path)
            && is_kept(&path)
        {
            self.written.insert(path);
        } else if let Some(path) = named(&self.timing) {
            self.timed.insert(path, true);
        }
    }

    /// Notes that a run begins of which it is to be told what it wrote to.
    pub(crate) fn begin(&mut self) -> Result<(), DirError> {
        self.begun = self.now()?;
        self.timed.values_mut().for_each(|is_now| *is_now = false);
        Ok(())
    }

    /// Puts what a run that was cut short moved away, and did not come to move back, in its place
    /// again.
    pub(crate) fn end_moves(&mut self) {
        for (path, first) in self.moved.clone() {
            let Ok(meta) = fs::symlink_metadata(&path) else {
                continue;
            };
            // Another name of some other file may look like that.
            let is_it = self.is_earlier(&meta) && (meta.is_dir() || meta.nlink() == 1);
            // If it fails, it is told to be taken away.
            if is_it && fs::symlink_metadata(&first).is_err() && fs::rename(&path, &first).is_ok() {
                self.follow(&path, &first);
            }
        }
    }

    /// Whether our runs made what is there. What the program writes to and was born while nobody
    /// watched it is most likely of its making.
    fn is_ours(&mut self, path: &Path) -> bool {
        let is_new = |born| {
            let mut times = self.unwatched.iter();
            times.any(|(from, to)| *from < born && born <= *to)
        };
        if !self.unwatched.is_empty()
            && !self.earlier.contains(path)
            && fs::symlink_metadata(path).is_ok_and(|meta| born(&meta).is_some_and(is_new))
        {
            self.add(path.to_owned());
        }
        self.paths.contains(path)
    }

    /// Whether what is there was there before the first run.
    fn is_earlier(&self, meta: &Metadata) -> bool {
        born(meta).is_some_and(|born| born <= self.since)
    }

    /// What there is now of it.
    pub(crate) fn made(&self) -> Made {
        let timed = self.timed.keys().filter(|path| !self.paths.contains(*path));
        let earlier = self.earlier.union(&self.written).chain(timed);
        Made::at(
            self.paths.iter().map(PathBuf::as_path),
            earlier.map(PathBuf::as_path),
            self.begun,
            |path| self.timed.get(path) == Some(&true),
        )
    }

    /// What is known to be created, for a run that is not watched.
    pub(crate) fn known(&self) -> Vec<PathBuf> {
        self.paths.iter().cloned().collect()
    }

    /// The time by the clock of files.
    pub(crate) fn now(&self) -> Result<SystemTime, DirError> {
        now_of_files(&self.list)
    }

    /// Takes for created what runs that nobody watched since then may have created again, and what
    /// they made that the program will be seen to write to.
    pub(crate) fn assume(
        &mut self,
        paths: Vec<PathBuf>,
        since: SystemTime,
    ) -> Result<(), DirError> {
        paths.into_iter().for_each(|path| self.add(path));
        self.unwatched.push((since, self.now()?));
        Ok(())
    }

    /// Whether the program was seen to create a file or folder that a digest or a time names.
    pub(crate) fn names_digests(&self) -> bool {
        self.digests
    }

    fn add(&mut self, path: PathBuf) {
        self.digests |= holds_digest(&path);
        if !self.earlier.contains(&path) && !self.paths.contains(&path) {
            self.write(&Line::Created(stored(&path)));
            self.paths.insert(path);
        }
    }

    /// What was created below a folder goes with it to its new name, and so do the times that were
    /// set, of what is moved itself too.
    fn follow(&mut self, old: &Path, new: &Path) {
        let below = |path: &PathBuf| {
            let rest = path.strip_prefix(old).ok()?;
            // Joined with nothing, a name would end in a slash and be a folder's.
            (rest != Path::new("")).then(|| new.join(rest))
        };
        let moved: Vec<PathBuf> = self.paths.iter().filter_map(below).collect();
        moved.into_iter().for_each(|path| self.add(path));
        let timed = self.timed.iter().filter(|(_, is_now)| **is_now);
        let itself = |path: &PathBuf| (path == old).then(|| new.to_owned());
        let moved = timed.filter_map(|(path, _)| below(path).or_else(|| itself(path)));
        let moved: Vec<PathBuf> = moved.collect();
        self.timed
            .extend(moved.into_iter().map(|path| (path, true)));
    }

    fn write(&mut self, line: &Line) {
        if let Err(error) = run_dir::append_json(&self.list, line) {
            self.failed.get_or_insert(error);
        }
    }

    /// Writes the list anew, with what is known now.
    fn rewrite(&self) -> Result<(), DirError> {
        let since = self
            .since
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let since = Line::Since(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
        let earlier = self.earlier.iter().map(|path| Line::Earlier(stored(path)));
        let created = self.paths.iter().map(|path| Line::Created(stored(path)));
        let mut text = String::new();
        for line in std::iter::once(since).chain(earlier).chain(created) {
            text.push_str(&serde_json::to_string(&line).unwrap_or_default());
            text.push('\n');
        }
        run_dir::write(&self.list, text.as_bytes())
    }

    /// Forgets everything, on disk too.
    pub(crate) fn close(&mut self) {
        self.paths.clear();
        // Kept in the way of nothing if it stays.
        let _ = fs::remove_file(&self.list);
    }

    /// Why the list could not be kept, once.
    pub(crate) fn failure(&mut self) -> Option<DirError> {
        self.failed.take()
    }

    /// Paths that were there before the first run and that the program deleted or moved away, and
    /// did not move back. What it deletes and links to again, it may only delete the next time.
    pub(crate) fn taken_away(&self) -> impl Iterator<Item = &Path> {
        let is_back =
            |path: &Path| fs::symlink_metadata(path).is_ok_and(|meta| self.is_earlier(&meta));
        let paths = self.earlier.iter().map(PathBuf::as_path);
        paths.filter(move |path| self.remade.contains(*path) || !is_back(path))
    }

    /// Removes what was created, deepest first. Folders that hold something else stay. Answers
    /// with the paths that are still there.
    pub(crate) fn remove(&mut self) -> Vec<PathBuf> {
        let mut left = Vec::new();
        for path in std::mem::take(&mut self.paths).into_iter().rev() {
            let Ok(meta) = fs::symlink_metadata(&path) else {
                continue;
            };
            // Another name of an older file can go: the file is still there under its own.
            let is_name = !meta.is_dir() && meta.nlink() > 1;
            if !is_name && born(&meta).is_none_or(|born| born <= self.since) {
                continue;
            }
            // What was moved from where something was before may be all that is left of it.
            let first = self.moved.get(&path);
            let first = first.filter(|first| fs::symlink_metadata(first).is_err());
            let removed = if let Some(first) = first {
                fs::rename(&path, first)
            } else if meta.is_dir() {
                fs::remove_dir(&path)
            } else {
                fs::remove_file(&path)
            };
            if removed.is_err() {
                left.push(path.clone());
                self.paths.insert(path);
            }
        }
        if let Err(error) = self.rewrite() {
            self.failed.get_or_insert(error);
        }
        left
    }
}

/// Whether it is a file that keeps what is written to it, or a link that was put in place of one.
fn is_kept(path: &Path) -> bool {
    let is_of_kernel = ["/proc", "/sys"]
        .iter()
        .any(|folder| path.starts_with(folder));
    let is_kept = |meta: Metadata| meta.is_file() || meta.is_symlink();
    !is_of_kernel && fs::symlink_metadata(path).is_ok_and(is_kept)
}

fn holds_digest(path: &Path) -> bool {
    path.iter().any(|name| tells_time(name.as_bytes()))
}

fn stored(path: &Path) -> Stored {
    Stored::of(&OwnedValue::Text(path.as_os_str().as_bytes().to_vec()))
}

fn path_of(stored: Stored) -> PathBuf {
    match stored.value() {
        OwnedValue::Text(text) => PathBuf::from(OsStr::from_bytes(&text)),
        _ => PathBuf::new(),
    }
}

/// Where the file system keeps no birth time, the last change of the contents has to do.
fn born(meta: &Metadata) -> Option<SystemTime> {
    meta.created().or_else(|_| meta.modified()).ok()
}

/// A moment after all files that are there, and before all that come, by the clock of files: it
/// ticks slowly, so one tick is waited for.
fn now_of_files(beside: &Path) -> Result<SystemTime, DirError> {
    let marker = beside.with_extension("clock");
    let mut first = None;
    let waited = SystemTime::now();
    loop {
        run_dir::create(&marker)?;
        let born = fs::symlink_metadata(&marker).ok().as_ref().and_then(born);
        // Without the file it would keep its time of birth.
        let _ = fs::remove_file(&marker);
        let is_late = waited.elapsed().unwrap_or(TICK) >= TICK;
        match (born, first) {
            (Some(born), Some(first)) if born > first => return Ok(first),
            (Some(born), None) => first = Some(born),
            (None, _) => return Ok(waited),
            _ if is_late => return Ok(first.unwrap_or(waited)),
            _ => {}
        }
        thread::sleep(Duration::from_millis(1));
    }
}
