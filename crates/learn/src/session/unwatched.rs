//! What is run with nothing confining it: the target itself, to tell whether it works at all, and
//! the commands that the user gave to go with it.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::{Session, SessionError, Start, TIMED_OUT};

/// What runs commands, and scripts that do not say what runs them.
const SHELL: &str = "/bin/sh";

/// Time between two looks at whether a command has ended.
const INTERVAL: Duration = Duration::from_millis(2);

/// How the target ended with nothing confining it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bare {
    /// Exit status, 128 + signal, or 124 if it ran out of time.
    pub(crate) rc: i32,
    /// It was ended because its time was over.
    pub(crate) timed_out: bool,
    /// Whether it counts as a success.
    pub(crate) success: bool,
}

impl Session<'_> {
    /// Runs the target with nothing confining it, to tell whether it works at all: fresh, and for a
    /// repeat run once more.
    ///
    /// # Errors
    /// If it cannot be started, or the user asked to stop.
    pub(crate) fn run_bare(&mut self, start: Start) -> Result<Bare, SessionError> {
        let known = self.created.known();
        self.freshen()?;
        let mut bare = self.bare()?;
        if start == Start::Repeat && bare.success {
            bare = self.bare()?;
        }
        // Nobody watched what these runs created; most likely the same again.
        self.created.assume(known);
        Ok(bare)
    }

    fn bare(&self) -> Result<Bare, SessionError> {
        let start = |program: &Path, script: Option<&Path>| {
            Command::new(program)
                .args(script)
                .args(&self.target.args)
                .current_dir(&self.target.cwd)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
        };
        let failed = |error: io::Error| SessionError::Hook {
            what: "program",
            command: self.target.command_line(),
            problem: format!("could not be started: {error}"),
        };
        let child = match start(&self.target.name, None) {
            // A script that does not say so itself, as the backend starts one.
            Err(error) if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
                start(Path::new(SHELL), Some(&self.target.program))
            }
            other => other,
        }
        .map_err(failed)?;
        let ended = self.wait(child, self.target.timeout, failed)?;
        let rc = ended.unwrap_or(TIMED_OUT);
        Ok(Bare {
            rc,
            timed_out: ended.is_none(),
            success: self.succeeded(rc)?,
        })
    }

    /// Whether a run that ended with `rc` counts as a success.
    ///
    /// # Errors
    /// If the user's own command for it cannot be started, or the user asked to stop.
    pub(super) fn succeeded(&self, rc: i32) -> Result<bool, SessionError> {
        match &self.target.success_cmd {
            None => Ok(rc == 0),
            Some(command) => Ok(self.shell("--success-cmd", command, Some(rc))? == Some(0)),
        }
    }

    /// Has the user's own command put back what a run changed, if there is one.
    ///
    /// # Errors
    /// If it fails, or the user asked to stop.
    pub(super) fn put_back(&self) -> Result<(), SessionError> {
        let Some(command) = &self.target.fresh_cmd else {
            return Ok(());
        };
        let problem = match self.shell("--fresh-cmd", command, None)? {
            Some(0) => return Ok(()),
            Some(status) => format!("failed with exit status {status}"),
            None => "did not end within --timeout; give it more time".to_string(),
        };
        Err(SessionError::Hook {
            what: "--fresh-cmd",
            command: command.clone(),
            problem,
        })
    }

    /// The exit status of a command of the user; `None` if it ran out of time.
    fn shell(
        &self,
        what: &'static str,
        command: &str,
        rc: Option<i32>,
    ) -> Result<Option<i32>, SessionError> {
        let mut shell = Command::new(SHELL);
        shell.arg("-c").arg(command).current_dir(&self.target.cwd);
        shell.stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(rc) = rc {
            shell.env("LAPBELT_STATUS", rc.to_string());
        }
        let failed = |error: io::Error| SessionError::Hook {
            what,
            command: command.to_string(),
            problem: format!("could not be started: {error}"),
        };
        let child = shell.spawn().map_err(failed)?;
        self.wait(child, self.patience, failed)
    }

    /// Waits for the exit status of a command; `None` if it ran out of time.
    fn wait(
        &self,
        mut child: Child,
        timeout: Option<Duration>,
        failed: impl Fn(io::Error) -> SessionError,
    ) -> Result<Option<i32>, SessionError> {
        let started = Instant::now();
        loop {
            let ended = child.try_wait().map_err(&failed)?;
            let stopped = self.stop.load(Ordering::Relaxed);
            if let Some(status) = ended.filter(|_| !stopped) {
                let signal = || 128 + status.signal().unwrap_or(0);
                return Ok(Some(status.code().unwrap_or_else(signal)));
            }
            let late = timeout.is_some_and(|timeout| started.elapsed() > timeout);
            if late || stopped {
                end(&mut child);
                return if stopped {
                    Err(SessionError::Stopped)
                } else {
                    Ok(None)
                };
            }
            thread::sleep(INTERVAL);
        }
    }
}

/// Ends a command with what it has started, as far as the system tells that: a shell that is ended
/// leaves what it waits for.
fn end(child: &mut Child) {
    let mut family = vec![Pid::from_child(child)];
    let mut at = 0;
    while let Some(member) = family.get(at) {
        family.extend(children(*member));
        at += 1;
    }
    for member in family {
        // It may have ended just now, which is as well.
        let _ = kill_process(member, Signal::KILL);
    }
    let _ = child.wait();
}

/// Processes that a process has started and that are still there.
fn children(parent: Pid) -> Vec<Pid> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{parent}/task")) else {
        return Vec::new();
    };
    let lists = tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let numbers = |list: String| -> Vec<Pid> {
        let numbers = list.split_whitespace().filter_map(|n| n.parse().ok());
        numbers.filter_map(Pid::from_raw).collect()
    };
    lists.flat_map(numbers).collect()
}
