//! The first line of a script, which names what runs it (execve(2)).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::job::RunError;

/// The exit status of env(1) for a program that it does not find.
const NOT_FOUND: i32 = 127;

/// So much of a script the kernel reads for its first line.
const FIRST_LINE: u64 = 256;

/// The words of a first line, if it is that of a script: the interpreter, and what it is given.
pub(crate) fn words(script: &Path) -> Option<Vec<Vec<u8>>> {
    let mut start = Vec::new();
    let file = File::open(script).ok()?;
    file.take(FIRST_LINE).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
    let words = line.split(|b| b" \t".contains(b));
    Some(
        words
            .filter(|word| !word.is_empty())
            .map(<[u8]>::to_vec)
            .collect(),
    )
}

/// Why a script ended with a status that says that a program was not found, if its first line shows
/// it: `env` then looked for an interpreter whose name ends in a carriage return.
pub fn not_found(script: &Path, status: i32) -> Option<RunError> {
    let words = words(script)?;
    let is_of_env = words.first().is_some_and(|name| name.ends_with(b"/env"));
    let is_it = status == NOT_FOUND && is_of_env && words.last()?.ends_with(b"\r");
    is_it.then(|| RunError::CarriageReturn(script.to_owned()))
}
