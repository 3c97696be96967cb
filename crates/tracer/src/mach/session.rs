//! One process from its first instruction to its end, by the calls of the kernel.

use std::io;
use std::process::Command;

use super::calls::{self, Exceptions, Task};
use super::message::Raised;
use super::state::{Flavor, Machine};
use super::watch::{Kernel, Session};
use crate::record::Record;
use crate::stop::Running;
use crate::trace::{Mode, Outcome, Plan, TraceError, Traced};

/// How long to wait for an exception before looking whether the program has ended.
const MILLISECONDS: u32 = 20;

/// Runs and traces a program.
///
/// # Errors
/// It cannot be started, or the system refuses to trace it; the mode is another than
/// [`Mode::HwBreakpoint`].
pub fn trace<'p>(
    mut command: Command,
    plan: &'p Plan<'p>,
    running: &Running,
    emit: &'p mut dyn FnMut(Record),
) -> Result<Traced, TraceError> {
    if plan.mode != Mode::HwBreakpoint {
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
    let target = Target {
        process,
        task,
        exceptions,
    };
    let mut session = Session::new(target, Machine::HERE, addresses, routine.watch(), emit);
    if let [Some(write), _] = addresses {
        traced.triage.address = Some(write);
        traced.hook = session.arm()?;
    }
    calls::detach(process)?;
    traced.outcome = session.run()?;
    traced.stats = session.stats();
    Ok(traced)
}

/// The process, by what the kernel gives of it.
struct Target {
    process: i32,
    task: Task,
    exceptions: Exceptions,
}

impl Kernel for Target {
    fn inherit(&mut self, flavor: Flavor, words: &[u64]) -> io::Result<()> {
        self.task.set_state(flavor, words)
    }

    fn threads(&mut self) -> io::Result<Vec<u32>> {
        self.task.threads()
    }

    fn release(&mut self, port: u32) {
        calls::release(port);
    }

    fn state(&mut self, thread: u32, flavor: Flavor) -> io::Result<Vec<u64>> {
        calls::state(thread, flavor)
    }

    fn set_state(&mut self, thread: u32, flavor: Flavor, words: &[u64]) -> io::Result<()> {
        calls::set_state(thread, flavor, words)
    }

    fn read(&self, address: u64, size: usize) -> Vec<u8> {
        self.task.read(address, size)
    }

    fn next(&mut self) -> io::Result<Option<Raised>> {
        self.exceptions.next(MILLISECONDS)
    }

    fn answer(&mut self, raised: &Raised, result: i32) -> io::Result<()> {
        self.exceptions.answer(raised, result)
    }

    fn ended(&mut self) -> io::Result<Option<Outcome>> {
        calls::ended(self.process)
    }
}
