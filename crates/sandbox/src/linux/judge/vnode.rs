//! What kind of file a request is about: values that only few profiles ask for, so that files are
//! looked at for them only then. They are no part of events, which name a target and do not
//! describe it.

use lapbelt_policy::decide::Decider;
use lapbelt_policy::request::{Request, Value};
use lapbelt_policy::world::{FilterId, World};
use rustix::fs::{AtFlags, CWD};
use rustix::io::Errno;

use crate::linux::blank::Blank;
use crate::linux::caller::{self, Caller};
use crate::linux::classify::{Ask, Detail, Target, When};

/// The names of `vnode-type` with the types of stat(2).
const TYPES: [(&str, u32); 7] = [
    ("REGULAR-FILE", libc::S_IFREG),
    ("DIRECTORY", libc::S_IFDIR),
    ("SYMLINK", libc::S_IFLNK),
    ("CHARACTER-DEVICE", libc::S_IFCHR),
    ("BLOCK-DEVICE", libc::S_IFBLK),
    ("FIFO", libc::S_IFIFO),
    ("SOCKET", libc::S_IFSOCK),
];

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Vnode {
    /// `S_IFMT` of its mode, 0 if that is not known.
    kind: u32,
    /// Its permissions; none for a file that is yet to be made.
    permissions: Option<u32>,
    is_terminal: bool,
}

/// The filters about kinds of files, as far as the policy asks them.
#[derive(Debug, Default)]
pub(super) struct Vnodes {
    kind: Option<FilterId>,
    mode: Option<FilterId>,
    numbers: [Option<i64>; TYPES.len()],
    terminal: Option<i64>,
}

impl Vnodes {
    pub(super) fn new(world: &World, decider: &Decider) -> Self {
        let filter = |name| world.filter_named(name);
        let tested = |name| {
            let id = filter(name)?.id;
            let tests = decider.graph().tests();
            tests.iter().any(|test| test.filter == id).then_some(id)
        };
        let number = |wanted: &str| {
            let values = &filter("vnode-type")?.values;
            let found = values.iter().find(|(name, _)| name == wanted);
            found.map(|(_, number)| *number)
        };
        Self {
            kind: tested("vnode-type"),
            mode: tested("file-mode"),
            numbers: TYPES.map(|(name, _)| number(name)),
            terminal: number("TTY"),
        }
    }

    /// Whether the policy asks for any of them.
    pub(super) fn are_asked_for(&self) -> bool {
        self.kind.is_some() || self.mode.is_some()
    }

    /// Looks at the file of a request, which has this path, if the policy asks for it.
    pub(super) fn look(&self, caller: &Caller, ask: Ask, path: &[u8]) -> Result<Vnode, Blank> {
        if !self.are_asked_for() {
            return Ok(Vnode::default());
        }
        if let Detail::Made(kind) = ask.detail {
            let kind = kind & libc::S_IFMT;
            return Ok(Vnode {
                kind,
                ..Vnode::default()
            });
        }
        let stat = match ask.target {
            Target::File(number) => {
                rustix::fs::stat(format!("/proc/{}/fd/{number}", caller.thread))
            }
            // Links in it are resolved, but for one that is meant itself.
            _ => rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW),
        };
        match stat {
            Ok(stat) => Ok(Vnode {
                kind: stat.st_mode & libc::S_IFMT,
                permissions: Some(stat.st_mode & 0o7777),
                is_terminal: is_terminal(stat.st_mode, stat.st_rdev),
            }),
            Err(Errno::NOENT | Errno::NOTDIR) if ask.when == When::Missing => Ok(Vnode {
                kind: libc::S_IFREG,
                ..Vnode::default()
            }),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(Vnode::default()),
            Err(Errno::ACCESS) if caller::has_our_rights(caller) => Ok(Vnode::default()),
            Err(errno) => Err(Blank::Unseen(errno)),
        }
    }

    /// The request with what the file is.
    pub(super) fn describe<'a>(&self, mut request: Request<'a>, vnode: Vnode) -> Request<'a> {
        if let Some(filter) = self.kind {
            let known = TYPES.iter().zip(self.numbers);
            let kind = known
                .filter(|((_, kind), _)| *kind == vnode.kind)
                .find_map(|(_, number)| number);
            let terminal = self.terminal.filter(|_| vnode.is_terminal);
            for number in [kind, terminal].into_iter().flatten() {
                request.add(filter, Value::Integer(number));
            }
        }
        if let (Some(filter), Some(permissions)) = (self.mode, vnode.permissions) {
            request.add(filter, Value::Bits(permissions.into()));
        }
        request
    }
}

/// Whether a device is a terminal, by the numbers of Documentation/admin-guide/devices.txt of Linux:
/// consoles and serial lines, /dev/tty and its like, pseudo terminals, USB serial lines.
fn is_terminal(mode: u32, device: u64) -> bool {
    let major = libc::major(device);
    mode & libc::S_IFMT == libc::S_IFCHR && matches!(major, 4 | 5 | 136..=143 | 166 | 188 | 204)
}
