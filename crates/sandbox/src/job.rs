//! One run of a program under a policy: what is wanted, and what came of it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::Event;
use lapbelt_policy::world::World;

use crate::unseen::Unseen;

/// One of the program's standard streams.
#[derive(Debug, Default)]
pub enum Stdio {
    /// The same as ours.
    #[default]
    Inherit,
    /// `/dev/null`.
    Null,
    /// An open file.
    File(File),
}

/// What to run, and under which policy.
#[derive(Debug)]
pub struct Job {
    /// The program: a path, or a name to be looked for in `PATH`.
    pub program: PathBuf,
    /// Its arguments, without its own name.
    pub args: Vec<OsString>,
    /// Its environment; `None` for ours.
    pub env: Option<Vec<(OsString, OsString)>>,
    /// Its directory; `None` for ours.
    pub cwd: Option<PathBuf>,
    /// The policy as the system is to read it, for a backend that has a [`Dialect`].
    pub profile: Option<SystemProfile>,
    /// Decides.
    pub decider: Arc<Decider>,
    /// The world of the policy.
    pub world: Arc<World>,
    /// Let denied calls go on, marking their events as granted.
    pub learn: bool,
    /// Report allowed requests too. Costs: every call of the table is then looked at. The same
    /// request of the same process may be reported once for many calls, unless it is to make a name
    /// or to take one away.
    pub report_allowed: bool,
    /// Standard input.
    pub stdin: Stdio,
    /// Standard output.
    pub stdout: Stdio,
    /// Standard error.
    pub stderr: Stdio,
    /// A program that has not ended after this time is killed, with everything it started.
    pub timeout: Option<Duration>,
    /// For how long descendants that outlive the program are still supervised, before they are
    /// killed.
    pub linger: Duration,
    /// Set to true by another thread to kill everything and return.
    pub stop: Option<Arc<AtomicBool>>,
}

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// By itself, with this status.
    Exited(u8),
    /// By this signal.
    Signaled(i32),
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Process id of the program, and of nothing that it started.
    pub pid: u32,
    /// How the program ended.
    pub status: Status,
    /// It was killed because its time was over.
    pub timed_out: bool,
    /// It was killed because [`Job::stop`] was set.
    pub stopped: bool,
    /// Denials, granted ones and those that a rule keeps out of the report included.
    pub events_denied: u64,
    /// How many calls were refused, with EPERM and also when [`Job::learn`] is set, because they
    /// could not be looked at and the policy does not allow their operation whatever it is about.
    /// Each is a denial whose event has no values.
    pub unseen: BTreeMap<Unseen, u64>,
    /// Why it is not known what the program was denied, so that its end means nothing; `None` if
    /// it is known.
    pub undecided: Option<String>,
    /// Calls that were looked at.
    pub notifications: u64,
    /// From the start of the program to the end of the last of its descendants.
    pub duration: Duration,
    /// Names of the processes that outlived the program for longer than [`Job::linger`] and were
    /// killed, as far as the system tells them.
    pub stragglers: Vec<String>,
}

impl Outcome {
    /// That of a run of which nothing but its end is known.
    pub(crate) fn unwatched(status: Status) -> Self {
        Self {
            pid: 0,
            status,
            timed_out: false,
            stopped: false,
            events_denied: 0,
            unseen: BTreeMap::new(),
            undecided: None,
            notifications: 0,
            duration: Duration::ZERO,
            stragglers: Vec::new(),
        }
    }
}

/// What a backend can do on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// Everything.
    Full,
    /// Not these things.
    Partial(Vec<String>),
    /// Nothing, for this reason.
    None(String),
}

/// How profiles are written for a backend whose system reads and enforces them by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The message that each denial should carry, by which it is known as one of ours; `None` if
    /// the system knows no messages.
    pub mark: Option<String>,
}

/// A profile for a system that reads and enforces profiles by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemProfile {
    /// The profile.
    pub source: ProfileSource,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
}

/// Where the system finds a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileSource {
    /// In this file.
    File(PathBuf),
    /// This is its text.
    Text(String),
}

impl SystemProfile {
    /// A text that needs no parameters.
    pub fn of_text(text: String) -> Self {
        Self {
            source: ProfileSource::Text(text),
            params: BTreeMap::new(),
        }
    }
}

/// A way to run a program under a policy.
pub trait Backend {
    /// What it can do on this host.
    fn probe(&self) -> Support;

    /// `None` if it decides by our policy graph, call by call: it can then let denied calls go on
    /// and report allowed ones and the rules that decided. Else it reports denials only, and what
    /// rules `(with report)` allow.
    fn dialect(&self) -> Option<Dialect> {
        None
    }

    /// Whether the system can read a profile.
    ///
    /// # Errors
    /// If that cannot be tried.
    fn accepts(&self, _profile: &SystemProfile) -> Result<bool, RunError> {
        Ok(true)
    }

    /// Runs a job to its end. Events reach `sink` while the program runs, in the order of their
    /// decisions.
    fn run(&self, job: Job, sink: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError>;

    /// Runs a job to its end with nothing confining it, whatever its policy is.
    ///
    /// # Errors
    /// If it cannot be started.
    fn run_free(&self, job: Job) -> Result<Outcome, RunError>;

    /// The same, only that what the program leaves running goes on until the second answer is
    /// dropped. Where nothing can be left running safely, it is ended with the program.
    ///
    /// # Errors
    /// If it cannot be started.
    fn run_leaving(&self, job: Job) -> Result<(Outcome, Left), RunError> {
        Ok((self.run_free(job)?, Left::default()))
    }
}

/// What a program left running: it is ended when this is dropped.
#[derive(Debug, Default)]
pub struct Left(
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(crate)  Option<Box<dyn std::fmt::Debug>>,
);

/// Why a program could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// No such program.
    #[error("cannot find the program {0}: give a path, or a name that is in PATH")]
    ProgramMissing(PathBuf),
    /// The program cannot be executed.
    #[error("cannot execute {program}: {cause}; check its permissions and its format")]
    NotExecutable {
        /// The program.
        program: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The first line of a script ends as on other systems.
    #[error(
        "the first line of the script {0} ends in a carriage return (CR-LF), which the system takes \
         for a part of the interpreter's name; save it with LF"
    )]
    CarriageReturn(PathBuf),
    /// The first line of a script names an interpreter that is not there, or that is no program.
    #[error(
        "the interpreter {interpreter} is missing or no program, which the script {program} names \
         in its first line; install it, or correct that line"
    )]
    InterpreterMissing {
        /// The script.
        program: PathBuf,
        /// What it names.
        interpreter: PathBuf,
    },
    /// The program is there, and what is to load it is not.
    #[error(
        "the loader that {program} names is missing: it was built for another system, or for \
         another C library; install that, or build it for this one"
    )]
    LoaderMissing {
        /// The program.
        program: PathBuf,
    },
    /// The policy does not let the program start.
    #[error("the policy does not let {program} start ({cause}): allow {operation} for it")]
    StartDenied {
        /// The program.
        program: PathBuf,
        /// The operation that was denied: that of the program, or of the interpreter of a script.
        operation: String,
        /// What the program got.
        cause: io::Error,
    },
    /// A signal, most likely one sent to us too, ended the program before it had become one.
    #[error("signal {signal} ended {program} before it had started")]
    EndedEarly {
        /// The program.
        program: PathBuf,
        /// The signal.
        signal: i32,
    },
    /// The directory to run in cannot be entered.
    #[error("cannot enter the directory {directory}: {cause}; give one that exists")]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// An argument, a variable or a path has a NUL byte in it.
    #[error("{0:?} has a NUL byte in it, which no program can be given; remove it")]
    Nul(OsString),
    /// The system reads profiles by itself, and not this one.
    #[error(
        "sandbox-exec does not accept the profile; what it says of it, on its standard error, is \
         its reason"
    )]
    Refused,
    /// We are supervised ourselves.
    #[error(
        "lapbelt is itself watched here, by another lapbelt or by a container, and the kernel has one \
         listener a process tree: run it outside of that"
    )]
    Nested,
    /// The kernel cannot do it.
    #[error("this system cannot supervise a program: {0}")]
    Unsupported(String),
    /// A system call of ours failed.
    #[error("cannot {action}: {cause}; this is no fault of the program, try again")]
    System {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        cause: io::Error,
    },
}

impl RunError {
    /// Whether the program cannot be executed, whatever the policy is.
    pub fn is_of_the_program(&self) -> bool {
        matches!(
            self,
            Self::ProgramMissing(_)
                | Self::NotExecutable { .. }
                | Self::CarriageReturn(_)
                | Self::InterpreterMissing { .. }
                | Self::LoaderMissing { .. }
        )
    }

    /// For `map_err`: a failed system call.
    pub(crate) fn system(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::System { action, cause }
    }
}
