//! One run under `sandbox-exec`, with its denials out of the log.
//!
//! The log is asynchronous: that a denial is not there yet does not mean that there was none. So
//! after the run something that is denied for certain is done, the *sentinel*: once its own
//! denial has come out of the log, all before it has. Without it nothing is known of the run, and
//! it counts as undecided.

use std::collections::HashSet;
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lapbelt_policy::decide as policy;
use lapbelt_policy::event::Event;
use lapbelt_policy::graph::Source;
use lapbelt_policy::rule::{Action, RuleRef};
use lapbelt_policy::world::World;

use super::log::{Entry, Stream};
use super::log_line::{DecidedBy, LogLine};
use super::{DOES_NOT_PARSE, MacosBackend, log, log_event, log_line};
use crate::job::{Backend, Job, Outcome, ProfileSource, RunError, Status, Stdio, SystemProfile};

/// Exit status of `sandbox-exec` for a program that it could not start.
const CANNOT_EXECUTE: i32 = 71;

/// The program that no sentinel starts.
const SENTINEL: &str = "/usr/bin/true";

/// For how long descendants are looked for all the time, and then how long from one look to the next.
const STARTING: Duration = Duration::from_secs(1);
/// See [`STARTING`].
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// What a program did under `sandbox-exec`.
struct Ended {
    pid: u32,
    status: ExitStatus,
    timed_out: bool,
    stopped: bool,
    /// The program and its descendants, as far as they were seen.
    family: HashSet<u32>,
}

pub(super) fn run(
    backend: &MacosBackend,
    job: Job,
    sink: &mut dyn FnMut(&Event),
) -> Result<Outcome, RunError> {
    let profile = job
        .profile
        .clone()
        .ok_or_else(|| RunError::Unsupported("sandbox-exec needs a profile".to_owned()))?;
    // One that was given to us as it is carries no mark; its denials are told by their processes.
    let mark = backend
        .mark()
        .filter(|mark| matches!(&profile.source, ProfileSource::Text(text) if text.contains(mark)));
    let program = found(&job.program)?;
    let mut stream = backend.stream();
    let started = Instant::now();
    let (world, decider) = (Arc::clone(&job.world), Arc::clone(&job.decider));
    let ended = program_run(backend, job, &profile, mark, &program)?;
    let duration = started.elapsed();
    let code = ended.status.code();
    if code == Some(DOES_NOT_PARSE) && !backend.accepts(&profile)? {
        return Err(RunError::Refused);
    }
    let told_all = match &mut stream {
        Err(reason) => Err(reason.clone()),
        Ok(stream) => {
            let entries = entries(backend, stream.as_ref(), started);
            if entries.is_err() {
                // The next run starts a new one.
                drop(stream.take());
            }
            entries
        }
    };
    let mut outcome = ended.outcome(duration);
    outcome.undecided = told_all.as_ref().err().cloned();
    let mut start_denied = None;
    for message in &told_all.unwrap_or_default() {
        let Ok(line) = log_line::parse(message) else {
            continue;
        };
        if line.decided_by == DecidedBy::Platform || !is_ours(&line, mark, &ended) {
            continue;
        }
        let Some(mut event) = told(&line, &world, duration) else {
            continue;
        };
        event.rule = rule_of(&event, &decider);
        outcome.notifications += line.reports;
        if line.action == Action::Deny {
            outcome.events_denied += line.reports;
            if line.pid == ended.pid && line.operation.starts_with("process-exec") {
                start_denied.get_or_insert_with(|| line.operation.to_owned());
            }
        }
        sink(&event);
    }
    if let (Some(CANNOT_EXECUTE), Some(operation)) = (code, start_denied) {
        return Err(RunError::StartDenied {
            program,
            operation,
            cause: io::Error::from(io::ErrorKind::PermissionDenied),
        });
    }
    Ok(outcome)
}

/// Runs a job to its end with nothing confining it.
pub(super) fn run_free(backend: &MacosBackend, job: Job) -> Result<Outcome, RunError> {
    let program = found(&job.program)?;
    let started = Instant::now();
    let refused = |cause| RunError::NotExecutable {
        program: program.clone(),
        cause,
    };
    let ended = command_run(backend, Command::new(&job.program), job, false, refused)?;
    Ok(ended.outcome(started.elapsed()))
}

/// An operation or target that the world does not know is no event; a rule could not name it.
fn told(line: &LogLine<'_>, world: &World, time: Duration) -> Option<Event> {
    let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    log_event::event(line, world, time).ok()
}

/// The rule that decides so in our policy graph: the log does not say which did.
fn rule_of(event: &Event, decider: &policy::Decider) -> Option<RuleRef> {
    let decision = decider.decide(&event.request());
    match decision.source {
        Source::Rule(rule) if decision.action == event.decision => Some(rule),
        _ => None,
    }
}

/// Whether a report is of a process of this run: by the mark that our denials carry, or, where the
/// system knows none and for what is allowed, by its process.
fn is_ours(line: &LogLine<'_>, mark: Option<&str>, ended: &Ended) -> bool {
    let marked = mark.is_some_and(|mark| line.message.lines().any(|l| l.trim() == mark));
    marked || ended.family.contains(&line.pid)
}

/// All messages of the run.
fn entries(
    backend: &MacosBackend,
    stream: Option<&Stream>,
    started: Instant,
) -> Result<Vec<String>, String> {
    let sentinel =
        sentinel(backend).map_err(|error| format!("cannot start sandbox-exec: {error}"))?;
    let deadline = Instant::now() + backend.patience;
    let mut seen = Vec::new();
    while let Some(stream) = stream {
        match stream.next(deadline) {
            Ok(Some(Entry::Loss)) => {
                return Err("the system's log dropped messages during the run".to_owned());
            }
            Ok(Some(Entry::Message(message))) => {
                if is_of(&message, sentinel) {
                    return Ok(seen);
                }
                seen.push(message);
            }
            Ok(None) | Err(_) => break,
        }
    }
    // The stream may have been slow, or gone: what the log has kept may still tell.
    let kept = log::show(&backend.log, started.elapsed())
        .map_err(|error| format!("cannot run log show: {error}"))?;
    let mut seen = Vec::new();
    for entry in kept {
        match entry {
            Entry::Loss => break,
            Entry::Message(message) if is_of(&message, sentinel) => return Ok(seen),
            Entry::Message(message) => seen.push(message),
        }
    }
    Err(
        "the system's log did not show a denial that there was; give the terminal access to the \
         log (System Settings, Privacy, Full Disk Access), and try again"
            .to_owned(),
    )
}

fn is_of(message: &str, pid: u32) -> bool {
    log_line::parse(message).is_ok_and(|line| line.pid == pid)
}

/// Does what is denied for certain; answers with the process that did.
fn sentinel(backend: &MacosBackend) -> io::Result<u32> {
    let text = format!("(version 1)(allow default)(deny process-exec* (literal \"{SENTINEL}\"))");
    let mut child = Command::new(&backend.sandbox_exec)
        .args(["-p", &text, SENTINEL])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()?;
    child.wait()?;
    Ok(child.id())
}

/// Runs the program and waits for its end.
fn program_run(
    backend: &MacosBackend,
    job: Job,
    profile: &SystemProfile,
    mark: Option<&str>,
    program: &Path,
) -> Result<Ended, RunError> {
    let (mut command, _kept) = backend.confined(profile)?;
    command.arg(program);
    let failed = RunError::system("start sandbox-exec");
    command_run(backend, command, job, mark.is_none(), failed)
}

/// Gives a command the rest of a job, runs it and waits for its end.
fn command_run(
    backend: &MacosBackend,
    mut command: Command,
    mut job: Job,
    follow: bool,
    failed: impl FnOnce(io::Error) -> RunError,
) -> Result<Ended, RunError> {
    command.args(&job.args);
    if let Some(env) = job.env.take() {
        command.env_clear().envs(env);
    }
    if let Some(cwd) = &job.cwd {
        command.current_dir(cwd);
    }
    let own_group = matches!(job.stdin, Stdio::Null);
    if own_group {
        // All of it can be ended; a program that may ask the terminal has to stay in our group.
        command.process_group(0);
    }
    command
        .stdin(stream(job.stdin))
        .stdout(stream(job.stdout))
        .stderr(stream(job.stderr));
    let mut child = command.spawn().map_err(failed)?;
    // Ours of the pipes would keep their readers waiting.
    drop(command);
    let waiting = Waiting {
        own_group,
        follow,
        timeout: job.timeout,
        stop: job.stop.as_deref(),
    };
    waiting.wait(backend, &mut child)
}

impl Ended {
    /// What came of it, but for what was decided.
    fn outcome(&self, duration: Duration) -> Outcome {
        Outcome {
            pid: self.pid,
            timed_out: self.timed_out,
            stopped: self.stopped,
            duration,
            ..Outcome::unwatched(status(self.status))
        }
    }
}

struct Waiting<'w> {
    own_group: bool,
    /// Look for descendants while it runs.
    follow: bool,
    timeout: Option<Duration>,
    stop: Option<&'w AtomicBool>,
}

impl Waiting<'_> {
    fn wait(&self, backend: &MacosBackend, child: &mut Child) -> Result<Ended, RunError> {
        let pid = child.id();
        let started = Instant::now();
        let mut family = HashSet::from([pid]);
        let (mut timed_out, mut stopped) = (false, false);
        let mut pause = Duration::from_millis(1);
        let mut looked = started;
        let status = loop {
            let status = child.try_wait();
            if let Some(status) = status.map_err(RunError::system("wait for sandbox-exec"))? {
                break status;
            }
            timed_out = self.timeout.is_some_and(|limit| started.elapsed() > limit);
            stopped = self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
            if timed_out || stopped {
                break self.end(child)?;
            }
            // Often while it starts what it needs, and then at a cost that can be borne for hours.
            let is_due = started.elapsed() < STARTING || looked.elapsed() > BETWEEN_LOOKS;
            if self.follow && is_due && pause > Duration::from_millis(10) {
                family.extend(descendants(&backend.ps, &family));
                looked = Instant::now();
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        if self.own_group && !(timed_out || stopped) {
            // What it left behind is no longer part of the run.
            kill_group(pid);
        }
        Ok(Ended {
            pid,
            status,
            timed_out,
            stopped,
            family,
        })
    }

    fn end(&self, child: &mut Child) -> Result<ExitStatus, RunError> {
        if self.own_group {
            kill_group(child.id());
        }
        // It may have ended just now.
        let _ = child.kill();
        child.wait().map_err(RunError::system("end the program"))
    }
}

fn kill_group(leader: u32) {
    let leader = i32::try_from(leader)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(leader) = leader {
        // There may be none left.
        let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
    }
}

/// Children of a family, and theirs.
fn descendants(ps: &Path, family: &HashSet<u32>) -> HashSet<u32> {
    let Ok(output) = Command::new(ps).args(["-axo", "pid=,ppid="]).output() else {
        return HashSet::new();
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let pairs: Vec<(u32, u32)> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace().map(str::parse);
            Some((words.next()?.ok()?, words.next()?.ok()?))
        })
        .collect();
    let mut known = family.clone();
    loop {
        let more: Vec<u32> = pairs
            .iter()
            .filter(|(pid, parent)| known.contains(parent) && !known.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            return known;
        }
        known.extend(more);
    }
}

fn stream(stdio: Stdio) -> std::process::Stdio {
    match stdio {
        Stdio::Inherit => std::process::Stdio::inherit(),
        Stdio::Null => std::process::Stdio::null(),
        Stdio::File(file) => file.into(),
    }
}

fn status(status: ExitStatus) -> Status {
    match (status.code(), status.signal()) {
        (Some(code), _) => Status::Exited(u8::try_from(code).unwrap_or(u8::MAX)),
        (None, signal) => Status::Signaled(signal.unwrap_or(0)),
    }
}

/// A file that is gone when dropped.
pub(super) struct TextFile {
    pub(super) path: PathBuf,
    _file: tempfile::NamedTempFile,
}

pub(super) fn text_file(text: &str) -> Result<TextFile, RunError> {
    let action = "write the profile to a temporary file";
    let mut file = tempfile::Builder::new()
        .prefix("lapbelt-")
        .suffix(".sb")
        .tempfile()
        .map_err(RunError::system(action))?;
    file.write_all(text.as_bytes())
        .map_err(RunError::system(action))?;
    Ok(TextFile {
        path: file.path().to_path_buf(),
        _file: file,
    })
}

/// The program's path: `sandbox-exec` says only that it could not start one.
fn found(program: &Path) -> Result<PathBuf, RunError> {
    let candidate = if program.as_os_str().as_encoded_bytes().contains(&b'/') {
        program.to_path_buf()
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders = std::env::split_paths(&path);
        folders
            .find_map(|folder| Some(folder.join(program)).filter(|p| p.is_file()))
            .ok_or_else(|| RunError::ProgramMissing(program.to_path_buf()))?
    };
    let refused = |cause: io::Error| match cause.kind() {
        io::ErrorKind::NotFound => RunError::ProgramMissing(program.to_path_buf()),
        _ => RunError::NotExecutable {
            program: program.to_path_buf(),
            cause,
        },
    };
    rustix::fs::access(&candidate, rustix::fs::Access::EXEC_OK)
        .map_err(|error| refused(error.into()))?;
    Ok(candidate)
}
