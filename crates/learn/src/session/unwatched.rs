//! What is run with nothing confining it: the target itself, to tell whether it works at all, and
//! the commands that the user gave to go with it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use lapbelt_sandbox::{Job, Outcome, RunError, Stdio};

use super::{Session, SessionError, Start, rc_of};
use crate::summary::exit_status;

/// What runs commands.
const SHELL: &str = "/bin/sh";

/// Where a command finds the exit status of the run.
const STATUS: &str = "LAPBELT_STATUS";

/// How often a target that fails is tried again, to tell whether it does so every time.
const TRIES: usize = 4;

/// How the target ended with nothing confining it.
#[derive(Clone, Debug)]
pub(crate) struct Bare {
    /// Exit status, 128 + signal, or 124 if it ran out of time.
    pub(crate) rc: i32,
    /// It was ended because its time was over.
    pub(crate) timed_out: bool,
    /// Whether it counts as a success.
    pub(crate) success: bool,
    /// It failed, and succeeded when it was run once more from where that left it.
    pub(crate) recovered: bool,
    /// Names of the processes that outlived the program and were killed.
    pub(crate) stragglers: Vec<String>,
}

impl Session<'_> {
    /// Runs the target with nothing confining it, to tell whether it works at all: fresh, and for a
    /// repeat run once more. If it fails, and did not always, it is seen whether it always does now.
    ///
    /// # Errors
    /// If it cannot be started, or the user asked to stop.
    pub(crate) fn run_bare(&mut self, start: Start) -> Result<Bare, SessionError> {
        let known = self.created.known();
        self.freshen()?;
        let began = self.created.now()?;
        let result = self.bare_from(start);
        // Nobody watched what these runs created and moved; most likely the same again.
        self.created.assume(known, began)?;
        if !result.as_ref().is_ok_and(|bare| !bare.timed_out) {
            self.created.end_moves();
        }
        result
    }

    fn bare_from(&self, start: Start) -> Result<Bare, SessionError> {
        let mut bare = self.bare()?;
        if start == Start::Repeat && bare.success {
            bare = self.bare()?;
        }
        if self.has_succeeded() && !bare.success && !bare.timed_out {
            for _ in 0..TRIES {
                let again = self.bare()?;
                bare.recovered = again.success;
                if again.success || again.timed_out {
                    break;
                }
            }
        }
        Ok(bare)
    }

    fn bare(&self) -> Result<Bare, SessionError> {
        let job = Job {
            stdout: Stdio::Null,
            stderr: Stdio::Null,
            timeout: self.target.timeout,
            linger: self.target.linger,
            ..self.job(self.target.name.clone(), self.target.args.clone())
        };
        let outcome = self.free(|| self.backend.run_free(job))?;
        let rc = rc_of(&outcome);
        Ok(Bare {
            rc,
            timed_out: outcome.timed_out,
            success: self.succeeded(rc)?,
            recovered: false,
            stragglers: outcome.stragglers,
        })
    }

    /// Whether a run that ended with `rc` counts as a success.
    ///
    /// # Errors
    /// If the user's own command for it cannot be started, or the user asked to stop.
    pub(super) fn succeeded(&self, rc: i32) -> Result<bool, SessionError> {
        match &self.target.success_cmd {
            None => Ok(rc == 0),
            Some(command) => {
                let job = self.shell(command, Some(rc));
                Ok(ended(&self.free(|| self.backend.run_free(job))?) == Some(0))
            }
        }
    }

    /// Has the user's own command put back what a run changed, if there is one.
    ///
    /// # Errors
    /// If it fails, or the user asked to stop.
    pub(super) fn put_back(&mut self) -> Result<(), SessionError> {
        let Some(command) = &self.target.fresh_cmd else {
            return Ok(());
        };
        let (outcome, left) = self.free(|| self.backend.run_leaving(self.shell(command, None)))?;
        let problem = match ended(&outcome) {
            Some(0) => {
                // A server, say, that the program needs in this run and those that repeat it.
                self.left = left;
                return Ok(());
            }
            Some(rc) => format!(
                "failed with {}; run it by hand in {} to see why",
                exit_status(rc),
                self.target.cwd.display()
            ),
            None => "did not end within --timeout; give it more time".to_string(),
        };
        Err(SessionError::Hook {
            what: "--fresh-cmd",
            command: command.clone(),
            problem,
        })
    }

    /// The job that is a command of the user.
    fn shell(&self, command: &str, rc: Option<i32>) -> Job {
        let words = ["-c", command].map(OsString::from);
        let mut job = self.job(PathBuf::from(SHELL), words.to_vec());
        job.stdout = Stdio::Null;
        job.timeout = self.patience;
        if let Some(rc) = rc {
            let others = std::env::vars_os().filter(|(name, _)| name != STATUS);
            let status = (STATUS.into(), rc.to_string().into());
            job.env = Some(others.chain([status]).collect());
        }
        job
    }

    /// Has something run with nothing confining it.
    fn free<T>(&self, run: impl FnOnce() -> Result<T, RunError>) -> Result<T, SessionError> {
        match run() {
            // What ended it was most likely sent to us too.
            Err(RunError::EndedEarly { .. }) => Err(SessionError::Stopped),
            Ok(_) if self.stop.load(Ordering::Relaxed) => Err(SessionError::Stopped),
            other => Ok(other?),
        }
    }
}

/// The exit status of a command of the user; `None` if it ran out of time.
fn ended(outcome: &Outcome) -> Option<i32> {
    (!outcome.timed_out).then(|| rc_of(outcome))
}
