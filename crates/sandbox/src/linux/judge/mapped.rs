//! What a caller has mapped: files, and what it has written itself.

use std::fs::File;
use std::os::unix::fs::FileExt;

use rustix::io::Errno;

use crate::linux::blank::Blank;
use crate::linux::mapping::{Mapping, mappings};

/// A file that is memory without one once it is mapped.
pub(super) const ZEROS: &[u8] = b"/dev/zero";

/// What a range of memory holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mapped {
    /// Paths of files, each once.
    pub(super) files: Vec<Vec<u8>>,
    /// There are bytes besides that are no file's: memory without one, and what was written to a
    /// private mapping of one.
    pub(super) is_written: bool,
}

impl Mapped {
    /// What the mappings of a thread hold that a range touches, each taken as a whole. The dynamic
    /// linker makes nothing executable that it has written to, but for relocations of text, which
    /// are code made at run time. What is written through /proc/PID/mem to what is code already is
    /// asked about as that file only.
    pub(super) fn of(thread: i32, address: u64, length: u64) -> Result<Self, Blank> {
        let mut mapped = Self::default();
        if length == 0 {
            return Ok(mapped);
        }
        let end = address.saturating_add(length);
        for mapping in mappings(thread)?.within(address, end) {
            let file = file_of(thread, &mapping)?;
            mapped.is_written |= file.is_none()
                || mapping.is_private() && has_own_pages(thread, mapping.from, mapping.to)?;
            if let Some(file) = file.filter(|file| !mapped.files.contains(file)) {
                mapped.files.push(file);
            }
        }
        Ok(mapped)
    }
}

/// The path of a file that still has one, by what the kernel calls a mapping. What it calls memory
/// never begins with a slash, but for what is shared, which has been deleted.
fn file_of(thread: i32, mapping: &Mapping<'_>) -> Result<Option<Vec<u8>>, Blank> {
    if !mapping.name.starts_with(b"/") || mapping.name == ZEROS {
        return Ok(None);
    }
    let mut name = mapping.name.to_vec();
    if name.contains(&b'\\') {
        // Line ends are escaped, and a name may look as if they were.
        let link = format!(
            "/proc/{thread}/map_files/{:x}-{:x}",
            mapping.from, mapping.to
        );
        name = rustix::fs::readlink(link, Vec::new())?.into_bytes();
    }
    if !name.ends_with(b" (deleted)") {
        return Ok(Some(name));
    }
    // A name may also end so by itself.
    match rustix::fs::lstat(name.as_slice()) {
        Ok(stat) if stat.st_ino == mapping.inode => Ok(Some(name)),
        Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(errno) => Err(Blank::Unseen(errno)),
    }
}

/// Whether pages of a range, or what was swapped out there, are the process's own and no file's.
fn has_own_pages(thread: i32, from: u64, to: u64) -> Result<bool, Blank> {
    /// Bytes that tell of a page (Documentation/admin-guide/mm/pagemap.rst of Linux).
    const ENTRY: u64 = 8;
    const PRESENT_OR_SWAPPED: u64 = 3 << 62;
    const OF_A_FILE: u64 = 1 << 61;
    let pages = File::open(format!("/proc/{thread}/pagemap"))?;
    let page = rustix::param::page_size() as u64;
    let (mut at, end) = (from / page * ENTRY, to / page * ENTRY);
    let mut entries = [0; 1 << 14];
    while at < end {
        let wanted = (end - at).min(entries.len() as u64) as usize;
        let read = pages.read_at(&mut entries[..wanted], at)?;
        let (told, _) = entries[..read].as_chunks();
        let is_own = |entry: &[u8; ENTRY as usize]| {
            let entry = u64::from_ne_bytes(*entry);
            entry & PRESENT_OR_SWAPPED != 0 && entry & OF_A_FILE == 0
        };
        if told.iter().any(is_own) {
            return Ok(true);
        }
        if read == 0 {
            break;
        }
        at += read as u64;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        let file = |name: &str| {
            let line = format!("1000-2000 r--p 00000000 08:01 12   {name}");
            file_of(0, &Mapping::parse(line.as_bytes()).unwrap())
        };
        for name in ["/a b", "/dev/zeros"] {
            assert_eq!(file(name), Ok(Some(name.as_bytes().to_vec())));
        }
        for name in ["", "[anon:/a]", "/a (deleted)", "/dev/zero"] {
            assert_eq!(file(name), Ok(None), "{name}");
        }
    }

    #[test]
    fn what_is_written_is_no_more_of_the_file() {
        use std::os::fd::AsRawFd;
        let page = rustix::param::page_size();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, &vec![1; 2 * page]).unwrap();
        let path = file.path().canonicalize().unwrap();
        let files = vec![path.into_os_string().into_encoded_bytes()];
        // SAFETY: a fresh mapping of a file that nobody else has.
        let start = unsafe {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            let file = file.as_raw_fd();
            let none = std::ptr::null_mut();
            let at = libc::mmap(none, 2 * page, protection, libc::MAP_PRIVATE, file, 0);
            assert_ne!(at, libc::MAP_FAILED);
            at.cast::<u8>()
        };
        let of = |length| Mapped::of(std::process::id() as i32, start as u64, length).unwrap();
        // SAFETY: the first byte of the mapping, which holds no reference.
        assert_eq!(unsafe { start.read_volatile() }, 1);
        let mut wanted = Mapped {
            files,
            is_written: false,
        };
        assert_eq!(of(1), wanted);
        assert_eq!(of(0), Mapped::default());
        // SAFETY: the last byte of the mapping.
        unsafe { start.add(2 * page - 1).write_volatile(2) };
        wanted.is_written = true;
        assert_eq!(of(1), wanted);
        // SAFETY: unmapping what was mapped above.
        unsafe { libc::munmap(start.cast(), 2 * page) };
    }
}
