//! Writing files: whole or not at all, and in the place that was named.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use lapbelt_policy::rule::Policy;

use crate::exit::CommandError;
use crate::profile::shown;

/// Writes beside the file and renames, so that a reader never meets half of it. Permissions are
/// kept, and a link stays a link.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    // A file that is there already is not ours to overwrite.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temporary)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| fs::set_permissions(&temporary, fs::metadata(&path)?.permissions()))
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // What is left of it is of no use; the error says what went wrong.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Where a command writes to: a file, or standard output if none is named or `-`.
///
/// # Errors
/// If the file is the one that is read.
pub(crate) fn file_out<'o>(
    read: &Path,
    out: Option<&'o Path>,
) -> Result<Option<&'o Path>, CommandError> {
    let out = out.filter(|out| *out != Path::new("-"));
    out.map_or(Ok(()), |out| not_over(read, out))?;
    Ok(out)
}

/// Refuses to write what is made of rules over one of the files that they are from, as imported ones
/// are known only once they were read.
///
/// # Errors
/// If one of them is where it is to go.
pub(crate) fn not_over_sources(policy: &Policy, out: Option<&Path>) -> Result<(), CommandError> {
    let mut sources = policy.sources.iter();
    out.map_or(Ok(()), |out| {
        sources.try_for_each(|source| not_over(Path::new(source), out))
    })
}

/// Refuses to write what is made of a file over that file.
///
/// # Errors
/// If the two are one file.
pub(crate) fn not_over(read: &Path, out: &Path) -> Result<(), CommandError> {
    let is_same = fs::metadata(out).is_ok_and(|there| there.is_file())
        && fs::canonicalize(read)
            .is_ok_and(|read| fs::canonicalize(out).is_ok_and(|out| out == read));
    if !is_same {
        return Ok(());
    }
    Err(CommandError::Other(format!(
        "{} is what is read: name another file with -o",
        shown(out)
    )))
}

/// Writes what a command was told to put into a file: a regular one is replaced, through links; into
/// what is no regular file, a pipe or a terminal, it is written.
pub(crate) fn write_out(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let written = match fs::metadata(path) {
        Ok(there) if there.is_file() => replace(path, bytes),
        Ok(_) => OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::write(path, bytes),
        Err(error) => Err(error),
    };
    written.map_err(|error| CommandError::of_file("write", path, &error))
}
