//! Running a program on macOS: `sandbox-exec` confines it, and the unified log tells what was
//! denied.
//!
//! Both are ordinary programs that are named when the backend is made, so that the same code runs
//! against stand-ins elsewhere.

mod log;
mod log_event;
mod log_line;
mod run;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use lapbelt_policy::event::Event;

pub use log_event::{NoEvent, event};
pub use log_line::{DecidedBy, LogLine, Refusal, parse};

use crate::job::{Backend, Dialect, Job, Outcome, RunError, Support};

/// Exit status of `sandbox-exec` for a profile that does not parse.
const DOES_NOT_PARSE: i32 = 65;

/// Runs programs under `sandbox-exec`.
#[derive(Debug)]
pub struct MacosBackend {
    sandbox_exec: PathBuf,
    log: PathBuf,
    ps: PathBuf,
    /// How long the sentinel may take to come out of the stream.
    patience: Duration,
    /// What our denials carry as their message, if the system knows messages.
    mark: OnceLock<Option<String>>,
    stream: Mutex<Option<log::Stream>>,
}

impl MacosBackend {
    /// With these programs in place of `/usr/bin/sandbox-exec`, `/usr/bin/log` and `/bin/ps`.
    pub fn new(sandbox_exec: PathBuf, log: PathBuf, ps: PathBuf) -> Self {
        Self {
            sandbox_exec,
            log,
            ps,
            patience: Duration::from_secs(5),
            mark: OnceLock::new(),
            stream: Mutex::new(None),
        }
    }

    /// Waits so long, in place of 5 s, for the log to show a denial that is known to be in it,
    /// before it asks for what the log has kept.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn mark(&self) -> Option<&str> {
        let mark = self.mark.get_or_init(|| {
            let mark = format!("lapbelt-{}-{:x}", std::process::id(), moment());
            let text = format!(
                "(version 1)(allow default)(deny file-write-create (literal \"/lapbelt\") (with \
                 message \"{mark}\"))"
            );
            self.accepts_text(&text)
                .is_ok_and(|yes| yes)
                .then_some(mark)
        });
        mark.as_deref()
    }

    /// Whether `sandbox-exec` can read a profile: it starts something harmless under it.
    fn accepts_text(&self, text: &str) -> Result<bool, RunError> {
        let profile = run::text_file(text)?;
        let status = Command::new(&self.sandbox_exec)
            .arg("-f")
            .arg(&profile.path)
            .arg("/usr/bin/true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(RunError::system("start sandbox-exec"))?;
        Ok(status.code() != Some(DOES_NOT_PARSE))
    }

    /// The stream, started if there is none.
    fn stream(&self) -> Result<MutexGuard<'_, Option<log::Stream>>, String> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if stream.is_none() {
            let started =
                log::Stream::start(&self.log).map_err(|error| format!("no log stream: {error}"))?;
            *stream = Some(started);
        }
        Ok(stream)
    }
}

/// Something that differs from one start of ours to the next.
fn moment() -> u128 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}

impl Backend for MacosBackend {
    fn probe(&self) -> Support {
        for program in [&self.sandbox_exec, &self.log] {
            if !program.exists() {
                return Support::None(format!(
                    "there is no {}: this needs macOS",
                    program.display()
                ));
            }
        }
        if self.mark().is_none() {
            return Support::Partial(vec![
                "denials cannot be marked as ours; they are told by their processes".to_owned(),
            ]);
        }
        Support::Full
    }

    fn dialect(&self) -> Option<Dialect> {
        Some(Dialect {
            mark: self.mark().map(str::to_owned),
        })
    }

    fn accepts(&self, profile: &str) -> Result<bool, RunError> {
        // What is denied in trying must not be taken for what a run was denied.
        match self.mark() {
            Some(mark) => self.accepts_text(&profile.replace(mark, "lapbelt-check")),
            None => self.accepts_text(profile),
        }
    }

    fn run(&self, job: Job, sink: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError> {
        run::run(self, job, sink)
    }
}
