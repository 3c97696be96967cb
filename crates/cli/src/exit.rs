//! Exit codes, and errors that end a command.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use lapbelt_learn::error::LearnError;
use lapbelt_learn::next_step::next_step;
use lapbelt_learn::plan::PlanError;
use lapbelt_learn::run_dir::DirError;
use lapbelt_learn::session::SessionError;
use lapbelt_learn::source::ProfileError;
use lapbelt_sbpl::LoadedSource;
use lapbelt_sbpl::diag::{Diagnostic, Severity};
use serde_json::{Value, json};

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
    /// A file, or a place of it.
    #[error("{text}")]
    In {
        /// The file as it is named to a person.
        file: String,
        /// From 1 on, as the column.
        line: Option<usize>,
        /// Where in the line.
        column: Option<usize>,
        /// The paragraph, which names them.
        text: String,
    },
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
        let file = shown(path);
        let text = format!("cannot {action} {file}: {error}{}", next_step(path, error));
        Self::In {
            file,
            line: None,
            column: None,
            text,
        }
    }

    /// What is wrong with a file.
    pub(crate) fn about(path: &Path, problem: impl Display) -> Self {
        Self::of_named(&shown(path), problem)
    }

    /// What is wrong with a file, by its name for a person.
    pub(crate) fn of_named(file: &str, problem: impl Display) -> Self {
        Self::In {
            file: file.to_owned(),
            line: None,
            column: None,
            text: format!("{file}: {problem}"),
        }
    }

    /// What is wrong in a line of a file.
    pub(crate) fn in_line(file: &str, line: usize, problem: impl Display) -> Self {
        Self::In {
            file: file.to_owned(),
            line: Some(line),
            column: None,
            text: format!("{file}:{line}: {problem}"),
        }
    }

    /// What is wrong at a place of a file.
    pub(crate) fn at(file: &str, line: usize, column: usize, problem: impl Display) -> Self {
        Self::In {
            file: file.to_owned(),
            line: Some(line),
            column: Some(column),
            text: format!("{file}:{line}:{column}: {problem}"),
        }
    }

    /// The exit code it ends a command with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Undecided(_) | Self::Untold(_) => Exit::Undecided,
            _ => Exit::Failed,
        }
    }

    /// Ends a command with it: told on standard error, and where JSON was asked for answered too.
    pub(crate) fn end(&self, output: &Output) -> Exit {
        self.show(output);
        if output.json {
            output.answer(&json!({ "errors": self.values() }).to_string());
        }
        self.exit()
    }

    /// For scripts: what it is, where, and what to do; null where that is not known.
    pub(crate) fn values(&self) -> Vec<Value> {
        let (file, line, column) = match self {
            Self::Profile(error) => {
                let all = error.diagnostics.iter();
                return all.map(|one| diagnostic(one, &error.sources)).collect();
            }
            Self::Dir(error) => (Some(shown(&error.path)), None, None),
            Self::In {
                file, line, column, ..
            } => (Some(file.clone()), *line, *column),
            Self::Undecided(_) | Self::Untold(_) | Self::Other(_) => (None, None, None),
        };
        vec![
            json!({"message": self.to_string(), "level": "error", "code": null, "file": file,
                    "line": line, "column": column, "help": null}),
        ]
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

fn diagnostic(one: &Diagnostic, sources: &[LoadedSource]) -> Value {
    let level = match one.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let source = one.origin.and_then(|at| sources.get(at.source.0 as usize));
    json!({"message": one.message, "level": level, "code": one.code.as_str(),
           "file": source.map(|source| &source.name),
           "line": one.origin.map(|at| at.line), "column": one.origin.map(|at| at.column),
           "help": one.help})
}
