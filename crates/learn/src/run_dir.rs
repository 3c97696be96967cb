//! The folder of one run: where each file is, and how it is written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::manifest::Phases;
use crate::next_step::next_step;
use crate::record::{Manifest, ShrinkStatus, TraceStatus};

/// An error of the run directory: which path, and what the system said.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}{}", path.display(), next_step(path, source))]
pub struct DirError {
    /// What was tried.
    pub action: &'static str,
    /// On which path.
    pub path: PathBuf,
    /// The system's answer.
    pub source: io::Error,
}

fn at<'p>(action: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> DirError + 'p {
    move |source| DirError {
        action,
        path: path.to_path_buf(),
        source,
    }
}

/// What a run consists of, in its folder.
const PARTS: [&str; 4] = ["profiles", "phases", "artifacts", MANIFEST];

/// The manifest of a run.
const MANIFEST: &str = "run.json";

/// A run directory.
#[derive(Clone, Debug)]
pub struct RunDir {
    root: PathBuf,
}

/// The two phases of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Learning.
    Trace,
    /// Minimising.
    Shrink,
}

impl Phase {
    /// Its name in paths and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Shrink => "shrink",
        }
    }
}

impl RunDir {
    /// Names a run directory without touching it.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Takes the folder for this process, until the answer is dropped, and makes what is in it; with
    /// `clean` an earlier run is removed first. Only a folder that is empty or a run of ours is
    /// ever cleaned.
    ///
    /// # Errors
    /// If the folder cannot be written, holds something that is not a run, or another run is at
    /// work in it.
    pub fn prepare(&self, clean: bool) -> Result<File, DirError> {
        let root = &self.root;
        if clean && root.exists() {
            let empty = fs::read_dir(root)
                .map_err(at("read", root))?
                .next()
                .is_none();
            if !empty && !self.is_ours() {
                let source = io::Error::other(
                    "it is not empty and holds no run.json of ours, so it is not a run of ours; \
                     choose another --out, or empty it yourself",
                );
                return Err(at("reuse", root)(source));
            }
        }
        fs::create_dir_all(root).map_err(at("create", root))?;
        let lock = self.lock()?;
        if clean {
            self.clear()?;
        }
        let trace = self.phase(Phase::Trace);
        for dir in [
            self.profiles(),
            trace.join("logs"),
            trace.join("validation"),
            trace.join("issues"),
            self.phase(Phase::Shrink).join("validation"),
            root.join("artifacts/bin"),
        ] {
            fs::create_dir_all(&dir).map_err(at("create", &dir))?;
        }
        Ok(lock)
    }

    /// Makes room for a new run. The one that was there is kept aside until the new one has come
    /// to something; one that came to nothing itself does not take the place of one that did.
    fn clear(&self) -> Result<(), DirError> {
        if !self.succeeded() {
            return self.remove_parts();
        }
        let earlier = self.earlier();
        self.forget_earlier()?;
        fs::create_dir_all(&earlier).map_err(at("create", &earlier))?;
        for name in PARTS {
            let part = self.root.join(name);
            if part.exists() {
                fs::rename(&part, earlier.join(name)).map_err(at("move", &part))?;
            }
        }
        Ok(())
    }

    /// Makes room for a shrink where that of another program or profile was: the run there is kept
    /// aside if it came to something, with a copy of what it learnt, which may be what is shrunk.
    ///
    /// # Errors
    /// If it cannot be moved or removed.
    pub(crate) fn set_shrink_aside(&self) -> Result<(), DirError> {
        let phase = self.phase(Phase::Shrink);
        if self.succeeded() {
            let earlier = Self::new(self.earlier());
            self.forget_earlier()?;
            for folder in [earlier.profiles(), earlier.root.join("phases")] {
                fs::create_dir_all(&folder).map_err(at("create", &folder))?;
            }
            fs::copy(self.manifest(), earlier.manifest()).map_err(at("copy", &self.manifest()))?;
            let (traced, shrunk) = (self.traced(), self.shrunk());
            if traced.exists() {
                fs::copy(&traced, earlier.traced()).map_err(at("copy", &traced))?;
            }
            copy_folder(&self.phase(Phase::Trace), &earlier.phase(Phase::Trace))?;
            if shrunk.exists() {
                fs::rename(&shrunk, earlier.shrunk()).map_err(at("move", &shrunk))?;
            }
            let kept = earlier.phase(Phase::Shrink);
            fs::rename(&phase, kept).map_err(at("move", &phase))?;
        } else {
            remove(&self.shrunk())?;
            fs::remove_dir_all(&phase).map_err(at("remove", &phase))?;
        }
        let validation = phase.join("validation");
        fs::create_dir_all(&validation).map_err(at("create", &validation))
    }

    fn remove_parts(&self) -> Result<(), DirError> {
        for part in PARTS.map(|name| self.root.join(name)) {
            let removed = if part.is_dir() {
                fs::remove_dir_all(&part)
            } else if part.exists() {
                fs::remove_file(&part)
            } else {
                Ok(())
            };
            removed.map_err(at("remove", &part))?;
        }
        Ok(())
    }

    /// Takes a run back that found nothing: the one that was kept aside is in its place again, and
    /// the folder gone if it `was_made` for this one.
    ///
    /// # Errors
    /// If it cannot be removed, or what was kept not be moved.
    pub(crate) fn take_back(&self, was_made: bool) -> Result<(), DirError> {
        self.remove_parts()?;
        let earlier = self.earlier();
        for name in PARTS {
            let kept = earlier.join(name);
            if kept.exists() {
                fs::rename(&kept, self.root.join(name)).map_err(at("move", &kept))?;
            }
        }
        self.forget_earlier()?;
        let lock = self.lock_file();
        fs::remove_file(&lock).map_err(at("remove", &lock))?;
        if was_made {
            // Whatever else somebody put there stays.
            let _ = fs::remove_dir(&self.root);
        }
        Ok(())
    }

    /// Whether the run in it has learnt or shrunk a profile.
    fn succeeded(&self) -> bool {
        self.written().is_some_and(|manifest| {
            // What a run that only shrinks shrank was learnt by one that is kept whole, if any is.
            let is_its_own = manifest.phases != Phases::Shrink || !self.earlier().exists();
            manifest.trace.status == TraceStatus::Success && is_its_own
                || manifest.shrink.status == ShrinkStatus::Success
        })
    }

    /// Where the run is kept that a new one took the place of.
    pub fn earlier(&self) -> PathBuf {
        self.root.join("earlier")
    }

    /// Removes the run that was kept aside.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn forget_earlier(&self) -> Result<(), DirError> {
        let earlier = self.earlier();
        if earlier.exists() {
            fs::remove_dir_all(&earlier).map_err(at("remove", &earlier))?;
        }
        Ok(())
    }

    /// Whether it holds a manifest that we wrote, or the lock of a run that got no further.
    fn is_ours(&self) -> bool {
        let is_lock_alone = || fs::read(self.manifest()).is_err() && self.lock_file().is_file();
        self.written().is_some() || is_lock_alone()
    }

    /// The manifest in it, if that is one that we wrote.
    fn written(&self) -> Option<Manifest> {
        let bytes = fs::read(self.manifest()).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn lock_file(&self) -> PathBuf {
        self.root.join("lapbelt.lock")
    }

    fn lock(&self) -> Result<File, DirError> {
        let path = self.lock_file();
        let file = File::create(&path).map_err(at("create", &path))?;
        file.try_lock().map_err(|error| {
            let source = match error {
                TryLockError::WouldBlock => io::Error::other(
                    "another run is at work in it; wait for it, or choose another --out",
                ),
                TryLockError::Error(source) => source,
            };
            at("use", &self.root)(source)
        })?;
        Ok(file)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `run.json`.
    pub fn manifest(&self) -> PathBuf {
        self.root.join(MANIFEST)
    }

    /// `created.jsonl`: what the program created and is to be removed again, while a run goes on.
    pub fn created(&self) -> PathBuf {
        self.root.join("created.jsonl")
    }

    /// `profiles/`.
    pub fn profiles(&self) -> PathBuf {
        self.root.join("profiles")
    }

    /// `profiles/trace.sb`.
    pub fn traced(&self) -> PathBuf {
        self.profiles().join("trace.sb")
    }

    /// `profiles/shrunk.sb`.
    pub fn shrunk(&self) -> PathBuf {
        self.profiles().join("shrunk.sb")
    }

    /// `artifacts/bin/`.
    pub fn binaries(&self) -> PathBuf {
        self.root.join("artifacts/bin")
    }

    /// `phases/trace/` or `phases/shrink/`.
    pub fn phase(&self, phase: Phase) -> PathBuf {
        self.root.join("phases").join(phase.name())
    }

    /// A file of a phase.
    pub fn file(&self, phase: Phase, name: &str) -> PathBuf {
        self.phase(phase).join(name)
    }
}

/// Copies a folder with all that is in it.
fn copy_folder(from: &Path, to: &Path) -> Result<(), DirError> {
    fs::create_dir_all(to).map_err(at("create", to))?;
    for entry in fs::read_dir(from).map_err(at("read", from))? {
        let entry = entry.map_err(at("read", from))?;
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &to)?;
        } else {
            fs::copy(&path, &to).map_err(at("copy", &path))?;
        }
    }
    Ok(())
}

/// Writes a whole file under a temporary name and renames it, so that a reader, or a run that was
/// interrupted, never meets half of it.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), DirError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let temporary = path.with_file_name(name);
    // What is told of is the file that was asked for, not the one beside it.
    File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(at("write", path))
}

/// Writes a value as indented JSON, whole or not at all.
///
/// # Errors
/// If it cannot be written.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), DirError> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| at("write", path)(io::Error::other(error)))?;
    text.push(b'\n');
    write(path, &text)
}

/// Appends a value as one line of JSON.
///
/// # Errors
/// If it cannot be written.
pub fn append_json<T: Serialize>(path: &Path, value: &T) -> Result<(), DirError> {
    let line = serde_json::to_string(value)
        .map_err(|error| at("append to", path)(io::Error::other(error)))?;
    append(path, &line)
}

/// Makes sure that a file to append to is there.
///
/// # Errors
/// If it cannot be created.
pub fn begin(path: &Path) -> Result<(), DirError> {
    let mut options = OpenOptions::new();
    let opened = options.create(true).append(true).open(path);
    opened.map(drop).map_err(at("create", path))
}

/// Appends a line of text.
///
/// # Errors
/// If it cannot be written.
pub fn append(path: &Path, line: &str) -> Result<(), DirError> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(at("open", path))?;
    // One write, so that an interruption leaves whole lines only.
    file.write_all(format!("{line}\n").as_bytes())
        .map_err(at("append to", path))
}

/// Reads a text file.
///
/// # Errors
/// If it cannot be read or is not UTF-8.
pub fn read(path: &Path) -> Result<String, DirError> {
    fs::read_to_string(path).map_err(at("read", path))
}

/// Removes a file, if it is there.
///
/// # Errors
/// If it is there and cannot be removed.
pub fn remove(path: &Path) -> Result<(), DirError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Creates a file for a program to write to.
///
/// # Errors
/// If it cannot be created.
pub fn create(path: &Path) -> Result<File, DirError> {
    File::create(path).map_err(at("create", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_is_named_as_it_was_asked_for() {
        let path = Path::new("/proc/absent/profile.sb");
        let error = write(path, b"").expect_err("no such folder").to_string();
        assert!(
            error.starts_with("cannot write /proc/absent/profile.sb: "),
            "{error}"
        );
    }
}
