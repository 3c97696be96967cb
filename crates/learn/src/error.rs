//! Why a phase could not be carried out at all.

use crate::run_dir::DirError;
use crate::session::SessionError;
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
    /// A file of an earlier run is not what we would have written.
    #[error("{path}: {problem}; start again without --resume")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}
