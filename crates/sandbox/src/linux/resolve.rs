//! Where a path of the target leads.
//!
//! The quick way asks the kernel one question: does this path cross any symbolic link? If not, the
//! path itself, with `.`, `..` and doubled slashes taken out, is the answer. Links of `/proc` that
//! mean "myself" are walked by hand so that they mean the target.

use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::caller::Caller;
use super::classify::PathAt;
use super::memory::Remote;

/// What was found at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing yet.
    Missing,
    /// A directory.
    Directory,
    /// Something else, or something we may not look at.
    Other,
}

/// Most links followed, as in the kernel.
const MAX_LINKS: u32 = 40;

/// Resolves paths; keeps its buffers.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    given: Vec<u8>,
    joined: Vec<u8>,
    name: Vec<u8>,
    /// The answer, absolute and without links, after a call that returned `Some`.
    pub(crate) path: Vec<u8>,
}

impl Resolver {
    /// Resolves a path of a call. `None` if it has none or cannot have one: the kernel fails such
    /// calls by itself, or they are about something that is no file.
    pub(crate) fn path_at(&mut self, caller: &Caller, at: &PathAt) -> Option<Found> {
        let given = at.pointer != 0
            && Remote {
                thread: caller.thread,
            }
            .read_text(at.pointer, &mut self.given);
        if !given || self.given.is_empty() {
            let empty = at.may_be_empty && (given || at.pointer == 0);
            return if empty {
                self.open_file(caller, at.directory)
            } else {
                None
            };
        }
        self.joined.clear();
        if self.given[0] != b'/' {
            self.start(caller, at.directory)?;
        }
        let given = std::mem::take(&mut self.given);
        self.joined.extend_from_slice(&given);
        self.given = given;
        self.lookup(caller, at.follow)
    }

    /// Resolves an absolute path that we got by ourselves, as the caller would see it.
    pub(crate) fn text(&mut self, caller: &Caller, path: &[u8], follow: bool) -> Option<Found> {
        self.joined.clear();
        if path.first() != Some(&b'/') {
            self.start(caller, libc::AT_FDCWD)?;
        }
        self.joined.extend_from_slice(path);
        self.lookup(caller, follow)
    }

    /// The path of an open file; `None` if it is none (a socket, a pipe).
    pub(crate) fn open_file(&mut self, caller: &Caller, descriptor: i32) -> Option<Found> {
        if descriptor == libc::AT_FDCWD {
            return self.current_directory(caller);
        }
        self.proc_link(caller, format_args!("fd/{descriptor}"))?;
        Some(Found::Other)
    }

    /// The path of the current directory.
    pub(crate) fn current_directory(&mut self, caller: &Caller) -> Option<Found> {
        self.proc_link(caller, format_args!("cwd"))?;
        Some(Found::Directory)
    }

    /// Puts what a relative path starts at into `joined`, with a slash behind.
    fn start(&mut self, caller: &Caller, directory: i32) -> Option<()> {
        match directory {
            libc::AT_FDCWD => self.proc_link(caller, format_args!("cwd"))?,
            _ => self.proc_link(caller, format_args!("fd/{directory}"))?,
        }
        if caller.foreign_root {
            let root = self.root_of(caller);
            if self.path.starts_with(&root) {
                self.path.drain(..root.len());
            }
        }
        self.joined.extend_from_slice(&self.path);
        self.joined.push(b'/');
        Some(())
    }

    /// Reads a link of the caller's /proc directory into `path`; `None` unless it is a path.
    fn proc_link(&mut self, caller: &Caller, link: std::fmt::Arguments<'_>) -> Option<()> {
        self.name.clear();
        write!(self.name, "/proc/{}/{link}\0", caller.thread).ok()?;
        read_link(&self.name, &mut self.path).ok()?;
        if self.path.first() != Some(&b'/') {
            return None;
        }
        self.undelete();
        Some(())
    }

    /// Takes the mark of a deleted file off `path`, which was read through the link `name`.
    fn undelete(&mut self) {
        const MARK: &[u8] = b" (deleted)";
        let gone =
            |name: &[u8]| rustix::fs::stat(c_text(name)).is_ok_and(|stat| stat.st_nlink == 0);
        if self.path.ends_with(MARK) && gone(&self.name) {
            self.path.truncate(self.path.len() - MARK.len());
        }
    }

    /// Text of the caller's root directory, empty for `/`.
    fn root_of(&mut self, caller: &Caller) -> Vec<u8> {
        self.name.clear();
        let mut root = Vec::new();
        let named = write!(self.name, "/proc/{}/root\0", caller.thread);
        if named.is_err() || read_link(&self.name, &mut root).is_err() || root == b"/" {
            root.clear();
        }
        root
    }

    /// Resolves `joined` into `path`.
    fn lookup(&mut self, caller: &Caller, follow: bool) -> Option<Found> {
        if caller.foreign_root {
            return self.walk(caller, follow);
        }
        self.joined.push(0);
        let nofollow = if follow {
            OFlags::empty()
        } else {
            OFlags::NOFOLLOW
        };
        let flags = OFlags::PATH | OFlags::CLOEXEC | nofollow;
        // Asking for a directory spares opening and closing anything that is none.
        let plain = rustix::fs::openat2(
            CWD,
            c_text(&self.joined),
            flags | OFlags::DIRECTORY,
            Mode::empty(),
            ResolveFlags::NO_SYMLINKS,
        );
        let found = match plain {
            Ok(_) => Found::Directory,
            Err(Errno::LOOP) => return self.lookup_links(caller, flags, follow),
            Err(Errno::NOENT) => Found::Missing,
            Err(_) => Found::Other,
        };
        self.joined.pop();
        normalise(&self.joined, &mut self.path);
        Some(found)
    }

    /// `joined` crosses links: lets the kernel follow them, but none of /proc's magic ones.
    fn lookup_links(&mut self, caller: &Caller, flags: OFlags, follow: bool) -> Option<Found> {
        let joined = c_text(&self.joined);
        let resolve = ResolveFlags::NO_MAGICLINKS;
        let opened = rustix::fs::openat2(CWD, joined, flags, Mode::empty(), resolve);
        self.joined.pop();
        if let Ok(file) = opened {
            self.name.clear();
            write!(self.name, "/proc/self/fd/{}\0", file.as_raw_fd()).ok()?;
            read_link(&self.name, &mut self.path).ok()?;
            if !self.path.starts_with(b"/proc/") {
                let kind = rustix::fs::fstat(&file).map(|s| FileType::from_raw_mode(s.st_mode));
                let directory = kind == Ok(FileType::Directory);
                return Some(if directory {
                    Found::Directory
                } else {
                    Found::Other
                });
            }
        }
        self.walk(caller, follow)
    }

    /// Resolves `joined` one component after the other, as the caller sees files.
    fn walk(&mut self, caller: &Caller, follow: bool) -> Option<Found> {
        let prefix = if caller.foreign_root {
            format!("/proc/{}/root", caller.thread).into_bytes()
        } else {
            Vec::new()
        };
        let mut rest: Vec<Vec<u8>> = components(&self.joined);
        let follow = follow || self.joined.ends_with(b"/");
        let mut out = Vec::new();
        let mut content = Vec::new();
        let mut found = Found::Other;
        let mut links = 0;
        while let Some(component) = rest.pop() {
            if component == b".." {
                let end = out.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                out.truncate(end);
                continue;
            }
            let parent = out.len();
            out.push(b'/');
            out.extend_from_slice(&component);
            if found == Found::Missing || (rest.is_empty() && !follow) {
                continue;
            }
            if let Some(own) = own_proc(&out, caller) {
                out = own;
                continue;
            }
            self.name.clear();
            self.name.extend_from_slice(&prefix);
            self.name.extend_from_slice(&out);
            self.name.push(0);
            match read_link(&self.name, &mut content) {
                Ok(()) => {}
                Err(Errno::NOENT | Errno::NOTDIR) => {
                    found = Found::Missing;
                    continue;
                }
                Err(_) => continue,
            }
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            if out.starts_with(b"/proc/") && content.first() == Some(&b'/') {
                // A magic link says where it leads, links resolved.
                std::mem::swap(&mut self.path, &mut content);
                self.undelete();
                out.clear();
                if self.path != b"/" {
                    out.extend_from_slice(&self.path);
                }
                continue;
            }
            if out.starts_with(b"/proc/") && content.windows(2).any(|pair| pair == b":[") {
                return None;
            }
            out.truncate(if content.first() == Some(&b'/') {
                0
            } else {
                parent
            });
            rest.extend(components(&content));
        }
        if found != Found::Missing {
            found = self.look(&prefix, &out);
        }
        self.path = if caller.foreign_root {
            self.root_of(caller)
        } else {
            Vec::new()
        };
        self.path.extend_from_slice(&out);
        if self.path.is_empty() {
            self.path.push(b'/');
        }
        Some(found)
    }

    fn look(&mut self, prefix: &[u8], out: &[u8]) -> Found {
        self.name.clear();
        self.name.extend_from_slice(prefix);
        self.name
            .extend_from_slice(if out.is_empty() { b"/" } else { out });
        self.name.push(0);
        match rustix::fs::statat(CWD, c_text(&self.name), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {
                Found::Directory
            }
            Err(Errno::NOENT) => Found::Missing,
            _ => Found::Other,
        }
    }
}

/// `/proc/self` and `/proc/thread-self` as the caller means them.
fn own_proc(path: &[u8], caller: &Caller) -> Option<Vec<u8>> {
    match path {
        b"/proc/self" => Some(format!("/proc/{}", caller.process).into_bytes()),
        b"/proc/thread-self" => {
            Some(format!("/proc/{}/task/{}", caller.process, caller.thread).into_bytes())
        }
        _ => None,
    }
}

/// Components from the last to the first, without empty ones and dots.
fn components(path: &[u8]) -> Vec<Vec<u8>> {
    path.split(|byte| *byte == b'/')
        .rev()
        .filter(|part| !part.is_empty() && part != b".")
        .map(<[u8]>::to_vec)
        .collect()
}

/// Takes `.`, `..`, doubled and trailing slashes out of an absolute path.
pub(crate) fn normalise(path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => out.truncate(out.iter().rposition(|byte| *byte == b'/').unwrap_or(0)),
            _ => {
                out.push(b'/');
                out.extend_from_slice(part);
            }
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
}

/// A buffer that ends with the only NUL in it, as a path for the kernel.
fn c_text(buffer: &[u8]) -> &std::ffi::CStr {
    std::ffi::CStr::from_bytes_until_nul(buffer).unwrap_or_default()
}

fn read_link(name: &[u8], into: &mut Vec<u8>) -> Result<(), Errno> {
    let mut buffer = [MaybeUninit::<u8>::uninit(); libc::PATH_MAX as usize];
    let (read, _) = rustix::fs::readlinkat_raw(CWD, c_text(name), &mut buffer)?;
    into.clear();
    into.extend_from_slice(read);
    Ok(())
}
