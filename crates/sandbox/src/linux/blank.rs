//! Why nothing can be asked about a target.

use rustix::io::Errno;

/// A target that is not known. The two kinds must never be mixed up: one call goes on, the other
/// is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blank {
    /// There is none: the kernel fails the call by itself, the caller is gone, or it is no file.
    Nothing,
    /// There may be one, but we could not look at it, for this reason.
    Unseen(Errno),
}

impl From<Errno> for Blank {
    /// What a failed look at a caller says: what is not there (a process, a descriptor, a page)
    /// the call does not find either.
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::SRCH | Errno::NOENT | Errno::BADF | Errno::FAULT => Self::Nothing,
            errno => Self::Unseen(errno),
        }
    }
}

impl From<std::io::Error> for Blank {
    fn from(error: std::io::Error) -> Self {
        Errno::from_io_error(&error).map_or(Self::Unseen(Errno::IO), Self::from)
    }
}
