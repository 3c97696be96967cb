//! Calls that were refused whatever the policy says of them: mostly as what they are about could not
//! be told.

use std::collections::BTreeMap;
use std::fmt;

/// Why they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// The process may not be looked into by us: it is not dumpable, its executable may only be
    /// run, or it is another user's.
    Hidden,
    /// The path of a folder is longer than the kernel tells.
    LongPath,
    /// A handle opens a file without a path, or files of a whole file system are watched.
    Handle,
    /// A path leads where it cannot be followed.
    Lost,
    /// It would reach into a process that supervises, and could have that let go on what it refuses.
    Keeper,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hidden => "a process keeps others from reading its memory: run lapbelt as root",
            Self::LongPath => {
                "the path of a folder is longer than the kernel tells: work where it is below 4096 \
                 bytes"
            }
            Self::Handle => {
                "open_by_handle_at opens a file without a path, or fanotify_mark watches all of a file \
                 system"
            },
            Self::Lost => "a path leads where it cannot be followed",
            Self::Keeper => "no program may reach into the lapbelt that confines it",
        })
    }
}

/// The reasons of some calls in one phrase, each with how often it was one.
pub fn reasons(unseen: &BTreeMap<Unseen, u64>) -> String {
    let reason = |(reason, count): (&Unseen, &u64)| match count {
        1 => reason.to_string(),
        _ => format!("{reason}, ×{count}"),
    };
    unseen.iter().map(reason).collect::<Vec<_>>().join("; ")
}
