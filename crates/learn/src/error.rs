//! Why a phase could not be carried out at all.

use std::io::IsTerminal;

use lapbelt_sandbox::not_found;

use crate::run_dir::DirError;
use crate::session::{Bare, Session, SessionError};
use crate::source::ProfileError;
use crate::summary::{exit_status, killed};

/// Of a program that fails where somebody meant it to read.
const EMPTY_INPUT: &str = "Its runs read an empty standard input, not what is given to lapbelt: if \
     it needs that, let it read a file, as in --cmd sh -- -c '… < FILE'. ";

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
        "`{command}` fails with {} without any sandbox, so no profile can make it \
         succeed. {hint}Run it by hand to see why; if that status is its way of succeeding, say so \
         with --success-cmd 'test \"$LAPBELT_STATUS\" = {rc}'",
        exit_status(*rc)
    )]
    FailsUnconfined {
        /// The command line.
        command: String,
        /// Its exit status.
        rc: i32,
        /// What else may be the cause.
        hint: String,
    },
    /// The user's own command says that the program does not work even with nothing confining it.
    #[error(
        "`{command}` ends with {} without any sandbox, and --success-cmd `{judge}` takes that for no \
         success, so no profile can make it one: it fails, or does not end within --timeout. \
         {hint}Run both by hand to see which of them is wrong; the second finds the exit status of \
         the first in LAPBELT_STATUS",
        exit_status(*rc)
    )]
    Rejected {
        /// The command line.
        command: String,
        /// Its exit status.
        rc: i32,
        /// The command that judges it.
        judge: String,
        /// What else may be the cause.
        hint: String,
    },
    /// The program worked before and does not any more, with nothing confining it.
    #[error(
        "`{command}` succeeded before, and fails with {} however often it is run again, even without \
         any sandbox{judged}: what it did the first time is in its way. A profile must hold for a repeat \
         run too, so give --cmd a command that can be repeated, such as \
         sh -c 'rm -f FILE; …'",
        exit_status(*rc)
    )]
    WorksOnce {
        /// The command line.
        command: String,
        /// Its exit status.
        rc: i32,
        /// What a command of the user said of it.
        judged: &'static str,
    },
    /// The program fails in one run and not in another, with nothing confining it.
    #[error(
        "`{command}` failed with {} in one run without any sandbox{judged}, and succeeded in the next, \
         so what a run of it shows says nothing of a profile. Give --cmd a command that succeeds each \
         time, such as sh -c 'for try in 1 2 3 4 5; do … && exit; done; exit 1'",
        exit_status(*rc)
    )]
    Wavers {
        /// The command line.
        command: String,
        /// The exit status of the run that failed.
        rc: i32,
        /// What a command of the user said of it.
        judged: &'static str,
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
    /// There is no run in a directory.
    #[error(
        "{dir} holds no run, as there is no run.json in it; start one anew with \
         `lapbelt workflow --out {dir}`{earlier}"
    )]
    NoRun {
        /// The directory.
        dir: String,
        /// Where the run before is, if there is one.
        earlier: String,
    },
    /// A file of an earlier run is not what we would have written.
    #[error("{path}: {problem}; another version may have written it: start a new run")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl LearnError {
    /// What to say of a target that failed with nothing confining it.
    pub(crate) fn unconfined(session: &Session<'_>, bare: Bare) -> Self {
        let command = session.target.command_line();
        let rc = bare.rc;
        if let Some(error) = not_found(&session.target.program, rc) {
            return SessionError::Run(error).into();
        }
        let mut hint = if has_input() { EMPTY_INPUT } else { "" }.to_string();
        // The exit status of the program itself was there before they were killed.
        if session.target.success_cmd.is_some() && !bare.stragglers.is_empty() {
            let killed = killed(&bare.stragglers, session.target.linger.as_secs_f64());
            hint.push_str(&format!("Lapbelt {killed}. "));
        }
        match session.target.success_cmd.clone() {
            _ if bare.timed_out => Self::NeverEnds { command },
            judge if session.has_succeeded() => {
                let judged = judge.map_or("", |_| ", and --success-cmd fails");
                if bare.recovered {
                    Self::Wavers {
                        command,
                        rc,
                        judged,
                    }
                } else {
                    Self::WorksOnce {
                        command,
                        rc,
                        judged,
                    }
                }
            }
            Some(judge) => Self::Rejected {
                command,
                rc,
                judge,
                hint,
            },
            None => Self::FailsUnconfined { command, rc, hint },
        }
    }

    /// Whether it says that the program cannot be learnt at all, so that nothing was found.
    pub(crate) fn is_of_the_program(&self) -> bool {
        match self {
            Self::FailsUnconfined { .. } | Self::Rejected { .. } | Self::NeverEnds { .. } => true,
            Self::Session(SessionError::Run(error)) => error.is_of_the_program(),
            _ => false,
        }
    }
}

/// Whether a pipe or a file that holds something is our standard input.
fn has_input() -> bool {
    let input = std::io::stdin();
    !input.is_terminal() && rustix::io::ioctl_fionread(&input).is_ok_and(|bytes| bytes > 0)
}
