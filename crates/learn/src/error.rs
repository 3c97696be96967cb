//! Why a phase could not be carried out at all.

use crate::run_dir::DirError;
use crate::session::{Session, SessionError, TIMED_OUT};
use crate::source::ProfileError;

/// An error that ends a command with nothing decided.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// A profile does not evaluate.
    #[error(transparent)]
    Profile(#[from] Box<ProfileError>),
    /// The program could not be run, or the user stopped.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A file could not be read or written.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The program does not work even with nothing confining it.
    #[error(
        "`{command}` fails without any sandbox (exit status {rc}), so no profile can make it \
         succeed. Run it by hand to see why; if that status is its way of succeeding, say so with \
         --success-cmd 'test \"$LAPBELT_STATUS\" = {rc}'"
    )]
    FailsUnconfined {
        /// The command line.
        command: String,
        /// Its exit status.
        rc: i32,
    },
    /// The program worked before and does not any more, with nothing confining it.
    #[error(
        "`{command}` succeeded before, and fails when it is run again, even without any sandbox \
         (exit status {rc}): what it did the first time is in its way. A profile must hold for a \
         repeat run too, so give --cmd a command that can be repeated, such as sh -c 'rm -f FILE; …'"
    )]
    WorksOnce {
        /// The command line.
        command: String,
        /// Its exit status.
        rc: i32,
    },
    /// The program does not end.
    #[error(
        "`{command}` does not end within --timeout even without any sandbox; give it more time, or \
         arguments with which it ends by itself"
    )]
    NeverEnds {
        /// The command line.
        command: String,
    },
    /// A file of an earlier run is not what we would have written.
    #[error("{path}: {problem}; start again without --resume")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl LearnError {
    /// What to say of a target that failed with nothing confining it.
    pub(crate) fn unconfined(session: &Session<'_>, rc: i32) -> Self {
        let command = session.target.command_line();
        if rc == TIMED_OUT {
            Self::NeverEnds { command }
        } else if session.has_succeeded() {
            Self::WorksOnce { command, rc }
        } else {
            Self::FailsUnconfined { command, rc }
        }
    }
}
