//! One process from its first instruction to its end.

use std::collections::BTreeMap;
use std::io;
use std::process::Command;

use super::calls::{self, Exceptions, Task};
use super::message::{BREAKPOINT, HANDLED, NOT_HANDLED, Raised};
use super::state::Machine;
use crate::machine::{Change, Counts, Halted, Point, Resume, Stop, Thread, obey};
use crate::record::{Record, Stats};
use crate::recorder::Recorder;
use crate::stop::Running;
use crate::trace::{Extent, Hook, Mode, Outcome, Plan, TraceError, Traced};

/// How long to wait for an exception before looking whether the program has ended.
const MILLISECONDS: u32 = 20;
/// The one process that is watched; what it forks has no breakpoints here.
const OWN: u64 = 0;

/// Runs and traces a program.
///
/// # Errors
/// It cannot be started, or the system refuses to trace it; the mode is another than
/// [`Mode::HwBreakpoint`], or it is not to run to its end.
pub fn trace<'p>(
    mut command: Command,
    plan: &'p Plan<'p>,
    running: &Running,
    extent: Extent,
    emit: &'p mut dyn FnMut(Record),
) -> Result<Traced, TraceError> {
    if plan.mode != Mode::HwBreakpoint || extent != Extent::Whole {
        return Err(TraceError::Unsupported);
    }
    calls::stop_after_exec(&mut command);
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command
        .spawn()
        .map_err(|error| TraceError::Launch { program, error })?;
    let process = child.id().cast_signed();
    running.started(child.id());
    let refused = |error| TraceError::Refused {
        what: "tracing",
        error,
    };
    let traced = follow(process, plan, emit);
    if traced.is_err() {
        // The program must not outlive a tracer that has given up.
        let mut child = child;
        let _ = child.kill().and_then(|()| child.wait());
    }
    traced.map_err(refused)
}

fn follow<'p>(
    process: i32,
    plan: &'p Plan<'p>,
    emit: &'p mut dyn FnMut(Record),
) -> io::Result<Traced> {
    let routine = plan.routine;
    let mut traced = Traced::unseen(routine.triage().clone());
    if let Some(outcome) = calls::stopped(process)? {
        traced.outcome = outcome;
        return Ok(traced);
    }
    let task = Task::of(process)?;
    let load = match &routine.watch().image {
        None => task.program(),
        Some(path) => path.file_name().and_then(calls::shared_library),
    };
    // The first segment of code begins with the header, whose address is that of the image.
    let first = routine.image().code().first();
    let slide = load
        .zip(first)
        .map(|(load, first)| load.wrapping_sub(first.address));
    let addresses = routine.addresses(slide);
    let exceptions = task.breakpoints()?;
    let mut session = Session {
        task,
        exceptions,
        addresses,
        threads: BTreeMap::new(),
        counts: Counts::default(),
        recorder: Recorder::new(routine.watch(), OWN, emit),
        stats: Stats::default(),
    };
    if let [Some(write), _] = addresses {
        traced.triage.address = Some(write);
        traced.hook = session.arm()?;
    }
    calls::detach(process)?;
    traced.outcome = session.run(process)?;
    traced.stats = Stats {
        break_hits: session.counts.breaks,
        step_hits: session.counts.steps,
        forwarded: session.counts.forwarded,
        immutable_hits: session.counts.immutable,
        threads: session.threads.len() as u64,
        ..session.stats
    };
    Ok(traced)
}

struct Session<'p> {
    task: Task,
    exceptions: Exceptions,
    addresses: [Option<u64>; 2],
    /// Threads that have stopped, by their ports, of each of which one right is held.
    threads: BTreeMap<u32, Thread>,
    counts: Counts,
    recorder: Recorder<'p>,
    stats: Stats,
}

impl Session<'_> {
    /// Sets the breakpoints of the threads that there are, and of those that will be.
    fn arm(&mut self) -> io::Result<Hook> {
        let flavor = Machine::HERE.debug_registers();
        let words = Machine::HERE.armed(self.addresses, None);
        let mut armed = self.task.set_state(flavor, &words);
        for thread in self.task.threads()? {
            armed = armed.and_then(|()| calls::set_state(thread, flavor, &words));
            calls::release(thread);
        }
        Ok(match armed {
            Ok(()) => Hook::Ok,
            Err(error) => {
                self.stats.arm_failures += 1;
                Hook::HookFailed(format!("debug registers: {error}"))
            }
        })
    }

    fn run(&mut self, process: i32) -> io::Result<Outcome> {
        loop {
            if let Some(raised) = self.exceptions.next(MILLISECONDS)? {
                // A thread may be killed at any time; what was wanted of it is then of no matter.
                let _ = self.raised(raised);
            } else if let Some(outcome) = calls::ended(process)? {
                return Ok(outcome);
            }
        }
    }

    fn raised(&mut self, raised: Raised) -> io::Result<()> {
        calls::release(raised.task);
        if self.threads.contains_key(&raised.thread) {
            calls::release(raised.thread);
        }
        let registers = calls::state(raised.thread, Machine::HERE.registers())
            .inspect_err(|_| drop(self.exceptions.answer(&raised, NOT_HANDLED)))?;
        let thread = self.threads.entry(raised.thread).or_default();
        let pc = Machine::HERE.pc(&registers);
        let points = [Point::Write, Point::Immutable].into_iter();
        let met = points.zip(self.addresses).find(|(_, own)| *own == Some(pc));
        // Both come as the same exception, and a step may end where a breakpoint is.
        let stop = match met {
            _ if raised.exception != BREAKPOINT => Stop::Signal(libc::SIGTRAP),
            _ if thread.is_stepping() => Stop::Step,
            Some((point, _)) => Stop::Break(point),
            None => Stop::Signal(libc::SIGTRAP),
        };
        let next = thread.stopped(stop, &mut self.counts);
        let mut stopped = Stopped {
            session: self,
            raised,
            registers,
            over: None,
        };
        obey(next, &mut stopped)
    }
}

/// A thread that waits for the answer to its exception.
struct Stopped<'s, 'p> {
    session: &'s mut Session<'p>,
    raised: Raised,
    registers: Vec<u64>,
    /// The breakpoint that it is to step over.
    over: Option<Point>,
}

impl Halted for Stopped<'_, '_> {
    type Error = io::Error;

    fn record(&mut self, point: Point) -> io::Result<()> {
        let Session {
            recorder,
            stats,
            task,
            ..
        } = &mut *self.session;
        recorder.call(
            OWN,
            point,
            stats,
            |argument| Machine::HERE.argument(&self.registers, argument),
            |address, size| task.read(address, size),
        );
        Ok(())
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        self.over = match change {
            Change::Lift(point) => Some(point),
            Change::Restore(_) | Change::Cancel(_) => None,
        };
        Ok(())
    }

    fn resend(&mut self, _: i32) -> io::Result<()> {
        // Signals do not come by here, so none is held back.
        Ok(())
    }

    fn resume(&mut self, resume: Resume) -> io::Result<()> {
        let (machine, thread) = (Machine::HERE, self.raised.thread);
        let result = match resume {
            // What is not ours is the program's, with all that the system does then.
            Resume::Continue(Some(_)) => NOT_HANDLED,
            Resume::Step | Resume::Continue(None) => {
                let words = machine.armed(self.session.addresses, self.over);
                calls::set_state(thread, machine.debug_registers(), &words)?;
                if machine.set_step(&mut self.registers, resume == Resume::Step) {
                    calls::set_state(thread, machine.registers(), &self.registers)?;
                }
                HANDLED
            }
        };
        self.session.exceptions.answer(&self.raised, result)
    }
}
