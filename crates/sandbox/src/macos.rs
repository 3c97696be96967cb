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

use run::TextFile;

use crate::job::{Backend, Dialect, Job, Outcome, ProfileSource, RunError, Support, SystemProfile};

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
            self.is_read(&SystemProfile::of_text(text))
                .is_ok_and(|yes| yes)
                .then_some(mark)
        });
        mark.as_deref()
    }

    /// `sandbox-exec` with a profile and its parameters; a text of ours, which may be long, is given
    /// in a file, that has to be kept until the program has started.
    fn confined(&self, profile: &SystemProfile) -> Result<(Command, Option<TextFile>), RunError> {
        let mut command = Command::new(&self.sandbox_exec);
        for (name, value) in &profile.params {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        let kept = match &profile.source {
            ProfileSource::File(path) => {
                command.arg("-f").arg(path);
                None
            }
            ProfileSource::Text(text) => {
                let file = run::text_file(text)?;
                command.arg("-f").arg(&file.path);
                Some(file)
            }
        };
        Ok((command, kept))
    }

    /// Whether `sandbox-exec` can read a profile: it starts something harmless under it.
    fn is_read(&self, profile: &SystemProfile) -> Result<bool, RunError> {
        let (mut command, _kept) = self.confined(profile)?;
        let status = command
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

    fn accepts(&self, profile: &SystemProfile) -> Result<bool, RunError> {
        let mut profile = profile.clone();
        // What is denied in trying must not be taken for what a run was denied.
        if let (Some(mark), ProfileSource::Text(text)) = (self.mark(), &mut profile.source) {
            *text = text.replace(mark, "lapbelt-check");
        }
        self.is_read(&profile)
    }

    fn run(&self, job: Job, sink: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError> {
        run::run(self, job, sink)
    }

    fn run_free(&self, job: Job) -> Result<Outcome, RunError> {
        run::run_free(self, job)
    }
}
