//! The folder of a run: `triage`, `stats`, `traces`, `blobs` with one file for each input, then
//! `manifest.json` and `summary.json`. To read, a folder of witnesses will do as well: `NAME.hex`
//! with `NAME.writes.jsonl` where there is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lapbelt_analysis::finding::Input;
use lapbelt_analysis::writes::Write;
use lapbelt_learn::run_dir;
use serde::Deserialize;
use serde_json::Value;

use super::line;
use crate::corpus::from_hex;
use crate::evidence;
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
    /// The files that was read from.
    pub(super) inputs: Vec<Input>,
}

/// What is read again of a manifest.
#[derive(Deserialize)]
struct Manifest {
    inputs: Vec<Entry>,
    #[serde(default)]
    target: Value,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
}

/// What a manifest says of itself.
pub(super) const MADE_BY: &str = "lapbelt lab writes run";

/// The subfolders, and how the names of their files end.
const PARTS: [(&str, &str); 6] = [
    ("triage", ".json"),
    ("stats", ".stats.json"),
    ("traces", TRACE),
    ("blobs", BLOB),
    ("texts", ".sb"),
    ("stderr", ".txt"),
];
const BLOB: &str = ".sb.bin";
const TRACE: &str = ".jsonl";
const WITNESS_TRACE: &str = ".writes.jsonl";

impl Folder {
    /// A folder to read from.
    pub(super) fn open(path: PathBuf) -> Self {
        Self(path)
    }

    /// A folder to write to, with its subfolders. What an earlier run left there goes, for it would
    /// pass for what this one found.
    pub(super) fn create(path: PathBuf) -> Result<Self, CommandError> {
        let folder = Self(path);
        let failed = |action: &str, path: &Path, error: &std::io::Error| {
            CommandError::Other(format!("cannot {action} {}: {error}", path.display()))
        };
        let is_ours = folder.is_ours();
        for (name, suffix) in PARTS {
            let path = folder.0.join(name);
            fs::create_dir_all(&path).map_err(|error| failed("create", &path, &error))?;
            let entries = fs::read_dir(&path).map_err(|error| failed("read", &path, &error))?;
            for entry in entries {
                let file = entry.map_err(|error| failed("read", &path, &error))?.path();
                let name = file.file_name().and_then(|name| name.to_str());
                if !is_ours {
                    return Err(CommandError::Other(format!(
                        "{} is there, and {} has no manifest.json of a run of this command; choose \
                         another --out",
                        file.display(),
                        folder.0.display()
                    )));
                }
                if name.is_some_and(|name| name.ends_with(suffix)) {
                    fs::remove_file(&file).map_err(|error| failed("remove", &file, &error))?;
                }
            }
        }
        let summary = folder.summary();
        if is_ours && summary.exists() {
            fs::remove_file(&summary).map_err(|error| failed("remove", &summary, &error))?;
        }
        Ok(folder)
    }

    /// Whether a run of this command was here.
    fn is_ours(&self) -> bool {
        let manifest = fs::read(self.manifest()).unwrap_or_default();
        let manifest: Option<Value> = serde_json::from_slice(&manifest).ok();
        manifest.is_some_and(|own| own["made_by"] == MADE_BY)
    }

    /// Whether the profiles are of the system's own compiler: of a folder of witnesses, and of a run
    /// that loaded a library which has not ours in it.
    pub(super) fn is_of_the_system(&self) -> Result<bool, CommandError> {
        Ok(match self.stored()? {
            None => true,
            Some(Manifest { target, .. }) => {
                !target["library"].is_null() && target["library_is_ours"] != true
            }
        })
    }

    fn stored(&self) -> Result<Option<Manifest>, CommandError> {
        let path = self.manifest();
        if !path.is_file() {
            return Ok(None);
        }
        let manifest = serde_json::from_str(&run_dir::read(&path)?);
        manifest.map(Some).map_err(|error: serde_json::Error| {
            CommandError::Other(format!("{}: {error}", path.display()))
        })
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

    /// The inputs that were traced, as the run lists them; else in the order of their names.
    pub(super) fn traced(&self) -> Result<Vec<String>, CommandError> {
        let stored = self.stored()?.map(|own| own.inputs).unwrap_or_default();
        if !stored.is_empty() {
            return Ok(stored.into_iter().map(|one| one.id).collect());
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
        let mut inputs = Vec::new();
        let mut noted = |path: &Path, bytes: &[u8]| {
            inputs.push(evidence::input(path.display().to_string(), bytes));
        };
        let writes = trace.map(|path| {
            let text = run_dir::read(&path)?;
            noted(&path, text.as_bytes());
            line::writes(&text)
                .map_err(|why| CommandError::Other(format!("{}:{why}", path.display())))
        });
        let writes = writes.transpose()?;
        let bytes = blob.map(|path| {
            let read = fs::read(&path).map_err(|error| wrong(&path, &error.to_string()))?;
            noted(&path, &read);
            match path.extension() {
                Some(extension) if extension == "hex" => from_hex(read.trim_ascii())
                    .ok_or_else(|| wrong(&path, "not a line of hexadecimal digits")),
                _ => Ok(read),
            }
        });
        Ok(Made {
            id: id.to_string(),
            bytes: bytes.transpose()?,
            writes,
            inputs,
        })
    }
}
