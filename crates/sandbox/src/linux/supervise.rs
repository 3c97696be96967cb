//! One run: the custodian is started, a thread answers calls, this one reports events and waits.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lapbelt_policy::event::Event;
use lapbelt_policy::world::OperationId;
use rustix::event::{PollFd, PollFlags};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use super::bpf;
use super::custodian::{Custodian, Message, Step, open_process};
use super::descendants;
use super::gate::Interest;
use super::judge::{Judge, Terms};
use super::notify::{Listener, Received};
use super::outbox::Outbox;
use super::program::Program;
use super::vocabulary::{Op, Vocabulary};
use crate::job::{Job, Left, Outcome, RunError, Status};
use crate::script;

/// How often [`Job::stop`] is looked at.
const STOP_INTERVAL: Duration = Duration::from_millis(20);

/// Runs a job to its end.
pub(crate) fn run(mut job: Job, sink: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError> {
    let start = Instant::now();
    let vocabulary = Vocabulary::of(&job.world);
    let interest = Interest::of(&job.decider, &vocabulary, job.report_allowed, job.learn);
    let filter = bpf::program(interest.leaves());
    let may_dump = job.learn || !interest.can_refuse(Op::FileWriteCreate);
    let Begun {
        mut custodian,
        file,
        main,
        listener,
    } = begin(&mut job, &filter, may_dump)?;
    let fetched = open_process(main).and_then(|main| Listener::fetch(main.as_fd(), listener));
    let listener = match fetched {
        Ok(listener) => listener,
        Err(cause) => {
            // It may have been ended meanwhile; if not, it is now, and of no other signal.
            custodian.kill_all();
            return Err(match ended_early(&job, receive(&custodian)?) {
                RunError::EndedEarly { program, signal } if signal != libc::SIGKILL => {
                    RunError::EndedEarly { program, signal }
                }
                _ => RunError::system("fetch the listening end of the filter")(cause),
            });
        }
    };
    if !job.learn {
        // Other programs of our user have no way to our memory and our descriptors any more, the one
        // that we confine among them. Without this it is refused where it asks for them.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    let outbox = Arc::new(Outbox::new().map_err(RunError::system("make an eventfd"))?);
    let terms = Terms {
        decider: Arc::clone(&job.decider),
        vocabulary,
        interest,
        learn: job.learn,
        report_allowed: job.report_allowed,
        custodian: custodian.process,
        outbox: Arc::clone(&outbox),
        start,
    };
    let judge = Judge::new(terms, &job.world);
    let notifier = std::thread::Builder::new()
        .name("lapbelt-notify".into())
        .spawn(move || answer_all(&listener, judge))
        .map_err(RunError::system("start a thread"))?;
    custodian
        .go()
        .map_err(RunError::system("let the program start"))?;

    let mut watch = Watch::new(job, start);
    let waited = watch.wait(&mut custodian, &outbox, sink);
    // Whatever went wrong, nobody is left that could make a call, so that the thread ends.
    drop(custodian);
    let judged = join(notifier, &outbox, sink);
    waited?;
    let (mut judge, result) = judged?;
    if let Some((step, errno)) = watch.failed {
        let denied = judge.tally.start_denied;
        return Err(failure(&watch.job, &file, step, errno, denied));
    }
    result.map_err(RunError::system("answer a call"))?;
    let (status, forked) = watch.ended.ok_or_else(|| out_of_turn(Message::Gone))?;
    if forked && watch.job.learn && interest.fork_denied && !judge.tally.fork_reported {
        // Its descendants asked nothing, so only their parent's accounts tell of them.
        judge.report_fork(main, name_of(&watch.job));
    }
    outbox.take().iter().for_each(sink);
    Ok(Outcome {
        events_denied: judge.tally.denied,
        unseen: judge.tally.unseen,
        notifications: judge.tally.notifications,
        ..watch.outcome(main, status)
    })
}

/// Runs a job to its end with nothing confining it, or just its program, which `leaves` others.
pub(crate) fn run_free(mut job: Job, leaves: bool) -> Result<(Outcome, Left), RunError> {
    let start = Instant::now();
    let mut begun = begin(&mut job, &[], true)?;
    let outbox = Outbox::new().map_err(RunError::system("make an eventfd"))?;
    let go = begun.custodian.go();
    go.map_err(RunError::system("let the program start"))?;
    let mut watch = Watch::new(job, start);
    watch.leaves = leaves;
    watch.wait(&mut begun.custodian, &outbox, &mut |_| {})?;
    if let Some((step, errno)) = watch.failed {
        return Err(failure(&watch.job, &begun.file, step, errno, None));
    }
    let (status, _) = watch.ended.ok_or_else(|| out_of_turn(Message::Gone))?;
    let outcome = watch.outcome(begun.main, status);
    let left = leaves.then(|| Box::new(begun.custodian) as Box<dyn std::fmt::Debug>);
    Ok((outcome, Left(left)))
}

/// A program that waits to become one.
struct Begun {
    custodian: Custodian,
    /// Its file, as we find it.
    file: PathBuf,
    /// Its process.
    main: i32,
    /// Its number of the listening descriptor.
    listener: RawFd,
}

fn begin(job: &mut Job, filter: &[libc::sock_filter], may_dump: bool) -> Result<Begun, RunError> {
    let program = Program {
        may_dump,
        ..Program::of(job)?
    };
    let custodian =
        Custodian::start(&program, filter).map_err(RunError::system("start a process"))?;
    let file = program.path();
    drop(program);
    match receive(&custodian)? {
        Message::Filtered { process, listener } => Ok(Begun {
            custodian,
            file,
            main: process,
            listener,
        }),
        Message::Failed(step, errno) => Err(failure(job, &file, step, errno, None)),
        other => Err(ended_early(job, other)),
    }
}

/// Life of the notifying thread: receive, decide, answer. Returning closes the listener, on which
/// every further call fails instead of hanging.
fn answer_all(listener: &Listener, mut judge: Judge) -> (Judge, io::Result<()>) {
    loop {
        let answered = match listener.receive() {
            Ok(Received::Call(call)) => {
                let answer = judge.answer(listener, &call);
                listener.answer(call.id, answer)
            }
            Ok(Received::Nothing) => Ok(()),
            Ok(Received::Finished) => return (judge, Ok(())),
            Err(error) => Err(error),
        };
        if answered.is_err() {
            return (judge, answered);
        }
    }
}

/// Waits for the thread while passing on the events that it may be waiting to get rid of.
fn join(
    notifier: JoinHandle<(Judge, io::Result<()>)>,
    outbox: &Outbox,
    sink: &mut dyn FnMut(&Event),
) -> Result<(Judge, io::Result<()>), RunError> {
    while !notifier.is_finished() {
        outbox.take().iter().for_each(&mut *sink);
        std::thread::sleep(Duration::from_micros(50));
    }
    let joined = notifier.join();
    outbox.take().iter().for_each(sink);
    joined.map_err(|_| {
        RunError::system("decide a call")(io::Error::other("the deciding thread panicked"))
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    TimedOut,
    Stopped,
    /// Only descendants that had outlived the program.
    Stragglers,
}

struct Watch {
    job: Job,
    start: Instant,
    killed: Option<Killed>,
    /// When descendants that outlive the program are killed.
    stop_at: Option<Instant>,
    ended: Option<(i32, bool)>,
    failed: Option<(Step, i32)>,
    /// Nobody waits for what outlives the program.
    leaves: bool,
    /// Descendants that had outlived the program when they were killed.
    stragglers: Vec<String>,
}

impl Watch {
    fn new(job: Job, start: Instant) -> Self {
        Self {
            job,
            start,
            killed: None,
            stop_at: None,
            ended: None,
            failed: None,
            leaves: false,
            stragglers: Vec::new(),
        }
    }

    /// What came of it, but for what was decided.
    fn outcome(self, main: i32, status: i32) -> Outcome {
        Outcome {
            pid: main.unsigned_abs(),
            timed_out: self.killed == Some(Killed::TimedOut),
            stopped: self.killed == Some(Killed::Stopped),
            duration: self.start.elapsed(),
            stragglers: self.stragglers,
            ..Outcome::unwatched(status_of(status))
        }
    }

    /// Reports events until no process is left.
    fn wait(
        &mut self,
        custodian: &mut Custodian,
        outbox: &Outbox,
        sink: &mut dyn FnMut(&Event),
    ) -> Result<(), RunError> {
        loop {
            let mut polled = [
                PollFd::from_borrowed_fd(custodian.messages(), PollFlags::IN),
                PollFd::from_borrowed_fd(outbox.wake(), PollFlags::IN),
            ];
            let timeout = self.timeout().map(|timeout| rustix::time::Timespec {
                tv_sec: timeout.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: timeout.subsec_nanos().into(),
            });
            match rustix::event::poll(&mut polled, timeout.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(RunError::system("wait for the program")(error.into())),
            }
            let (message, event) = (polled[0].revents(), polled[1].revents());
            if !event.is_empty() {
                outbox.take().iter().for_each(&mut *sink);
            }
            if !message.is_empty() {
                match receive(custodian)? {
                    Message::Ended { status, forked } => {
                        self.ended = Some((status, forked));
                        self.stop_at = Instant::now().checked_add(self.job.linger);
                        if self.leaves && self.killed.is_none() {
                            return Ok(());
                        }
                    }
                    Message::Failed(step, errno) => self.failed = Some((step, errno)),
                    Message::Gone => return Ok(()),
                    other @ Message::Filtered { .. } => return Err(out_of_turn(other)),
                }
            }
            self.kill_if_due(custodian);
        }
    }

    /// When all is over: what the program started has time of its own.
    fn due(&self) -> Option<Instant> {
        match self.ended {
            Some(_) => self.stop_at,
            None => self.start.checked_add(self.job.timeout?),
        }
    }

    /// For how long to wait at most.
    fn timeout(&self) -> Option<Duration> {
        if self.killed.is_some() {
            return None;
        }
        let left = self
            .due()
            .map(|due| due.saturating_duration_since(Instant::now()));
        let stop = self.job.stop.as_ref().map(|_| STOP_INTERVAL);
        [left, stop].into_iter().flatten().min()
    }

    fn kill_if_due(&mut self, custodian: &mut Custodian) {
        if self.killed.is_some() {
            return;
        }
        let is_over = self.due().is_some_and(|due| due <= Instant::now());
        let stopped = self
            .job
            .stop
            .as_ref()
            .is_some_and(|stop| stop.load(Ordering::Relaxed));
        self.killed = if stopped {
            Some(Killed::Stopped)
        } else if !is_over {
            return;
        } else if self.ended.is_none() {
            Some(Killed::TimedOut)
        } else {
            self.stragglers = descendants::names(custodian.process);
            Some(Killed::Stragglers)
        };
        custodian.kill_all();
    }
}

fn receive(custodian: &Custodian) -> Result<Message, RunError> {
    let message = custodian
        .receive()
        .map_err(RunError::system("hear from the program"))?;
    message.ok_or_else(|| {
        let cause = io::Error::other("the process between us and it was killed");
        RunError::system("supervise the program")(cause)
    })
}

fn out_of_turn(message: Message) -> RunError {
    let cause = io::Error::other(format!("unexpected message {message:?}"));
    RunError::system("start the program")(cause)
}

/// What a message other than the awaited one says of a program that has not started yet.
fn ended_early(job: &Job, message: Message) -> RunError {
    match message {
        Message::Ended { status, .. } if libc::WIFSIGNALED(status) => RunError::EndedEarly {
            program: job.program.clone(),
            signal: libc::WTERMSIG(status),
        },
        other => out_of_turn(other),
    }
}

fn failure(
    job: &Job,
    file: &Path,
    step: Step,
    errno: i32,
    denied: Option<OperationId>,
) -> RunError {
    let cause = io::Error::from_raw_os_error(errno);
    let program = job.program.clone();
    if let (Step::Execute, Some(denied)) = (step, denied) {
        let operation = job.world.operation(denied).name.clone();
        return RunError::StartDenied {
            program,
            operation,
            cause,
        };
    }
    if let (Step::Execute, libc::ENOENT | libc::EACCES) = (step, errno)
        && let Some(interpreter) = interpreter(file).filter(|named| !is_program(named))
    {
        if interpreter.as_os_str().as_bytes().ends_with(b"\r") {
            return RunError::CarriageReturn(program);
        }
        return RunError::InterpreterMissing {
            program,
            interpreter,
        };
    }
    match (step, errno) {
        (Step::Execute, libc::ENOENT) if file.exists() => RunError::LoaderMissing { program },
        (Step::Execute, libc::ENOENT) => RunError::ProgramMissing(program),
        (Step::Execute, _) => RunError::NotExecutable { program, cause },
        (Step::Directory, _) => {
            let directory = job.cwd.clone().unwrap_or_else(|| PathBuf::from("."));
            RunError::Directory { directory, cause }
        }
        (Step::Filter, libc::EBUSY) => RunError::Nested,
        (Step::Filter, _) => RunError::Unsupported(format!(
            "the seccomp filter was refused ({cause}); `lapbelt doctor` tells what is missing"
        )),
        (Step::Fork, _) => RunError::system("start a process")(cause),
        (Step::Streams, _) => RunError::system("set the program's standard streams")(cause),
    }
}

/// The interpreter that a script names.
fn interpreter(script: &Path) -> Option<PathBuf> {
    let name = script::words(script)?.into_iter().next()?;
    Some(PathBuf::from(OsString::from_vec(name)))
}

/// Whether a path is that of a file that may be executed.
fn is_program(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

fn status_of(status: i32) -> Status {
    if libc::WIFSIGNALED(status) {
        Status::Signaled(libc::WTERMSIG(status))
    } else {
        Status::Exited(libc::WEXITSTATUS(status) as u8)
    }
}

fn name_of(job: &Job) -> String {
    job.program
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
