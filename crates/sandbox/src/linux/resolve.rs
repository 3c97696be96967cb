//! Where a path of the target leads.
//!
//! The quick way asks the kernel one question: does this path cross any symbolic link? If not, the
//! path itself, with `.`, `..` and doubled slashes taken out, is the answer. Links of `/proc` that
//! mean "myself" are walked by hand so that they mean the target.

mod deep;
mod descriptors;
mod directories;
mod memory;
mod procfs;
mod shadow;
mod straight;
#[cfg(test)]
mod tests;
mod underway;

use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::arch::Call;
use super::blank::Blank;
use super::caller::{self, Caller, detaches};
use super::classify::PathAt;
use super::memory::Remote;
use descriptors::Descriptors;
use directories::Directories;
use shadow::Shadow;
use straight::Straight;

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

/// Where something was found, or why not.
pub(crate) type Sight = Result<Found, Blank>;

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Located {
    /// There, and this is there.
    Found(Found),
    /// There, whatever is there: [`Resolver::look`] tells.
    Unlooked {
        /// Whether a link in the last place is followed.
        follow: bool,
    },
}

/// Most links followed, as in the kernel.
const MAX_LINKS: u32 = 40;
/// What the kernel puts behind the path of a deleted file.
const MARK: &[u8] = b" (deleted)";
/// Longest name of any file system.
const NAME_MAX: usize = 255;

/// Resolves paths; keeps its buffers.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    given: Vec<u8>,
    joined: Vec<u8>,
    /// So much of `joined` says where our own directory is: the kernel is spared the way there.
    here: usize,
    name: Vec<u8>,
    /// What a relative path starts at was removed.
    is_gone: bool,
    /// Knows the directory of who asks often.
    shadow: Shadow,
    straight: Straight,
    descriptors: Descriptors,
    directories: Directories,
    /// There may be mounts that have no place: paths in them begin at their own roots.
    detached: bool,
    /// The answer, absolute and without links, after a call that returned `Ok`.
    pub(crate) path: Vec<u8>,
    /// The link of /proc that leads to what the answer is about, if it is an open file: its path may
    /// be that of nothing, or of something else.
    pub(crate) link: Vec<u8>,
    /// The answer is about memory that is a file (memfd_create(2)), and `path` is what the kernel
    /// calls that.
    pub(crate) is_memory: bool,
}

impl Resolver {
    /// A resolver that looks at every path, or one that knows for a moment what it saw, which takes
    /// that it is told of all that makes names, or that gives descriptors.
    pub(crate) fn new(names: bool, descriptors: bool) -> Self {
        let mut resolver = Self::default();
        if !names {
            resolver.straight.give_up();
        }
        if !descriptors {
            resolver.directories.give_up();
        }
        resolver
    }

    /// Takes note of a call that came: what its thread was let do before is done.
    pub(crate) fn hear(&mut self, thread: i32) {
        self.shadow.hear(thread);
        self.straight.hear(thread);
        self.directories.hear(thread);
    }

    /// Takes note of a call that is about to go on, after which a descriptor may be one of another
    /// directory, or that be elsewhere, if it `reopens`.
    pub(crate) fn heed(&mut self, call: Call, reopens: bool, thread: i32) {
        self.shadow.heed(call, thread);
        self.straight.heed(call, thread);
        self.directories.heed(call, reopens, thread);
        self.detached |= detaches(call);
    }

    /// Resolves a path of a call. Nothing if it has none or cannot have one: the kernel fails such
    /// calls by itself, or they are about something that is no file.
    pub(crate) fn path_at(&mut self, caller: &Caller, at: &PathAt) -> Result<Located, Blank> {
        self.given.clear();
        self.is_memory = false;
        if at.pointer != 0 {
            let thread = caller.thread;
            Remote { thread }.read_text(at.pointer, &mut self.given)?;
        }
        if self.given.is_empty() {
            return if at.may_be_empty {
                self.open_file(caller, at.directory).map(Located::Found)
            } else {
                Err(Blank::Nothing)
            };
        }
        let given = std::mem::take(&mut self.given);
        let located = if at.in_root {
            let root = deep::Base::Root;
            deep::resolve(self, caller, at.directory, &given, at.follow, root).map(Located::Found)
        } else {
            self.given_at(caller, at.directory, &given, at.follow)
        };
        self.given = given;
        located
    }

    /// Resolves a path as a call of the caller gives it.
    fn given_at(
        &mut self,
        caller: &Caller,
        directory: i32,
        given: &[u8],
        follow: bool,
    ) -> Result<Located, Blank> {
        let deep = |resolver: &mut Self, base| {
            deep::resolve(resolver, caller, directory, given, follow, base).map(Located::Found)
        };
        self.joined.clear();
        self.link.clear();
        self.is_memory = false;
        self.here = 0;
        let relative = given.first() != Some(&b'/');
        if relative {
            match self.start(caller, directory) {
                Ok(true) => {}
                Ok(false) => return deep(self, deep::Base::Outside),
                Err(Blank::Unseen(Errno::NAMETOOLONG)) => return deep(self, deep::Base::Here),
                Err(blank) => return Err(blank),
            }
            let too_long = self.joined.len() + given.len() >= libc::PATH_MAX as usize;
            // What is in a removed directory, and the way out of it, is known to the kernel alone.
            if too_long || self.is_gone {
                return deep(self, deep::Base::Here);
            }
        }
        self.joined.extend_from_slice(given);
        let is_name = relative && !follow && self.is_name(given);
        if !caller.foreign_root && (is_name || self.straight.knows(&self.joined, follow)) {
            normalise(&self.joined, &mut self.path);
            return Ok(Located::Unlooked { follow });
        }
        self.lookup(caller, follow).map(Located::Found)
    }

    /// Whether `given`, not followed, is at `joined` in any case: it is one name in a directory,
    /// whose path the kernel told without links.
    fn is_name(&self, given: &[u8]) -> bool {
        let is_name = !given.contains(&b'/') && !matches!(given, b"." | b"..");
        is_name && !may_mean_other(&self.joined)
    }

    /// What is at a path that was [`Located::Unlooked`] just now.
    pub(crate) fn look(&mut self, caller: &Caller, follow: bool) -> Sight {
        self.lookup(caller, follow)
    }

    /// Resolves a path that we got by ourselves, as the caller would see it.
    pub(crate) fn text(&mut self, caller: &Caller, path: &[u8], follow: bool) -> Sight {
        match self.given_at(caller, libc::AT_FDCWD, path, follow)? {
            Located::Found(found) => Ok(found),
            Located::Unlooked { follow } => self.look(caller, follow),
        }
    }

    /// The path of an open file; nothing if it is none (a socket, a pipe).
    pub(crate) fn open_file(&mut self, caller: &Caller, descriptor: i32) -> Sight {
        if descriptor == libc::AT_FDCWD {
            return self.current_directory(caller);
        }
        self.is_memory = false;
        self.descriptor(caller, descriptor)?;
        self.link.clear();
        write!(self.link, "/proc/{}/fd/{descriptor}", caller.thread)?;
        Ok(Found::Other)
    }

    /// The path of the current directory.
    pub(crate) fn current_directory(&mut self, caller: &Caller) -> Sight {
        self.proc_link(caller, format_args!("cwd"))?;
        Ok(Found::Directory)
    }

    /// Puts what a relative path starts at into `joined`, with a slash behind. Says whether it is
    /// below the caller's root, as the caller is to see it from there.
    fn start(&mut self, caller: &Caller, directory: i32) -> Result<bool, Blank> {
        self.is_gone = false;
        let is_ours = directory == libc::AT_FDCWD && self.shadow.tell(caller, &mut self.path);
        match directory {
            libc::AT_FDCWD if is_ours => {}
            libc::AT_FDCWD => self.proc_link(caller, format_args!("cwd"))?,
            _ => self.directory(caller, directory)?,
        }
        if caller.foreign_root {
            let root = self.root_of(caller)?;
            match self.path.strip_prefix(root.as_slice()) {
                Some([] | [b'/', ..]) => drop(self.path.drain(..root.len())),
                _ => return Ok(false),
            }
        }
        self.joined.extend_from_slice(&self.path);
        self.joined.push(b'/');
        self.here = if is_ours { self.joined.len() } else { 0 };
        Ok(true)
    }

    /// Puts the path of a descriptor that a path begins at into `path`.
    fn directory(&mut self, caller: &Caller, number: i32) -> Result<(), Blank> {
        let thread = caller.thread;
        if self.directories.tell(thread, number, &mut self.path) {
            return Ok(());
        }
        let since = self.directories.count(thread, number);
        self.descriptor(caller, number)?;
        if let Some(since) = since
            && !self.path.ends_with(MARK)
            && !self.is_gone
        {
            self.directories.learn(thread, number, &self.path, since);
        }
        Ok(())
    }

    /// Reads the path of a descriptor of the caller into `path`; nothing unless it has one.
    fn descriptor(&mut self, caller: &Caller, number: i32) -> Result<(), Blank> {
        if !self.detached
            && let Some(folder) = self.descriptors.of(caller.thread)
        {
            self.name.clear();
            write!(self.name, "{number}\0")?;
            match read_link_at(folder, &self.name, &mut self.path) {
                Ok(()) if self.path.first() == Some(&b'/') && !self.path.ends_with(MARK) => {
                    return Ok(());
                }
                Ok(()) => {}
                Err(_) => self.descriptors.forget(),
            }
        }
        self.proc_link(caller, format_args!("fd/{number}"))
    }

    /// Reads a link of the caller's /proc directory into `path`; nothing unless it is a path.
    fn proc_link(&mut self, caller: &Caller, link: std::fmt::Arguments<'_>) -> Result<(), Blank> {
        self.say(format_args!("/proc/{}/{link}", caller.thread))?;
        if let Err(errno) = read_link(&self.name, &mut self.path) {
            // Nothing is there, unless the caller itself is hidden from us.
            caller.process()?;
            return Err(errno.into());
        }
        if self.path.first() != Some(&b'/') {
            return Err(Blank::Nothing);
        }
        self.placed(caller)?;
        self.undelete();
        Ok(())
    }

    /// Makes sure that what the link `name` leads to, `path`, lies in a mount that has a place.
    fn placed(&self, caller: &Caller) -> Result<(), Blank> {
        let is_memory = self.path.starts_with(b"/memfd:") && self.path.ends_with(MARK);
        if !self.detached || is_memory {
            return Ok(());
        }
        let mounts = std::fs::read(format!("/proc/{}/mountinfo", caller.thread))?;
        let id = self.mount_of_name()?;
        let is_there = mounts
            .split(|byte| *byte == b'\n')
            .any(|line| line.split(|byte| *byte == b' ').next() == Some(id.as_bytes()));
        if is_there {
            Ok(())
        } else {
            Err(Blank::Unseen(Errno::XDEV))
        }
    }

    /// The number of the mount that `name` leads into. Kernels before 5.8 tell it of open files only.
    fn mount_of_name(&self) -> Result<String, Blank> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let file = rustix::fs::openat(CWD, c_text(&self.name), flags, Mode::empty())?;
        let told = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd()))?;
        let id = told.lines().find_map(|line| line.strip_prefix("mnt_id:"));
        Ok(id.ok_or(Blank::Unseen(Errno::XDEV))?.trim().to_owned())
    }

    /// Puts a path of ours into `name`.
    fn say(&mut self, name: std::fmt::Arguments<'_>) -> Result<(), Blank> {
        self.name.clear();
        write!(self.name, "{name}\0")?;
        Ok(())
    }

    /// Takes the mark of a deleted file off `path`, which was read through the link `name`.
    fn undelete(&mut self) {
        if !self.path.ends_with(MARK) {
            return;
        }
        if let Ok(stat) = rustix::fs::stat(c_text(&self.name))
            && stat.st_nlink == 0
        {
            self.is_gone = true;
            self.is_memory = self.path.starts_with(b"/memfd:") && memory::is(&self.name, &stat);
            self.path.truncate(self.path.len() - MARK.len());
        }
    }

    /// Text of the caller's root directory, empty for `/`.
    fn root_of(&mut self, caller: &Caller) -> Result<Vec<u8>, Blank> {
        let mut root = Vec::new();
        self.say(format_args!("/proc/{}/root", caller.thread))?;
        read_link(&self.name, &mut root)?;
        if root == b"/" {
            root.clear();
        }
        Ok(root)
    }

    /// Resolves `joined` into `path`.
    fn lookup(&mut self, caller: &Caller, follow: bool) -> Sight {
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
            c_text(&self.joined[self.here..]),
            flags | OFlags::DIRECTORY,
            Mode::empty(),
            ResolveFlags::NO_SYMLINKS,
        );
        let found = match plain {
            Ok(_) => Found::Directory,
            Err(Errno::LOOP) => return self.lookup_links(caller, flags, follow),
            Err(Errno::NOENT) => Found::Missing,
            Err(Errno::NOTDIR) => Found::Other,
            // Whatever the matter is, step by step it is found out how far we can see.
            Err(_) => {
                self.joined.pop();
                return self.walk(caller, follow);
            }
        };
        self.joined.pop();
        normalise(&self.joined, &mut self.path);
        if !may_mean_other(&self.path) {
            self.straight.learn(&self.joined, follow);
        }
        Ok(found)
    }

    /// `joined` crosses links: lets the kernel follow them, but none of /proc's magic ones.
    fn lookup_links(&mut self, caller: &Caller, flags: OFlags, follow: bool) -> Sight {
        let joined = c_text(&self.joined);
        let resolve = ResolveFlags::NO_MAGICLINKS;
        let opened = rustix::fs::openat2(CWD, joined, flags, Mode::empty(), resolve);
        self.joined.pop();
        if let Ok(file) = opened {
            let found = self.opened(&file)?;
            // What is on a procfs may be ours there, and not the caller's.
            if !procfs::is_on_procfs(&file) {
                return Ok(found);
            }
        }
        self.walk(caller, follow)
    }

    /// What a file of ours is, its path put into `path`.
    fn opened(&mut self, file: &OwnedFd) -> Sight {
        self.say(format_args!("/proc/self/fd/{}", file.as_raw_fd()))?;
        read_link(&self.name, &mut self.path)?;
        self.undelete();
        let stat = rustix::fs::fstat(file)?;
        Ok(
            if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                Found::Directory
            } else {
                Found::Other
            },
        )
    }

    /// Resolves `joined` one component after the other, as the caller sees files.
    fn walk(&mut self, caller: &Caller, follow: bool) -> Sight {
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
        // What an open file is: its name may be gone, or never have been.
        let mut open = None;
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
            self.name.clear();
            self.name.extend_from_slice(&prefix);
            self.name.extend_from_slice(&out);
            self.name.push(0);
            if let Some(own) = procfs::own_name(&self.name, caller)? {
                out.truncate(parent + 1);
                out.extend_from_slice(own.as_bytes());
                continue;
            }
            match read_link(&self.name, &mut content) {
                Ok(()) => {}
                Err(Errno::NOENT | Errno::NOTDIR) => {
                    found = Found::Missing;
                    continue;
                }
                // No link.
                Err(Errno::INVAL) => continue,
                // Nor may the caller look, and the kernel says so.
                Err(Errno::ACCESS) if caller::has_our_rights(caller) => continue,
                Err(Errno::NAMETOOLONG) if component.len() > NAME_MAX => {
                    return Err(Blank::Nothing);
                }
                Err(errno) => return Err(Blank::Unseen(errno)),
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(Blank::Nothing);
            }
            let is_absolute = content.first() == Some(&b'/');
            let is_object = content.windows(2).any(|pair| pair == b":[");
            let is_magic = (is_absolute || is_object) && procfs::is_link_of_procfs(&self.name);
            if is_magic && is_absolute {
                // A magic link says where it leads, links resolved.
                open = rest.is_empty().then(|| self.kind());
                if open.is_some() {
                    let end = self.name.len() - 1;
                    self.link.clear();
                    self.link.extend_from_slice(&self.name[..end]);
                }
                std::mem::swap(&mut self.path, &mut content);
                self.placed(caller)?;
                self.undelete();
                out.clear();
                if self.path != b"/" {
                    out.extend_from_slice(&self.path);
                }
                continue;
            }
            if is_magic {
                return Err(Blank::Nothing);
            }
            out.truncate(if is_absolute { 0 } else { parent });
            rest.extend(components(&content));
        }
        found = match open {
            Some(open) => open,
            None if found == Found::Missing => found,
            None => self.seen_at(&prefix, &out),
        };
        self.path = if caller.foreign_root {
            self.root_of(caller)?
        } else {
            Vec::new()
        };
        self.path.extend_from_slice(&out);
        if self.path.is_empty() {
            self.path.push(b'/');
        }
        Ok(found)
    }

    /// What `name` leads to.
    fn kind(&self) -> Found {
        match rustix::fs::stat(c_text(&self.name)) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {
                Found::Directory
            }
            _ => Found::Other,
        }
    }

    fn seen_at(&mut self, prefix: &[u8], out: &[u8]) -> Found {
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

/// Whether what is at a path has to be looked at to tell what it means.
fn may_mean_other(path: &[u8]) -> bool {
    path.starts_with(b"/proc/") || path.starts_with(b"/dev/")
}

/// Components from the last to the first, without empty ones and dots.
fn components(path: &[u8]) -> Vec<Vec<u8>> {
    path.split(|byte| *byte == b'/')
        .rev()
        .filter(|part| !part.is_empty() && part != b".")
        .map(<[u8]>::to_vec)
        .collect()
}

/// Whether a path has a `..` in it.
fn goes_back(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|part| part == b"..")
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
    read_link_at(CWD, name, into)
}

fn read_link_at(directory: BorrowedFd<'_>, name: &[u8], into: &mut Vec<u8>) -> Result<(), Errno> {
    let mut buffer = [MaybeUninit::<u8>::uninit(); libc::PATH_MAX as usize];
    let (read, _) = rustix::fs::readlinkat_raw(directory, c_text(name), &mut buffer)?;
    into.clear();
    into.extend_from_slice(read);
    Ok(())
}
