//! What is done with the exceptions of a process, by whatever kernel there is: that of a Mac, or in
//! tests one that is made up.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;

use super::message::{BREAKPOINT, HANDLED, NOT_HANDLED, Raised};
use super::state::{Flavor, Machine};
use crate::machine::{Change, Counts, Halted, Point, Resume, Stop, Thread, obey};
use crate::record::{Record, Stats};
use crate::recorder::Recorder;
use crate::trace::{Hook, Outcome, Watch};

/// The one process that is watched; what it forks has no breakpoints here.
const OWN: u64 = 0;

/// All that is asked of the kernel about one process.
pub(crate) trait Kernel {
    /// Gives threads that start from now on this state.
    fn inherit(&mut self, flavor: Flavor, words: &[u64]) -> io::Result<()>;
    /// The threads that there are, each with a right that is to be released.
    fn threads(&mut self) -> io::Result<Vec<u32>>;
    /// Gives a right to a port back.
    fn release(&mut self, port: u32);
    /// The state of a thread.
    fn state(&mut self, thread: u32, flavor: Flavor) -> io::Result<Vec<u64>>;
    /// Changes the state of a thread.
    fn set_state(&mut self, thread: u32, flavor: Flavor, words: &[u64]) -> io::Result<()>;
    /// What can be read from an address on, up to a size.
    fn read(&self, address: u64, size: usize) -> Vec<u8>;
    /// The next exception, if one comes soon.
    fn next(&mut self) -> io::Result<Option<Raised>>;
    /// Answers one: the thread goes on.
    fn answer(&mut self, raised: &Raised, result: i32) -> io::Result<()>;
    /// How the process has ended; `None` while it has not.
    fn ended(&mut self) -> io::Result<Option<Outcome>>;
}

/// A process that is watched.
pub(crate) struct Session<'p, K> {
    kernel: K,
    machine: Machine,
    addresses: [Option<u64>; 2],
    /// Threads that have stopped, by their ports, of each of which one right is held.
    threads: BTreeMap<u32, Thread>,
    counts: Counts,
    recorder: Recorder<'p>,
    stats: Stats,
}

impl<'p, K: Kernel> Session<'p, K> {
    /// One whose routines are at these addresses, in the order of [`Point`].
    pub(crate) fn new(
        kernel: K,
        machine: Machine,
        addresses: [Option<u64>; 2],
        watch: &'p Watch,
        emit: &'p mut dyn FnMut(Record),
    ) -> Self {
        Self {
            kernel,
            machine,
            addresses,
            threads: BTreeMap::new(),
            counts: Counts::default(),
            recorder: Recorder::new(watch, OWN, emit),
            stats: Stats::default(),
        }
    }

    /// Sets the breakpoints of the threads that there are, and of those that will be.
    pub(crate) fn arm(&mut self) -> io::Result<Hook> {
        let flavor = self.machine.debug_registers();
        let words = self.machine.armed(self.addresses, None);
        let mut armed = self.kernel.inherit(flavor, &words);
        for thread in self.kernel.threads()? {
            armed = armed.and_then(|()| self.kernel.set_state(thread, flavor, &words));
            self.kernel.release(thread);
        }
        Ok(match armed {
            Ok(()) => Hook::Ok,
            Err(error) => {
                self.stats.arm_failures += 1;
                Hook::HookFailed(format!("debug registers: {error}"))
            }
        })
    }

    /// Handles exceptions until the process ends.
    pub(crate) fn run(&mut self) -> io::Result<Outcome> {
        loop {
            if let Some(raised) = self.kernel.next()? {
                if self.raised(raised).is_err() {
                    // A thread may be killed at any time; one that is not, and is told nothing,
                    // would wait forever.
                    self.stats.arm_failures += 1;
                    let _ = self.kernel.answer(&raised, NOT_HANDLED);
                }
            } else if let Some(outcome) = self.kernel.ended()? {
                return Ok(outcome);
            }
        }
    }

    /// What was counted.
    pub(crate) fn stats(self) -> Stats {
        Stats {
            break_hits: self.counts.breaks,
            step_hits: self.counts.steps,
            forwarded: self.counts.forwarded,
            immutable_hits: self.counts.immutable,
            threads: self.threads.len() as u64,
            ..self.stats
        }
    }

    fn raised(&mut self, raised: Raised) -> io::Result<()> {
        self.kernel.release(raised.task);
        // Each message hands over a right; one is enough.
        let thread = match self.threads.entry(raised.thread) {
            Entry::Occupied(known) => {
                self.kernel.release(raised.thread);
                known.into_mut()
            }
            Entry::Vacant(new) => new.insert(Thread::default()),
        };
        let registers = self.kernel.state(raised.thread, self.machine.registers())?;
        let pc = self.machine.pc(&registers);
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
struct Stopped<'s, 'p, K> {
    session: &'s mut Session<'p, K>,
    raised: Raised,
    registers: Vec<u64>,
    /// The breakpoint that it is to step over.
    over: Option<Point>,
}

impl<K: Kernel> Halted for Stopped<'_, '_, K> {
    type Error = io::Error;

    fn record(&mut self, point: Point) -> io::Result<()> {
        let Session {
            recorder,
            stats,
            kernel,
            machine,
            ..
        } = &mut *self.session;
        recorder.call(
            OWN,
            point,
            stats,
            |argument| machine.argument(&self.registers, argument),
            |address, size| kernel.read(address, size),
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
        let (machine, thread) = (self.session.machine, self.raised.thread);
        let result = match resume {
            // What is not ours is the program's, with all that the system does then.
            Resume::Continue(Some(_)) => NOT_HANDLED,
            Resume::Step | Resume::Continue(None) => {
                let words = machine.armed(self.session.addresses, self.over);
                self.session
                    .kernel
                    .set_state(thread, machine.debug_registers(), &words)?;
                if machine.set_step(&mut self.registers, resume == Resume::Step) {
                    self.session
                        .kernel
                        .set_state(thread, machine.registers(), &self.registers)?;
                }
                HANDLED
            }
        };
        self.session.kernel.answer(&self.raised, result)
    }
}
