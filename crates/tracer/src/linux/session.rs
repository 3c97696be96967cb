//! One process from its first instruction to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::process::Command;

use libc::pid_t;

use super::machine_code::{Registers, UNTOLD};
use super::memory::{Memory, regions};
use super::points::{Points, resolve};
use super::sys::{self, Run, Status};
use crate::image::Place;
use crate::machine::{Change, Counts, Halted, Point, Resume, Stop, Thread, obey};
use crate::record::{Record, Stats};
use crate::recorder::Recorder;
use crate::stop::Running;
use crate::trace::{Extent, Hook, Outcome, Plan, TraceError, Traced};
use crate::triage::Triage;

/// Set in the stop signal of a system call.
const SYSTEM_CALL: i32 = libc::SIGTRAP | 0x80;
/// Code of the signal after a single step.
const TRAP_TRACE: i32 = 2;

/// Runs and traces a program.
pub(crate) fn trace<'p>(
    mut command: Command,
    plan: &'p Plan<'p>,
    running: &Running,
    extent: Extent,
    emit: &'p mut dyn FnMut(Record),
) -> Result<Traced, TraceError> {
    let program = PathBuf::from(command.get_program());
    let launched = |error| TraceError::Launch {
        program: program.display().to_string(),
        error,
    };
    // An address that was seen in another run is of use only if it is the same in this one.
    let is_fixed = matches!(plan.routine.watch().write, Place::Address(_));
    sys::stop_after_exec(&mut command, is_fixed);
    let refused = |what| move |error| TraceError::Refused { what, error };
    let child = command
        .spawn()
        .map_err(|error| match error.raw_os_error() {
            Some(libc::EPERM | libc::ENOSYS) => refused("to be traced")(error),
            _ => launched(error),
        })?;
    let leader = child.id() as pid_t;
    running.started(child.id());
    let mut session = Session {
        leader,
        plan,
        extent,
        triage: plan.routine.triage().clone(),
        has_ended: false,
        processes: BTreeMap::new(),
        hook: Hook::NotLoaded,
        threads: BTreeMap::new(),
        announced: BTreeMap::new(),
        early: BTreeSet::new(),
        counts: Counts::default(),
        stats: Stats::default(),
        recorder: Recorder::new(plan.routine.watch(), leader as u64, emit),
    };
    match session.run() {
        Ok(outcome) => Ok(session.finish(outcome)),
        Err(error) => {
            // The program must not outlive a tracer that has given up.
            let _ = sys::signal(leader, leader, libc::SIGKILL);
            while let Ok(Some((tid, status))) = sys::wait() {
                if tid == leader && !matches!(status, Status::Stopped(..)) {
                    break;
                }
            }
            Err(refused("tracing")(error))
        }
    }
}

#[derive(Clone)]
enum State {
    /// The image is not there yet: each system call may map it.
    Awaited,
    Set(Points),
    /// They could not be set, or another program has taken the place of the one with the routine.
    Gone,
}

/// How a thread came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Thread,
    /// A process with a copy of the memory.
    Fork,
    /// A process that borrows the memory until it runs another program.
    Borrower,
}

/// A process that is watched.
struct Process {
    memory: Memory,
    points: State,
}

struct Tracee {
    kind: Kind,
    /// Whose memory it uses.
    process: pid_t,
    machine: Thread,
    is_armed: bool,
    /// Whether it was sent a signal only to be armed.
    is_called: bool,
}

struct Session<'p> {
    leader: pid_t,
    plan: &'p Plan<'p>,
    extent: Extent,
    triage: Triage,
    /// Whether the program has; what it forked is then let go.
    has_ended: bool,
    processes: BTreeMap<pid_t, Process>,
    hook: Hook,
    threads: BTreeMap<pid_t, Tracee>,
    /// Threads that were announced and have not stopped yet, and the reverse.
    announced: BTreeMap<pid_t, (Kind, pid_t)>,
    early: BTreeSet<pid_t>,
    counts: Counts,
    stats: Stats,
    recorder: Recorder<'p>,
}

/// A thread may be killed at any time; what was wanted of it is then of no matter.
fn unless_gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        result => result,
    }
}

impl Session<'_> {
    fn run(&mut self) -> io::Result<Outcome> {
        let mut outcome = None;
        while outcome.is_none() || !self.threads.is_empty() || !self.announced.is_empty() {
            let Some((tid, status)) = sys::wait()? else {
                break;
            };
            let ended = match status {
                Status::Exited(code) => Outcome::Exited(code),
                Status::Signaled(signal) => Outcome::Signaled(signal),
                Status::Stopped(signal, event) => {
                    unless_gone(self.stopped(tid, signal, event))?;
                    continue;
                }
            };
            self.threads.remove(&tid);
            self.announced.remove(&tid);
            if self.processes.remove(&tid).is_some() {
                self.threads
                    .retain(|_, tracee| tracee.process != tid || tracee.kind == Kind::Borrower);
            }
            if tid == self.leader {
                outcome = Some(ended);
                self.has_ended = true;
                // Those that run are stopped, to be let go.
                for process in self.processes.keys().copied().collect::<Vec<_>>() {
                    self.call(process);
                }
            }
        }
        for tid in std::mem::take(&mut self.early) {
            unless_gone(sys::resume(tid, Run::Untraced, 0))?;
        }
        outcome.ok_or_else(|| io::Error::other("the program's end was not reported"))
    }

    fn finish(self, outcome: Outcome) -> Traced {
        let stats = Stats {
            break_hits: self.counts.breaks,
            step_hits: self.counts.steps,
            forwarded: self.counts.forwarded,
            immutable_hits: self.counts.immutable,
            ..self.stats
        };
        Traced {
            outcome,
            hook: self.hook,
            stats,
            triage: self.triage,
        }
    }

    fn stopped(&mut self, tid: pid_t, signal: i32, event: i32) -> io::Result<()> {
        if tid == self.leader && self.processes.is_empty() {
            sys::follow(tid)?;
            let process = Process {
                memory: Memory::of(tid)?,
                points: State::Awaited,
            };
            self.processes.insert(tid, process);
            self.look_for_image(tid)?;
            return self.adopt(tid, Kind::Thread, tid);
        }
        let Some(tracee) = self.threads.get(&tid) else {
            return match self.announced.remove(&tid) {
                Some((kind, parent)) => self.adopt(tid, kind, parent),
                None => {
                    self.early.insert(tid);
                    Ok(())
                }
            };
        };
        let process = tracee.process;
        match event {
            libc::PTRACE_EVENT_CLONE => self.announce(tid, Kind::Thread, process)?,
            libc::PTRACE_EVENT_FORK => self.announce(tid, Kind::Fork, process)?,
            libc::PTRACE_EVENT_VFORK => self.announce(tid, Kind::Borrower, process)?,
            libc::PTRACE_EVENT_EXEC => return self.replaced(tid),
            0 if signal == SYSTEM_CALL => {
                let registers = Registers::of(tid)?;
                let is_waiting = matches!(self.points(process), Some(State::Awaited));
                match registers.system_call() {
                    libc::SYS_mmap if is_waiting => {
                        self.stats.rescans += 1;
                        self.look_for_image(process)?;
                    }
                    libc::SYS_munmap => self.unmap(process, registers.range()),
                    _ => {}
                }
            }
            0 => return self.signalled(tid, signal),
            _ => {}
        }
        self.go_on(tid, 0)
    }

    fn points(&self, process: pid_t) -> Option<&State> {
        Some(&self.processes.get(&process)?.points)
    }

    /// Stops the threads of a process, which comes back as a signal of theirs.
    fn call(&mut self, process: pid_t) {
        let threads = self.threads.iter_mut();
        let own = threads.filter(|(_, own)| own.process == process && own.kind != Kind::Borrower);
        for (tid, tracee) in own {
            tracee.is_called |= sys::signal(process, *tid, libc::SIGSTOP).is_ok();
        }
    }

    /// A thread has made another.
    fn announce(&mut self, tid: pid_t, kind: Kind, process: pid_t) -> io::Result<()> {
        let new = sys::event_message(tid)?;
        if self.early.remove(&new) {
            return unless_gone(self.adopt(new, kind, process));
        }
        self.announced.insert(new, (kind, process));
        Ok(())
    }

    /// Takes in what a thread of a process has made.
    fn adopt(&mut self, tid: pid_t, kind: Kind, parent: pid_t) -> io::Result<()> {
        let mut process = parent;
        if kind == Kind::Fork {
            self.stats.forked += 1;
            process = tid;
            // What is in the code was copied with it; what is in registers was not.
            let points = self.points(parent).cloned().unwrap_or(State::Gone);
            let memory = Memory::of(tid)?;
            self.processes.insert(tid, Process { memory, points });
        }
        let tracee = Tracee {
            kind,
            process,
            machine: Thread::default(),
            is_armed: false,
            is_called: false,
        };
        self.threads.insert(tid, tracee);
        self.stats.threads += u64::from(kind != Kind::Borrower);
        self.go_on(tid, 0)
    }

    /// Another program has taken the place of this one.
    fn replaced(&mut self, tid: pid_t) -> io::Result<()> {
        let Some(tracee) = self.threads.get(&tid) else {
            return self.go_on(tid, 0);
        };
        let (kind, process) = (tracee.kind, tracee.process);
        if kind == Kind::Borrower || process != self.leader {
            self.threads.retain(|own, other| {
                *own != tid && (kind == Kind::Borrower || other.process != process)
            });
            if kind != Kind::Borrower {
                self.processes.remove(&process);
            }
            return sys::resume(tid, Run::Untraced, 0);
        }
        if let Some(own) = self.processes.get_mut(&process) {
            self.stats.replaced |= matches!(own.points, State::Set(_));
            own.points = State::Gone;
        }
        self.threads.retain(|own, other| {
            *own == tid || other.process != process || other.kind == Kind::Borrower
        });
        if let Some(tracee) = self.threads.get_mut(&tid) {
            tracee.machine = Thread::default();
        }
        self.go_on(tid, 0)
    }

    /// Waits for the image again if what is about to be unmapped has the routine.
    fn unmap(&mut self, process: pid_t, (start, size): (u64, u64)) {
        let Some(Process { points, .. }) = self.processes.get_mut(&process) else {
            return;
        };
        let end = start.saturating_add(size);
        if matches!(points, State::Set(set) if set.are_in(start..end)) {
            *points = State::Awaited;
            let threads = self.threads.values_mut();
            let own = threads.filter(|own| own.process == process);
            own.for_each(|own| own.is_armed = false);
        }
    }

    /// Sets the breakpoints once the image is there.
    fn look_for_image(&mut self, process: pid_t) -> io::Result<()> {
        let Some(own) = self.processes.get_mut(&process) else {
            return Ok(());
        };
        let regions = regions(process)?;
        let routine = self.plan.routine;
        let Some(addresses) = resolve(routine, &regions) else {
            return Ok(());
        };
        let mode = self.plan.mode;
        let (image, triage) = (routine.image(), &mut self.triage);
        match Points::set(addresses, mode, image, &regions, &own.memory, triage) {
            Ok(points) => {
                self.hook = Hook::Ok;
                own.points = State::Set(points);
                // Those that run are stopped, to be armed.
                self.call(process);
            }
            Err(hook) => {
                self.hook = hook;
                own.points = State::Gone;
            }
        }
        if self.extent == Extent::Mapped {
            for process in self.processes.keys() {
                unless_gone(sys::signal(*process, *process, libc::SIGKILL))?;
            }
        }
        Ok(())
    }

    fn signalled(&mut self, tid: pid_t, signal: i32) -> io::Result<()> {
        let Some(tracee) = self.threads.get_mut(&tid) else {
            return Ok(());
        };
        let process = tracee.process;
        if signal == libc::SIGSTOP && std::mem::take(&mut tracee.is_called) {
            return match tracee.machine.is_stepping() {
                true => sys::resume(tid, Run::OneInstruction, 0),
                false => self.go_on(tid, 0),
            };
        }
        // There is none for a stop of the whole process, which is no signal of this thread's code.
        let code = sys::signal_code(tid).unwrap_or(0);
        let is_stepping = tracee.machine.is_stepping();
        let stop = match signal {
            libc::SIGTRAP if code == TRAP_TRACE && is_stepping => Stop::Step,
            libc::SIGTRAP if code > 0 => {
                let met = match self.points(process) {
                    Some(State::Set(points)) => points.met(code, Registers::of(tid)?.pc()),
                    _ => None,
                };
                match met {
                    Some(point) => Stop::Break(point),
                    None if is_stepping && UNTOLD.contains(&code) => Stop::Step,
                    None => Stop::Signal(signal),
                }
            }
            libc::SIGSEGV | libc::SIGBUS | libc::SIGILL | libc::SIGFPE if code > 0 => {
                Stop::Fault(signal)
            }
            _ => Stop::Signal(signal),
        };
        let Some(tracee) = self.threads.get_mut(&tid) else {
            return Ok(());
        };
        let next = tracee.machine.stopped(stop, &mut self.counts);
        let group = match tracee.kind {
            Kind::Borrower => tid,
            Kind::Thread | Kind::Fork => process,
        };
        let stopped = &mut Stopped {
            session: self,
            tid,
            process,
            group,
        };
        obey(next, stopped)
    }

    /// Lets a thread run, armed if there is what to arm it with; for good, once the program has
    /// ended.
    fn go_on(&mut self, tid: pid_t, signal: i32) -> io::Result<()> {
        let Some(tracee) = self.threads.get_mut(&tid) else {
            return sys::resume(tid, Run::Free, signal);
        };
        let process = self.processes.get(&tracee.process);
        let is_free = self.has_ended && tracee.kind != Kind::Borrower && !tracee.is_called;
        if is_free {
            if let Some(Process {
                memory,
                points: State::Set(points),
            }) = process
            {
                points.remove(tid, memory)?;
            }
            self.threads.remove(&tid);
            return sys::resume(tid, Run::Untraced, signal);
        }
        let run = match process.map(|process| &process.points) {
            Some(State::Awaited) => Run::ToSystemCall,
            Some(State::Set(points)) => {
                if !tracee.is_armed {
                    tracee.is_armed = true;
                    if let Err(error) = points.arm(tid) {
                        self.stats.arm_failures += 1;
                        if self.stats.threads <= 1 {
                            self.hook = Hook::HookFailed(format!("debug registers: {error}"));
                        }
                    }
                }
                // It may be unloaded, and loaded again.
                match self.plan.routine.triage().loaded_late {
                    true => Run::ToSystemCall,
                    false => Run::Free,
                }
            }
            Some(State::Gone) | None => Run::Free,
        };
        sys::resume(tid, run, signal)
    }
}

/// A thread that was stopped by a signal.
struct Stopped<'s, 'p> {
    session: &'s mut Session<'p>,
    tid: pid_t,
    /// Whose memory it uses.
    process: pid_t,
    /// The process it is of.
    group: pid_t,
}

impl Halted for Stopped<'_, '_> {
    type Error = io::Error;

    fn record(&mut self, point: Point) -> io::Result<()> {
        let registers = Registers::of(self.tid)?;
        let process = self.session.processes.get(&self.process);
        self.session.recorder.call(
            self.process as u64,
            point,
            &mut self.session.stats,
            |argument| registers.argument(argument),
            |address, size| process.map_or(Vec::new(), |own| own.memory.read(address, size)),
        );
        Ok(())
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        match self.session.points(self.process) {
            Some(State::Set(points)) => points.change(self.tid, change),
            _ => Ok(()),
        }
    }

    fn resend(&mut self, signal: i32) -> io::Result<()> {
        sys::signal(self.group, self.tid, signal)
    }

    fn resume(&mut self, resume: Resume) -> io::Result<()> {
        match resume {
            Resume::Step => sys::resume(self.tid, Run::OneInstruction, 0),
            Resume::Continue(signal) => self.session.go_on(self.tid, signal.unwrap_or(0)),
        }
    }
}
