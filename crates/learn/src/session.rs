//! Runs of one target: each starts fresh or repeats, under one policy, and is remembered.

mod unwatched;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::Event;
use lapbelt_policy::rule::{Action, Policy, RuleRef, Version};
use lapbelt_policy::world::World;
use lapbelt_sandbox::{
    Backend, Job, Left, Outcome, RunError, Status, Stdio as Stream, Unseen, reasons,
};

use crate::created::Created;
use crate::loader::was_not_loaded;
use crate::made::Made;
use crate::run_dir::{DirError, RunDir};
use crate::second::wait_for_room;
use crate::streams::Keepers;
pub use crate::streams::Streams;
use crate::summary::shown;
use crate::system_profile::system_profile;
use crate::target::Target;
pub(crate) use unwatched::Bare;

/// Room left in a second beside three times the last run, for a fresh and a repeat run in it.
const MARGIN: Duration = Duration::from_millis(100);

/// Exit status of a run whose program could not start, as `sandbox-exec` has it.
const START_DENIED: i32 = 71;

/// Exit status of a run that did not end in time, as `timeout` has it.
const TIMED_OUT: i32 = 124;

/// Why no answer was reached.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The backend could not run the program.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file of the run could not be read or written.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// A command given by the user could not be started or failed.
    #[error("the {what} `{command}` {problem}")]
    Hook {
        /// Which option it was given with.
        what: &'static str,
        /// The command.
        command: String,
        /// What happened.
        problem: String,
    },
    /// Some of its calls could not be looked at, so what it needs cannot be known.
    #[error(
        "what `{command}` needs cannot be learnt, as it makes calls of which cannot be told what they \
         are about: {}. A --profile to start from that allows such calls of everything, as \
         (allow file-read-data) does, lets them go on",
        reasons(.calls)
    )]
    Unseen {
        /// The command line.
        command: String,
        /// How many, by why.
        calls: BTreeMap<Unseen, u64>,
    },
    /// What the program was denied is not known.
    #[error("a run of `{command}` is undecided: {reason}")]
    Undecided {
        /// The command line.
        command: String,
        /// Why not.
        reason: String,
    },
    /// No pipe for the program's output.
    #[error("cannot make a pipe for the program's output: {0}; close some files and try again")]
    Pipe(#[source] std::io::Error),
    /// The program took away what was there before the first run.
    #[error(
        "`{command}` deleted or renamed {what}, which was there before, so no further run is sure to \
         start as the first one did. What it did is left as it is. Say with --fresh-cmd how to put that \
         back before each fresh run, or --fresh-cmd true if it does not matter"
    )]
    TookAway {
        /// The command line.
        command: String,
        /// The paths.
        what: String,
    },
    /// The user asked to stop.
    #[error("stopped; what was found so far is kept, go on with --resume")]
    Stopped,
}

/// State of the file system at the start of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As before the first run: what earlier runs created is removed.
    Fresh,
    /// As the run before left it.
    Repeat,
}

impl Start {
    /// Repeat after fresh, fresh after repeat.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Fresh => Self::Repeat,
            Self::Repeat => Self::Fresh,
        }
    }
}

/// What is done with a denied call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Let it go on, and report it.
    Learn,
    /// Refuse it.
    Strict,
}

/// What one run did.
#[derive(Clone, Debug)]
pub struct Run {
    /// Exit status, 128 + signal, or 124 if it ran out of time.
    pub rc: i32,
    /// It was ended because its time was over.
    pub timed_out: bool,
    /// Whether it counts as a success.
    pub success: bool,
    /// Process id of the program; `None` if it was not let start.
    pub pid: Option<u32>,
    /// Distinct denials, in order.
    pub denied: Vec<Event>,
    /// Distinct requests that were allowed, in order.
    pub allowed: Vec<Event>,
    /// How many denials there were, repeats counted.
    pub denials: u64,
    /// Rules and filters that decided something.
    pub fired: BTreeSet<RuleRef>,
    /// Wall time.
    pub duration: Duration,
    /// Names of the processes that outlived the program and were killed.
    pub stragglers: Vec<String>,
}

impl Run {
    /// The process that is the program itself. One that was not let start is the first that was
    /// seen.
    pub(crate) fn program(&self) -> Option<u32> {
        let first = || self.allowed.iter().chain(&self.denied).next();
        self.pid.or_else(|| first().map(|event| event.pid))
    }
}

/// Told after each run.
#[derive(Clone, Copy, Debug)]
pub struct Tick<'t> {
    /// `trace` or `shrink`.
    pub phase: &'t str,
    /// Iteration or candidate.
    pub step: usize,
    /// Rules in hand.
    pub rules: usize,
    /// Runs of the program so far.
    pub runs: usize,
    /// Since the start.
    pub elapsed: Duration,
}

/// All runs of one target.
pub struct Session<'s> {
    /// What runs programs.
    pub backend: &'s dyn Backend,
    /// The world of the host.
    pub world: Arc<World>,
    /// The program.
    pub target: Target,
    /// Set to stop as soon as possible.
    pub stop: Arc<AtomicBool>,
    progress: &'s mut dyn FnMut(&Tick<'_>),
    created: Created,
    runs: usize,
    successes: usize,
    /// Names of what outlived the program, in any run.
    stragglers: BTreeSet<String>,
    /// What the last `--fresh-cmd` left running.
    left: Left,
    /// How long the run before took, with all that goes with it.
    took: Duration,
    started: Instant,
    /// How long the user gave each command; a search of ours may give the program less.
    patience: Option<Duration>,
    /// Of the next fresh run it is to be told what it changes.
    tells_changes: bool,
    /// What decides for a job that nothing confines: it is not asked.
    no_rules: Arc<Decider>,
}

impl<'s> Session<'s> {
    /// A session without runs. What an interrupted session in the same run directory left behind
    /// is removed before the first fresh run.
    ///
    /// # Errors
    /// If the list of created files in the run directory cannot be read or written.
    pub fn new(
        backend: &'s dyn Backend,
        world: Arc<World>,
        target: Target,
        dir: &RunDir,
        stop: Arc<AtomicBool>,
        progress: &'s mut dyn FnMut(&Tick<'_>),
    ) -> Result<Self, DirError> {
        let created = Created::open(dir.created(), &world)?;
        let (started, patience) = (Instant::now(), target.timeout);
        let no_rules = Policy {
            version: Version::default(),
            rules: Vec::new(),
            sources: Vec::new(),
            implied: true,
        };
        let no_rules = Arc::new(Decider::new(&no_rules, &world));
        Ok(Self {
            backend,
            world,
            target,
            stop,
            progress,
            created,
            runs: 0,
            successes: 0,
            stragglers: BTreeSet::new(),
            left: Left::default(),
            took: Duration::ZERO,
            started,
            patience,
            tells_changes: false,
            no_rules,
        })
    }

    /// Whether the program was seen to create a file or folder that a digest names.
    pub(crate) fn names_digests(&self) -> bool {
        self.created.names_digests()
    }

    /// Has [`Self::made`] tell after the next fresh run which files it changed.
    pub(crate) fn tell_changes(&mut self) {
        self.tells_changes = true;
    }

    /// What the last run left of what our runs made, and of the files that they changed.
    pub(crate) fn made(&self) -> Made {
        self.created.made()
    }

    /// Runs of the program so far.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// Names of the processes that outlived the program and were killed, in any run.
    pub(crate) fn stragglers(&self) -> &BTreeSet<String> {
        &self.stragglers
    }

    /// Reports progress.
    pub fn tick(&mut self, phase: &str, step: usize, rules: usize) {
        let tick = Tick {
            phase,
            step,
            rules,
            runs: self.runs,
            elapsed: self.started.elapsed(),
        };
        (self.progress)(&tick);
    }

    /// Puts the file system back to how it was before the first run, as far as it was our doing.
    ///
    /// # Errors
    /// If the user's own command for it fails.
    pub fn freshen(&mut self) -> Result<(), SessionError> {
        self.left = Left::default();
        self.created.remove();
        self.put_back()
    }

    /// Takes away what our runs made the program create: what is left is what was found. Answers
    /// with what could not be taken away, because of which no run was quite fresh.
    pub fn tidy_up(&mut self) -> Vec<PathBuf> {
        self.left = Left::default();
        if self.took_away().is_some() {
            // What it made may be all that is left of what it took.
            self.created.close();
            return Vec::new();
        }
        let left = self.created.remove();
        self.created.close();
        left
    }

    /// What the program deleted or renamed though it was there before, unless the user has said how
    /// that is put back.
    fn took_away(&self) -> Option<SessionError> {
        let paths: Vec<String> = self.created.taken_away().map(shown).collect();
        if paths.is_empty() || self.target.fresh_cmd.is_some() {
            return None;
        }
        let more = paths.len().saturating_sub(3);
        let mut what = paths.into_iter().take(3).collect::<Vec<_>>().join(", ");
        if more > 0 {
            what.push_str(&format!(" and {more} more"));
        }
        Some(SessionError::TookAway {
            command: self.target.command_line(),
            what,
        })
    }

    /// A job in the folder of the target, with no input, that the user can stop. Nothing is decided
    /// in it.
    fn job(&self, program: PathBuf, args: Vec<OsString>) -> Job {
        Job {
            program,
            args,
            env: None,
            cwd: Some(self.target.cwd.clone()),
            profile: None,
            decider: Arc::clone(&self.no_rules),
            world: Arc::clone(&self.world),
            learn: false,
            report_allowed: false,
            stdin: Stream::Null,
            stdout: Stream::Inherit,
            stderr: Stream::Inherit,
            timeout: None,
            linger: Duration::ZERO,
            stop: Some(Arc::clone(&self.stop)),
        }
    }

    /// Runs the target once.
    ///
    /// # Errors
    /// If it cannot be run, or the user asked to stop.
    pub fn run(
        &mut self,
        policy: &Policy,
        start: Start,
        mode: Mode,
        streams: Streams,
    ) -> Result<Run, SessionError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(SessionError::Stopped);
        }
        if start == Start::Fresh {
            self.freshen()?;
            if std::mem::take(&mut self.tells_changes) {
                self.created.begin()?;
            }
            if mode == Mode::Strict && self.names_digests() {
                wait_for_room(self.took * 3 + MARGIN);
            }
        }
        let began = Instant::now();
        let mut keepers = Keepers::default();
        let stdout = keepers.stream(streams.stdout).map_err(SessionError::Pipe)?;
        let stderr = keepers.stream(streams.stderr).map_err(SessionError::Pipe)?;
        let job = Job {
            profile: self
                .backend
                .dialect()
                .map(|dialect| system_profile(policy, &dialect, &self.world)),
            decider: Arc::new(Decider::new(policy, &self.world)),
            learn: mode == Mode::Learn,
            report_allowed: true,
            stdout,
            stderr,
            timeout: self.target.timeout,
            linger: self.target.linger,
            ..self.job(self.target.name.clone(), self.target.args.clone())
        };
        let mut seen = HashSet::new();
        let mut run = Run {
            rc: 0,
            timed_out: false,
            success: false,
            pid: None,
            denied: Vec::new(),
            allowed: Vec::new(),
            denials: 0,
            fired: BTreeSet::new(),
            duration: Duration::ZERO,
            stragglers: Vec::new(),
        };
        let created = &mut self.created;
        // Of macOS the very first request is the start of the program, under that of sandbox-exec.
        let of_another = self.backend.dialect().is_some();
        let mut starting = of_another.then(|| program_name(&self.target.program));
        let result = self.backend.run(job, &mut |event: &Event| {
            created.note(event);
            if event.decision == Action::Deny {
                run.denials += 1;
            }
            run.fired.extend(event.rule);
            let known = (event.operation, event.values.clone(), event.decision);
            if seen.insert(known) {
                let list = match event.decision {
                    Action::Allow => &mut run.allowed,
                    Action::Deny => &mut run.denied,
                };
                let mut event = event.clone();
                if let Some(name) = starting.take() {
                    event.process = name;
                }
                list.push(event);
            }
        });
        keepers.finish();
        let outcome = match result {
            // A profile may well forbid the very start: a run that failed, as sandbox-exec says it,
            // whatever the user's own command would say of what an earlier run left.
            Err(RunError::StartDenied { .. }) => {
                self.runs += 1;
                run.rc = START_DENIED;
                return Ok(run);
            }
            // What ended it was most likely sent to us too, and may be told to us a little later.
            Err(RunError::EndedEarly { .. }) => return Err(SessionError::Stopped),
            other => other?,
        };
        self.runs += 1;
        if outcome.stopped || self.stop.load(Ordering::Relaxed) {
            self.created.end_moves();
            return Err(SessionError::Stopped);
        }
        if let Some(reason) = outcome.undecided {
            let command = self.target.command_line();
            return Err(SessionError::Undecided { command, reason });
        }
        if !outcome.unseen.is_empty() {
            let command = self.target.command_line();
            return Err(SessionError::Unseen {
                command,
                calls: outcome.unseen,
            });
        }
        run.pid = Some(outcome.pid);
        run.duration = outcome.duration;
        run.timed_out = outcome.timed_out;
        run.rc = rc_of(&outcome);
        self.stragglers.extend(outcome.stragglers.iter().cloned());
        run.stragglers = outcome.stragglers;
        run.success = !was_not_loaded(&run, &self.world) && self.succeeded(run.rc)?;
        if run.timed_out || !run.success && self.has_succeeded() {
            self.created.end_moves();
        }
        self.took = began.elapsed();
        self.successes += usize::from(run.success);
        if let Some(error) = self.took_away() {
            return Err(error);
        }
        if let Some(error) = self.created.failure() {
            return Err(error.into());
        }
        Ok(run)
    }

    /// Whether any run so far was a success.
    pub fn has_succeeded(&self) -> bool {
        self.successes > 0
    }
}

/// The exit status of a run, as a shell has it.
fn rc_of(outcome: &Outcome) -> i32 {
    match outcome.status {
        _ if outcome.timed_out => TIMED_OUT,
        Status::Exited(code) => i32::from(code),
        Status::Signaled(signal) => 128 + signal,
    }
}

fn program_name(program: &std::path::Path) -> String {
    program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
