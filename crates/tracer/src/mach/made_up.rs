//! A kernel and machines that are made up, to test what is done with exceptions.
//!
//! A thread runs a list of addresses, one instruction each. Before an instruction it meets the
//! breakpoints of its debug registers, and after one it stops if it is to step, by the registers
//! that the tracer gave it, read as the processor's manual has them.

use std::collections::{BTreeMap, VecDeque};
use std::io;

use proptest::prelude::*;

use super::message::tests::message;
use super::message::{BREAKPOINT, HANDLED, Raised};
use super::state::{Flavor, Machine};
use super::watch::{Kernel, Session};
use crate::image::Place;
use crate::record::{Record, Stats};
use crate::trace::{Hook, Outcome, Watch};

const WRITE: u64 = 0x1000;
const DONE: u64 = 0x2000;
/// An instruction that is a breakpoint of the program's own.
const TRAP: u64 = 0x3000;
const OTHER: u64 = 0x4000;
const TASK: u32 = 0x103;
/// `EXC_BAD_ACCESS`, which is not asked for.
const BAD_ACCESS: u32 = 1;

/// A thread.
struct Cpu {
    code: Vec<u64>,
    at: usize,
    /// Which instructions it has run.
    ran: Vec<u64>,
    registers: Vec<u64>,
    debug: Vec<u64>,
    /// Whether it waits for an answer.
    waits: bool,
    is_dead: bool,
    /// Traps that were left to the program.
    traps: usize,
}

impl Cpu {
    fn new(code: &[u64], machine: Machine) -> Self {
        Self {
            code: code.to_vec(),
            at: 0,
            ran: Vec::new(),
            registers: vec![0; machine.registers().words],
            debug: vec![0; machine.debug_registers().words],
            waits: false,
            is_dead: false,
            traps: 0,
        }
    }

    fn breaks(&self, machine: Machine, pc: u64) -> bool {
        (0..4).any(|number| {
            let is_on = match machine {
                // Bit 0 of a control register.
                Machine::Arm64 => self.debug[16 + number] & 1 != 0,
                // The local bits of DR7.
                Machine::X86_64 => self.debug[7] >> (2 * number) & 1 != 0,
            };
            is_on && self.debug[number] == pc
        })
    }

    fn steps(&self, machine: Machine) -> bool {
        match machine {
            Machine::Arm64 => self.debug[64] & 1 != 0,
            Machine::X86_64 => self.registers[17] >> 8 & 1 != 0,
        }
    }

    /// Stands before its next instruction, with the arguments of a call that differ by where it is.
    fn stand(&mut self, machine: Machine, port: u32) -> Option<u64> {
        let pc = *self.code.get(self.at).unwrap_or(&u64::MAX);
        let (place, arguments) = match machine {
            Machine::Arm64 => (32, [0, 1, 2, 3]),
            Machine::X86_64 => (16, [4, 5, 3, 2]),
        };
        self.registers[place] = pc;
        let call = [port.into(), self.at as u64, 0x9000 + self.at as u64, 2];
        for (register, value) in arguments.into_iter().zip(call) {
            self.registers[register] = value;
        }
        (self.at < self.code.len()).then_some(pc)
    }

    /// Runs until it raises something; `None` at its end.
    fn run(&mut self, machine: Machine, port: u32) -> Option<u32> {
        loop {
            let pc = self.stand(machine, port)?;
            if self.breaks(machine, pc) || pc == TRAP {
                return Some(BREAKPOINT as u32);
            }
            self.pass();
            if self.steps(machine) {
                self.stand(machine, port);
                return Some(BREAKPOINT as u32);
            }
        }
    }

    fn pass(&mut self) {
        self.ran.push(self.code[self.at]);
        self.at += 1;
    }
}

struct MadeUp {
    machine: Machine,
    threads: BTreeMap<u32, Cpu>,
    /// How many there are when the tracer comes; the others inherit.
    early: usize,
    /// Rights that the tracer holds.
    rights: BTreeMap<u32, i32>,
    /// Whose turn it is.
    turns: VecDeque<u32>,
    /// Numbers of calls to set a state that are refused.
    refused: Vec<usize>,
    set: usize,
    /// A message of another kind, and one thread that is killed when it has raised something.
    odd: Option<u32>,
    killed: Option<u32>,
}

impl MadeUp {
    fn new(machine: Machine, threads: &[Vec<u64>], early: usize) -> Self {
        let ports = (0..).map(|number| 0x203 + 4 * number);
        let threads = ports.zip(threads.iter().map(|code| Cpu::new(code, machine)));
        let threads: BTreeMap<u32, Cpu> = threads.collect();
        Self {
            machine,
            early,
            rights: BTreeMap::new(),
            turns: threads.keys().copied().collect(),
            threads,
            refused: Vec::new(),
            set: 0,
            odd: None,
            killed: None,
        }
    }

    fn holds(&mut self, port: u32, more: i32) {
        *self.rights.entry(port).or_default() += more;
    }

    fn living(&mut self, thread: u32) -> io::Result<&mut Cpu> {
        let cpu = self.threads.get_mut(&thread).filter(|cpu| !cpu.is_dead);
        cpu.ok_or_else(|| io::Error::other("no such thread"))
    }
}

impl Kernel for &mut MadeUp {
    fn inherit(&mut self, flavor: Flavor, words: &[u64]) -> io::Result<()> {
        assert_eq!(flavor, self.machine.debug_registers());
        let early = self.early;
        for cpu in self.threads.values_mut().skip(early) {
            cpu.debug = words.to_vec();
        }
        Ok(())
    }

    fn threads(&mut self) -> io::Result<Vec<u32>> {
        let ports: Vec<u32> = self.threads.keys().copied().take(self.early).collect();
        ports.iter().for_each(|port| self.holds(*port, 1));
        Ok(ports)
    }

    fn release(&mut self, port: u32) {
        self.holds(port, -1);
    }

    fn state(&mut self, thread: u32, flavor: Flavor) -> io::Result<Vec<u64>> {
        assert_eq!(flavor, self.machine.registers());
        Ok(self.living(thread)?.registers.clone())
    }

    fn set_state(&mut self, thread: u32, flavor: Flavor, words: &[u64]) -> io::Result<()> {
        self.set += 1;
        if self.refused.contains(&self.set) {
            return Err(io::Error::other("refused"));
        }
        let is_debug = flavor == self.machine.debug_registers();
        assert!(is_debug || flavor == self.machine.registers());
        assert_eq!(words.len(), flavor.words);
        let cpu = self.living(thread)?;
        match is_debug {
            true => cpu.debug = words.to_vec(),
            false => cpu.registers = words.to_vec(),
        }
        Ok(())
    }

    fn read(&self, address: u64, size: usize) -> Vec<u8> {
        (address..).take(size).map(|at| at as u8).collect()
    }

    fn next(&mut self) -> io::Result<Option<Raised>> {
        let machine = self.machine;
        for _ in 0..self.turns.len() {
            let Some(thread) = self.turns.pop_front() else {
                break;
            };
            self.turns.push_back(thread);
            let (odd, killed) = (self.odd.take_if(|odd| *odd == thread), self.killed);
            let Ok(cpu) = self.living(thread) else {
                continue;
            };
            assert!(!cpu.waits, "an exception was not answered");
            let exception = match odd {
                Some(_) => Some(BAD_ACCESS),
                None => cpu.run(machine, thread),
            };
            if let Some(exception) = exception {
                cpu.waits = true;
                cpu.is_dead = killed == Some(thread);
                self.holds(thread, 1);
                self.holds(TASK, 1);
                return Ok(Raised::read(&message(thread, TASK, exception)));
            }
        }
        Ok(None)
    }

    fn answer(&mut self, raised: &Raised, result: i32) -> io::Result<()> {
        let cpu = self.living(raised.thread)?;
        assert!(std::mem::take(&mut cpu.waits), "it was answered before");
        if result != HANDLED && raised.exception == BREAKPOINT {
            // The program has a handler, which goes on behind the trap.
            cpu.traps += 1;
            cpu.pass();
        }
        Ok(())
    }

    fn ended(&mut self) -> io::Result<Option<Outcome>> {
        Ok(Some(Outcome::Exited(0)))
    }
}

struct Seen {
    hook: Hook,
    records: Vec<Record>,
    stats: Stats,
}

fn watched(kernel: &mut MadeUp) -> Seen {
    let argument = |text: &str| text.parse().expect("an argument");
    let watch = Watch {
        image: None,
        write: Place::Address(WRITE),
        arguments: "buf=arg0,cursor=arg1,src=arg2,len=arg3"
            .parse()
            .expect("arguments"),
        immutable: Some((Place::Address(DONE), argument("arg0"))),
    };
    let mut records = Vec::new();
    let machine = kernel.machine;
    let mut emit = |record| records.push(record);
    let addresses = [Some(WRITE), Some(DONE)];
    let mut session = Session::new(kernel, machine, addresses, &watch, &mut emit);
    let hook = session.arm().expect("a process");
    assert_eq!(session.run().expect("an end"), Outcome::Exited(0));
    let stats = session.stats();
    Seen {
        hook,
        records,
        stats,
    }
}

/// Holds what was seen against what the threads have run.
fn assert_all_is_seen(kernel: &MadeUp, seen: &Seen) {
    assert_eq!(seen.hook, Hook::Ok);
    let (mut writes, mut dones, mut traps) = (0, 0, 0);
    for (port, cpu) in &kernel.threads {
        assert_eq!(cpu.ran, cpu.code, "each instruction once");
        let count = |address: u64| cpu.code.iter().filter(|own| **own == address).count();
        assert_eq!(cpu.traps, count(TRAP), "traps are the program's");
        let cursors = (0..).zip(&cpu.code).filter(|(_, pc)| **pc == WRITE);
        let own = seen
            .records
            .iter()
            .filter(|one| one.buf == u64::from(*port));
        let recorded: Vec<(u64, Vec<u8>)> =
            own.map(|one| (one.cursor, one.bytes.clone())).collect();
        let expected: Vec<(u64, Vec<u8>)> = cursors
            .map(|(at, _): (u64, _)| (at, vec![at as u8, at as u8 + 1]))
            .collect();
        assert_eq!(recorded, expected);
        writes += count(WRITE) as u64;
        dones += count(DONE) as u64;
        traps += count(TRAP) as u64;
        let has_stopped = count(WRITE) + count(DONE) + count(TRAP) > 0;
        let held = kernel.rights.get(port).copied().unwrap_or_default();
        assert_eq!(held, i32::from(has_stopped), "rights to a thread");
    }
    let stats = &seen.stats;
    assert_eq!((stats.break_hits, stats.immutable_hits), (writes, dones));
    assert_eq!((stats.step_hits, stats.forwarded), (writes + dones, traps));
    assert_eq!(stats.arm_failures, 0);
    assert_eq!(kernel.rights.get(&TASK).copied().unwrap_or_default(), 0);
}

const MACHINES: [Machine; 2] = [Machine::Arm64, Machine::X86_64];

#[test]
fn a_thread_that_is_killed_while_it_waits_is_of_no_matter() {
    for machine in MACHINES {
        let code = vec![OTHER, WRITE, OTHER, DONE];
        let mut kernel = MadeUp::new(machine, &[code.clone(), code], 1);
        let killed = *kernel.threads.keys().next().expect("a thread");
        kernel.killed = Some(killed);
        let seen = watched(&mut kernel);
        assert_eq!((seen.stats.break_hits, seen.records.len()), (1, 1));
        assert_eq!(kernel.rights[&killed], 1);
    }
}

#[test]
fn what_cannot_be_set_is_counted_and_leaves_no_thread_waiting() {
    for machine in MACHINES {
        let mut kernel = MadeUp::new(machine, &[vec![WRITE, OTHER]], 1);
        // The first is to arm, the second to step.
        kernel.refused = vec![2];
        let seen = watched(&mut kernel);
        assert_eq!((seen.hook, seen.stats.arm_failures), (Hook::Ok, 1));
        assert!(kernel.threads.values().all(|cpu| !cpu.waits));

        let mut kernel = MadeUp::new(machine, &[vec![WRITE, OTHER]], 1);
        kernel.refused = vec![1];
        let seen = watched(&mut kernel);
        assert!(matches!(seen.hook, Hook::HookFailed(_)));
        assert_eq!((seen.stats.arm_failures, seen.stats.break_hits), (1, 0));
    }
}

#[test]
fn an_exception_of_another_kind_is_not_taken_for_ours() {
    for machine in MACHINES {
        let mut kernel = MadeUp::new(machine, &[vec![WRITE, DONE]], 0);
        kernel.odd = kernel.turns.front().copied();
        let seen = watched(&mut kernel);
        assert_eq!((seen.stats.forwarded, seen.stats.break_hits), (1, 1));
        assert_eq!(
            kernel.threads.values().next().map(|cpu| cpu.ran.len()),
            Some(2)
        );
    }
}

proptest! {
    /// Whatever threads run, in whatever order they do, and whenever they began.
    #[test]
    fn each_call_is_recorded_once_and_each_instruction_run_once(
        threads in prop::collection::vec(prop::collection::vec(address(), 0..24), 1..4),
        early in 0_usize..4,
        is_arm in any::<bool>(),
    ) {
        let machine = MACHINES[usize::from(!is_arm)];
        let mut kernel = MadeUp::new(machine, &threads, early);
        let seen = watched(&mut kernel);
        assert_all_is_seen(&kernel, &seen);
    }
}

fn address() -> impl Strategy<Value = u64> {
    prop_oneof![Just(WRITE), Just(DONE), Just(TRAP), Just(OTHER)]
}
