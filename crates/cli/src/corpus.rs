//! Corpora: folders and files of compiled profiles.

use std::path::{Path, PathBuf};

use crate::exit::CommandError;
use crate::{profile, subject};

/// A compiled profile of a corpus.
pub(crate) struct Member {
    /// Name of its file.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

/// The compiled profiles that paths name, in the order of the paths and of names in a folder; of a
/// folder only what is one, or is called `NAME.hex`.
pub(crate) fn members(paths: &[PathBuf]) -> Result<Vec<Member>, CommandError> {
    let mut members = Vec::new();
    for path in paths {
        if !path.is_dir() {
            let own = member(path)?;
            if own.bytes.is_empty() {
                return Err(CommandError::of_named(&own.name, "the file is empty"));
            }
            members.push(own);
            continue;
        }
        let failed = |error| CommandError::of_file("read", path, &error);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            if file.is_file() {
                files.push(file);
            }
        }
        files.sort();
        for file in files {
            let own = member(&file);
            if is_hex(&file) || own.as_ref().is_ok_and(|own| subject::is_blob(&own.bytes)) {
                members.push(own?);
            }
        }
    }
    if members.is_empty() {
        return Err(CommandError::Other(format!(
            "there are no compiled profiles in {}",
            named(paths)
        )));
    }
    Ok(members)
}

/// Paths as they are named to a person.
pub(crate) fn named(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| profile::shown(path)).collect();
    names.join(", ")
}

/// Reads one compiled profile.
pub(crate) fn member(path: &Path) -> Result<Member, CommandError> {
    let name = profile::shown(path);
    let mut bytes = profile::read_bytes(path)?;
    if is_hex(path) {
        bytes.retain(|byte| !byte.is_ascii_whitespace());
        bytes = from_hex(&bytes)
            .ok_or_else(|| CommandError::of_named(&name, "not a line of hexadecimal digits"))?;
    }
    Ok(Member { name, bytes })
}

fn is_hex(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "hex")
}

/// The bytes that hexadecimal digits stand for.
pub(crate) fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some((digit(*high)? * 16 + digit(*low)?) as u8),
            _ => None,
        })
        .collect()
}
