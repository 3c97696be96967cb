//! What a script says is to run it.

use std::io::Read;
use std::os::unix::ffi::OsStrExt;

use crate::linux::blank::Blank;

/// The interpreter that a script names in its first line; nothing if the file is no script. If it is
/// an open file, a link leads to it.
pub(super) fn interpreter(path: &[u8], link: &[u8]) -> Result<Vec<u8>, Blank> {
    use std::os::unix::fs::OpenOptionsExt;
    /// What the kernel looks at (BINPRM_BUF_SIZE).
    const HEAD: usize = 256;
    let mut options = std::fs::File::options();
    // Not to be held up by a pipe or a terminal of that name.
    options
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    // A file may be run that may not be read.
    let place = if link.is_empty() { path } else { link };
    let mut file = options.open(std::ffi::OsStr::from_bytes(place))?;
    let mut head = [0; HEAD];
    let length = file.read(&mut head)?;
    let named = named_by(&head[..length]);
    named.ok_or(Blank::Nothing)
}

fn named_by(head: &[u8]) -> Option<Vec<u8>> {
    let line = head.strip_prefix(b"#!")?;
    let line = line.split(|byte| matches!(byte, b'\n' | 0)).next()?;
    let name = line
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .find(|word| !word.is_empty())?;
    Some(name.to_vec())
}
