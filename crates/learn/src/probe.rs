//! Asking the system itself: a policy is applied, operations are tried on targets, and what came of
//! each is recorded with all that tells a refusal from other failures.
//!
//! A program that tries one operation ([`lapbelt_sandbox::probe::answer_to`]) is run anew for each
//! question. What it needs to start is added to the policy, as rules for exactly that; a question
//! that those rules would answer is not answered.

mod meaning;
mod place;
pub mod record;
mod start;
pub mod targets;

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio as Streams};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{FilterId, OperationId, World};
use lapbelt_sandbox::probe::{Said, Takes, kind, said};
use lapbelt_sandbox::{Backend, Job, RunError, Status, Stdio};

use crate::system_profile::system_profile;
use meaning::Meaning;
use record::Record;
use start::Start;

/// A program that ends later than this never answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program that asks: it is given an operation and a target after these arguments, and calls
/// [`lapbelt_sandbox::probe::answer_to`] with them.
#[derive(Clone, Debug)]
pub struct Prober {
    /// Its path.
    pub program: PathBuf,
    /// Its arguments before the operation and the target.
    pub args: Vec<OsString>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// An operation that [`lapbelt_sandbox::probe::kind`] knows.
    pub operation: String,
    /// Its target; empty for an operation that has none.
    pub target: String,
}

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The system does not take the profile.
    #[error("the profile cannot be applied ({stage}): {message}")]
    NotApplied {
        /// Where it failed, in the words of the records.
        stage: &'static str,
        /// What the system said.
        message: String,
    },
    /// No program can be run under the backend.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The log cannot be read, so that nothing is known.
    #[error("what was denied is not known: {0}")]
    Undecided(String),
    /// A pipe or a plain program of our own.
    #[error("cannot {action}: {cause}; try again")]
    System {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The user asked to stop.
    #[error("stopped")]
    Stopped,
}

/// One policy that is asked.
pub struct Probe<'p> {
    backend: &'p dyn Backend,
    world: Arc<World>,
    prober: Prober,
    stop: Arc<AtomicBool>,
    given: Decider,
    start: Start,
}

/// A request as an event has it.
type Request = (OperationId, Vec<(FilterId, OwnedValue)>);

/// What one run of the asking program showed.
struct Tried {
    said: Said,
    /// How it ended, for a person to read.
    end: String,
    stderr: String,
    events: Vec<Event>,
}

impl<'p> Probe<'p> {
    /// Applies a policy, and finds out what the asking program needs to start under it.
    ///
    /// # Errors
    /// If the policy cannot be applied, or no program be run.
    pub fn new(
        backend: &'p dyn Backend,
        world: Arc<World>,
        policy: &Policy,
        prober: Prober,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, ProbeError> {
        let given = Decider::new(policy, &world);
        let start = Start::given(policy, &world);
        let mut probe = Self {
            backend,
            world,
            prober,
            stop,
            given,
            start,
        };
        probe.learn_to_start()?;
        Ok(probe)
    }

    /// Asks one question.
    ///
    /// # Errors
    /// If no program can be run any more, or what was denied is not known.
    pub fn ask(&self, question: &Question) -> Result<Record, ProbeError> {
        let (operation, target) = (question.operation.as_str(), question.target.as_str());
        let undecided = |reason: String| Ok(Record::non_decision(question, reason));
        let Some(kind) = kind(operation) else {
            return undecided("no way to try it is known".to_owned());
        };
        let Some(info) = self.world.operation_named(operation) else {
            return undecided(format!(
                "the world {} has no such operation",
                self.world.id()
            ));
        };
        if self.backend.dialect().is_none() && !info.enforced {
            return undecided("the supervisor of this host never asks for it".to_owned());
        }
        if kind.takes == Takes::Path && !target.starts_with('/') {
            return undecided("not an absolute path".to_owned());
        }
        let place = match place::prepare(kind, target) {
            Ok(place) => place,
            Err(reason) => return undecided(reason),
        };
        let tried = self.run(operation, target, false)?;
        let failed = !matches!(
            tried.said.answer,
            Some(lapbelt_sandbox::probe::Answer::Done) | None
        );
        let bare = match failed {
            true => self.bare(operation, target)?,
            false => None,
        };
        drop(place);
        let events: Vec<&Event> = tried
            .events
            .iter()
            .filter(|event| !self.start.noise.contains(&request_of(event)))
            .collect();
        let meaning = Meaning {
            kind,
            operation: info.id,
            tried: &tried,
            bare,
            events: &events,
            world: &self.world,
        };
        let record = meaning.record(question);
        Ok(match record {
            Record::Case(case) if self.is_for_start(&case, &events) => Record::non_decision(
                question,
                "a rule that the asking program needs to start decides it".to_owned(),
            ),
            record => record,
        })
    }

    /// Whether the rules for the start decided, and not those that were given.
    fn is_for_start(&self, case: &record::Case, events: &[&Event]) -> bool {
        let differs = |event: &&Event| {
            let request = event.request();
            self.given.decide(&request).action != self.start.decider.decide(&request).action
        };
        if events.iter().any(differs) {
            return true;
        }
        let target = (!case.target.is_empty()).then_some(case.target.as_bytes());
        let asked = lapbelt_policy::ask::ask(&self.world, &case.operation, target, &[]);
        asked.is_ok_and(|asked| {
            let request = asked.request();
            self.given.decide(&request).action != self.start.decider.decide(&request).action
        })
    }

    /// Runs the asking program under the policy with the rules for its start.
    fn run(&self, operation: &str, target: &str, learn: bool) -> Result<Tried, ProbeError> {
        let (stdout, output) = pipe()?;
        let (stderr, errors) = pipe()?;
        let mut args = self.prober.args.clone();
        args.extend([operation.into(), target.into()]);
        let job = Job {
            program: self.prober.program.clone(),
            args,
            env: None,
            cwd: Some("/".into()),
            profile: self
                .backend
                .dialect()
                .map(|dialect| system_profile(&self.start.policy, &dialect, &self.world)),
            decider: Arc::clone(&self.start.decider),
            world: Arc::clone(&self.world),
            learn,
            report_allowed: true,
            stdin: Stdio::Null,
            stdout,
            stderr,
            timeout: Some(PATIENCE),
            linger: Duration::ZERO,
            stop: Some(Arc::clone(&self.stop)),
        };
        let mut events = Vec::new();
        let mut seen = HashSet::new();
        let result = self.backend.run(job, &mut |event: &Event| {
            if seen.insert((request_of(event), event.decision)) {
                events.push(event.clone());
            }
        });
        let text = |reader: thread::JoinHandle<String>| reader.join().unwrap_or_default();
        let (said, stderr) = (said(&text(output)), text(errors));
        let end = match result {
            Err(RunError::StartDenied { .. }) => "it was not let start".to_owned(),
            Err(error) => return Err(error.into()),
            Ok(outcome) if outcome.stopped => return Err(ProbeError::Stopped),
            Ok(outcome) => {
                if let Some(reason) = outcome.undecided {
                    return Err(ProbeError::Undecided(reason));
                }
                match outcome.status {
                    _ if outcome.timed_out => "it did not end".to_owned(),
                    Status::Exited(status) => format!("exit status {status}"),
                    Status::Signaled(signal) => format!("ended by signal {signal}"),
                }
            }
        };
        Ok(Tried {
            said,
            end,
            stderr,
            events,
        })
    }

    /// What the same attempt gives with nothing confining it; `None` if the asking program did not
    /// tell, as when it became another.
    fn bare(
        &self,
        operation: &str,
        target: &str,
    ) -> Result<Option<lapbelt_sandbox::probe::Answer>, ProbeError> {
        let failed = |cause| ProbeError::System {
            action: "start the asking program",
            cause,
        };
        let output = Command::new(&self.prober.program)
            .args(&self.prober.args)
            .args([OsStr::new(operation), OsStr::new(target)])
            .current_dir("/")
            .stdin(Streams::null())
            .stderr(Streams::null())
            .output()
            .map_err(failed)?;
        Ok(said(&String::from_utf8_lossy(&output.stdout)).answer)
    }
}

fn request_of(event: &Event) -> Request {
    (event.operation, event.values.clone())
}

/// A stream for a program, and what it wrote, once everyone who could write is gone.
fn pipe() -> Result<(Stdio, thread::JoinHandle<String>), ProbeError> {
    let failed = |cause| ProbeError::System {
        action: "make a pipe",
        cause,
    };
    let (mut reader, writer) = std::io::pipe().map_err(failed)?;
    let text = thread::spawn(move || {
        let mut bytes = Vec::new();
        // What could not be read was not said.
        let _ = reader.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let file = std::fs::File::from(std::os::fd::OwnedFd::from(writer));
    Ok((Stdio::File(file), text))
}
