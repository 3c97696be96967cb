//! From a system call to the operations it asks: a pure table, one row a call.

mod asks;
mod signals;
mod table;
#[cfg(test)]
mod tests;

use super::blank::Blank;
use super::bpf::Condition;
use super::vocabulary::Op;

pub(crate) use table::{TABLE, row};

/// The six argument registers of a call.
pub(crate) type Arguments = [u64; 6];

/// What a row may read of the caller's memory: words behind pointers.
pub(crate) trait Memory {
    /// The 8 bytes at an address.
    fn word(&self, address: u64) -> Result<u64, Blank>;
}

/// A row: a call, when it needs us, and what it asks then.
#[derive(Debug)]
pub(crate) struct Row {
    /// The call.
    pub(crate) call: super::arch::Call,
    /// When its registers make it ask something, and what: the kernel filter is made of these.
    pub(crate) cases: &'static [Case],
    /// What a call asks in full.
    pub(crate) asks: fn(&Arguments, &dyn Memory) -> Result<Asks, Blank>,
}

/// One way in which a call asks something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// Conditions on registers that all hold.
    pub(crate) when: &'static [Condition],
    /// The operations asked then; none means that the supervisor must see the call in any case.
    pub(crate) asks: &'static [Op],
    /// Where the supervisor must see it at all, if not wherever one of the operations counts.
    pub(crate) only: Option<Only>,
}

/// Where the supervisor must see a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Only {
    /// Where it may be refused: to report it is not worth what it costs.
    Refused,
    /// Where it is known which directories descriptors stand for: after the call they may stand for
    /// others, or those be elsewhere.
    Reopening,
}

impl Row {
    /// Whether a call with these registers is one of [`Only::Reopening`].
    pub(crate) fn reopens(&self, arguments: &Arguments) -> bool {
        let mut cases = self.cases.iter();
        cases.any(|case| case.only == Some(Only::Reopening) && case.holds(arguments))
    }
}

impl Case {
    /// Whether a call with these registers is one of the case.
    pub(crate) fn holds(&self, arguments: &Arguments) -> bool {
        self.when.iter().all(|condition| {
            let word = arguments[usize::from(condition.argument)];
            let half = if condition.high { word >> 32 } else { word } as u32;
            ((half & condition.mask) == condition.value) == condition.equal
        })
    }
}

/// A path as a call names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathAt {
    /// Descriptor of the directory that a relative path starts at; `AT_FDCWD` for the current one.
    pub(crate) directory: i32,
    /// Address of the path.
    pub(crate) pointer: u64,
    /// Whether a link in the last place is followed.
    pub(crate) follow: bool,
    /// Whether an empty path (or a null pointer) means `directory` itself.
    pub(crate) may_be_empty: bool,
    /// Whether `directory` is the root of the way: of a path with a slash before it, of links, and
    /// of `..`.
    pub(crate) in_root: bool,
}

/// Which process a call names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// By process id.
    Process(i32),
    /// All of a process group; 0 is that of the caller.
    Group(i32),
    /// Whoever can be reached.
    Everybody,
    /// By thread id.
    Thread(i32),
    /// By a descriptor of it.
    Descriptor(i32),
    /// The process group that the process of a descriptor leads.
    GroupBehind(i32),
    /// Whom an open file tells of input.
    Owner(i32),
}

/// What an operation is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Nothing in particular.
    Nothing,
    /// What a path leads to.
    Path(PathAt),
    /// An open file.
    File(i32),
    /// The current directory.
    CurrentDirectory,
    /// Another process; never asked for the caller itself, but for a signal.
    Process(Who),
    /// The mappings in a range.
    Mapping {
        /// Where it begins.
        address: u64,
        /// How long it is.
        length: u64,
    },
    /// A socket to be made, in Linux numbering.
    Socket {
        /// Address family.
        domain: i32,
        /// Type without its flags.
        kind: i32,
        /// Protocol.
        protocol: i32,
    },
    /// The address that a call gives for a socket.
    Address {
        /// The socket.
        socket: i32,
        /// Where the `sockaddr` lies.
        pointer: u64,
        /// How long it is.
        length: u32,
        /// Whether one without a family is of IPv4 there; to connect to it only undoes.
        may_lack_family: bool,
    },
    /// The addresses in `msghdr`s.
    Messages {
        /// The socket.
        socket: i32,
        /// Where the first header lies.
        pointer: u64,
        /// How many there are.
        count: u32,
        /// Bytes from one to the next.
        stride: u32,
    },
    /// The address that a socket is bound to.
    Bound(i32),
}

/// On which state of the target an operation is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// On any.
    Always,
    /// If the path does not exist yet.
    Missing,
    /// If it exists.
    Present,
}

/// A value beside the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// None.
    None,
    /// Name of an extended attribute, at an address.
    Attribute(u64),
    /// An ioctl command, in Linux numbering.
    Command(u32),
    /// A signal, in Linux numbering.
    Signal(i32),
    /// The signal by which an open file tells of input.
    Announced(i32),
    /// The mode of a file to be made; 0 if it is that of another.
    Made(u32),
    /// A file is made, or nothing is opened.
    Exclusive,
    /// A mapping is to be executable and writable, which is asked about as well.
    WritableCode,
}

/// One operation asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The operation.
    pub(crate) operation: Op,
    /// What for.
    pub(crate) target: Target,
    /// Whether it depends on the target's state.
    pub(crate) when: When,
    /// A further value.
    pub(crate) detail: Detail,
}

/// Most operations that one call asks.
const MOST: usize = 4;

/// The operations that a call asks, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asks([Option<Ask>; MOST]);

impl Asks {
    /// None.
    pub(crate) const NONE: Asks = Asks([None; MOST]);

    /// The operations.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Ask> + Clone {
        self.0.iter().flatten()
    }

    fn push(&mut self, ask: Ask) {
        debug_assert!(
            self.0[MOST - 1].is_none(),
            "a call asks at most {MOST} operations"
        );
        if let Some(slot) = self.0.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(ask);
        }
    }
}
