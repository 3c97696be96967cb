//! The folder of a run: `triage`, `stats`, `traces`, `blobs` with one file for each input, then
//! `manifest.json` and `summary.json`. To read, a folder of witnesses will do as well: `NAME.hex`
//! with `NAME.writes.jsonl` where there is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lapbelt_analysis::writes::Write;
use lapbelt_learn::run_dir;
use serde::Deserialize;

use super::line;
use crate::corpus::from_hex;
use crate::exit::CommandError;

/// Where the files of an input are.
pub(super) struct Folder(PathBuf);

/// What is there of one input.
pub(super) struct Made {
    pub(super) id: String,
    /// The profile, unless the compiler made none.
    pub(super) bytes: Option<Vec<u8>>,
    /// The writes, unless nothing was traced.
    pub(super) writes: Option<Vec<Write>>,
}

/// What is read again of a manifest.
#[derive(Deserialize)]
struct Manifest {
    inputs: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
}

const BLOB: &str = ".sb.bin";
const TRACE: &str = ".jsonl";
const WITNESS_TRACE: &str = ".writes.jsonl";

impl Folder {
    /// A folder to read from.
    pub(super) fn open(path: PathBuf) -> Self {
        Self(path)
    }

    /// A folder to write to, with its subfolders.
    pub(super) fn create(path: PathBuf) -> Result<Self, CommandError> {
        for name in ["triage", "stats", "traces", "blobs", "texts", "stderr"] {
            let path = path.join(name);
            fs::create_dir_all(&path).map_err(|error| {
                CommandError::Other(format!("cannot create {}: {error}", path.display()))
            })?;
        }
        Ok(Self(path))
    }

    pub(super) fn triage(&self, id: &str) -> PathBuf {
        self.0.join("triage").join(format!("{id}.json"))
    }

    pub(super) fn stats(&self, id: &str) -> PathBuf {
        self.0.join("stats").join(format!("{id}.stats.json"))
    }

    pub(super) fn trace(&self, id: &str) -> PathBuf {
        self.0.join("traces").join(format!("{id}{TRACE}"))
    }

    pub(super) fn blob(&self, id: &str) -> PathBuf {
        self.0.join("blobs").join(format!("{id}{BLOB}"))
    }

    pub(super) fn stderr(&self, id: &str) -> PathBuf {
        self.0.join("stderr").join(format!("{id}.txt"))
    }

    /// Where the text of an input goes that is no file.
    pub(super) fn text(&self, id: &str) -> PathBuf {
        self.0.join("texts").join(format!("{id}.sb"))
    }

    pub(super) fn manifest(&self) -> PathBuf {
        self.0.join("manifest.json")
    }

    pub(super) fn summary(&self) -> PathBuf {
        self.0.join("summary.json")
    }

    /// The inputs that were traced: those of the last run, for an earlier one may have left files of
    /// others; without one, in the order of their names.
    pub(super) fn traced(&self) -> Result<Vec<String>, CommandError> {
        let manifest = self.manifest();
        if manifest.is_file() {
            let wrong = |why| CommandError::Other(format!("{}: {why}", manifest.display()));
            let manifest: Manifest = serde_json::from_str(&run_dir::read(&manifest)?)
                .map_err(|error| wrong(error.to_string()))?;
            return Ok(manifest.inputs.into_iter().map(|one| one.id).collect());
        }
        let traces = self.0.join("traces");
        let (path, suffix) = match traces.is_dir() {
            true => (traces.as_path(), TRACE),
            false => (self.0.as_path(), WITNESS_TRACE),
        };
        let unreadable =
            |error| CommandError::Other(format!("cannot read {}: {error}", path.display()));
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(suffix));
            found.extend(id.map(str::to_owned));
        }
        match found.is_empty() {
            true => Err(CommandError::Other(format!(
                "no traces in {}",
                path.display()
            ))),
            false => Ok(found.into_iter().collect()),
        }
    }

    /// Reads what there is of an input.
    pub(super) fn read(&self, id: &str) -> Result<Made, CommandError> {
        let first = |paths: [PathBuf; 2]| paths.into_iter().find(|path| path.is_file());
        let blob = first([self.blob(id), self.0.join(format!("{id}.hex"))]);
        let trace = first([self.trace(id), self.0.join(format!("{id}{WITNESS_TRACE}"))]);
        if blob.is_none() && trace.is_none() {
            let message = format!("{} has nothing of `{id}`", self.0.display());
            return Err(CommandError::Other(message));
        }
        let wrong =
            |path: &Path, why: &str| CommandError::Other(format!("{}: {why}", path.display()));
        let writes = trace.map(|path| {
            let text = run_dir::read(&path)?;
            line::writes(&text).map_err(|why| wrong(&path, &why))
        });
        let bytes = blob.map(|path| match path.extension() {
            Some(extension) if extension == "hex" => {
                from_hex(run_dir::read(&path)?.trim().as_bytes())
                    .ok_or_else(|| wrong(&path, "not a line of hexadecimal digits"))
            }
            _ => fs::read(&path).map_err(|error| wrong(&path, &error.to_string())),
        });
        Ok(Made {
            id: id.to_string(),
            bytes: bytes.transpose()?,
            writes: writes.transpose()?,
        })
    }
}
