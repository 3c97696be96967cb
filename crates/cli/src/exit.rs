//! Exit codes, and errors that end a command.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use lapbelt_learn::error::LearnError;
use lapbelt_learn::next_step::next_step;
use lapbelt_learn::plan::PlanError;
use lapbelt_learn::run_dir::DirError;
use lapbelt_learn::session::SessionError;
use lapbelt_learn::source::ProfileError;

use crate::output::{Output, visible};
use crate::profile::shown;
use crate::show;

/// How a command ended, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Yes, or done.
    Yes,
    /// No: denied, different, findings, did not converge.
    No,
    /// Failed: bad input, missing support.
    Failed,
    /// Undecided: interrupted before there was an answer.
    Undecided,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::Failed => 2,
            Exit::Undecided => 3,
        })
    }
}

/// An error that ends a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// A profile does not evaluate: shown with its source.
    #[error(transparent)]
    Profile(#[from] Box<ProfileError>),
    /// A file.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The user stopped it, or what was denied could not be told.
    #[error("{0}")]
    Undecided(SessionError),
    /// The system did not tell what it decided.
    #[error("{0}")]
    Untold(String),
    /// Anything that one paragraph says.
    #[error("{0}")]
    Other(String),
}

impl From<LearnError> for CommandError {
    fn from(error: LearnError) -> Self {
        match error {
            LearnError::Profile(error) => Self::Profile(error),
            LearnError::Dir(error) => Self::Dir(error),
            LearnError::Session(
                undecided @ (SessionError::Stopped | SessionError::Undecided { .. }),
            ) => Self::Undecided(undecided),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<PlanError> for CommandError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Learn(error) => error.into(),
            other => Self::Other(other.to_string()),
        }
    }
}

impl CommandError {
    /// A file that could not be read or written, with what to do.
    pub(crate) fn of_file(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::Other(format!(
            "cannot {action} {}: {error}{}",
            shown(path),
            next_step(path, error)
        ))
    }

    /// The exit code it ends a command with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Undecided(_) | Self::Untold(_) => Exit::Undecided,
            _ => Exit::Failed,
        }
    }

    /// Tells a person on standard error.
    pub(crate) fn show(&self, output: &Output) {
        match self {
            Self::Profile(error) => output.complain(&show::diagnostics(
                &error.diagnostics,
                &error.sources,
                output.is_coloured(),
            )),
            other => output.complain(&visible(&format!("lapbelt: {other}"))),
        }
    }
}
