//! Registers of AArch64, with its hardware breakpoints (Arm ARM, D2.8 and D17.3).

use std::io;

use libc::pid_t;

use super::sys;
use crate::arguments::{Argument, REGISTERS};

/// The instruction that stops a thread: `brk #0`.
pub(super) const BREAK: &[u8] = &[0x00, 0x00, 0x20, 0xd4];
/// How far the program counter is beyond it then.
pub(super) const AFTER_BREAK: u64 = 0;
/// Codes of the signal that it causes: `TRAP_BRKPT`.
pub(super) const BREAK_CODES: [i32; 2] = [1, 1];
/// Codes that do not tell what a debug exception was for: none, for each has a class of its own.
pub(super) const UNTOLD: &[i32] = &[];

/// `struct user_pt_regs`: x0 to x30, sp, pc, pstate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Registers([u64; 34]);

const PC: usize = 32;
const X8: usize = 8;
/// The set of the hardware breakpoints.
const NT_ARM_HW_BREAK: i32 = 0x402;
/// On four bytes of code, in user mode, enabled.
const ENABLED: u64 = 0xf << 5 | 2 << 1 | 1;

impl Registers {
    pub(super) fn of(tid: pid_t) -> io::Result<Self> {
        Ok(Self(sys::registers(tid, libc::NT_PRSTATUS)?))
    }

    pub(super) fn store(&self, tid: pid_t) -> io::Result<()> {
        sys::set_registers(tid, libc::NT_PRSTATUS, &self.0)
    }

    pub(super) fn pc(&self) -> u64 {
        self.0[PC]
    }

    pub(super) fn set_pc(&mut self, pc: u64) {
        self.0[PC] = pc;
    }

    pub(super) fn argument(&self, argument: Argument) -> u64 {
        const { assert!(REGISTERS <= 8, "x0 to x7 hold arguments") };
        self.0[argument.number()]
    }

    /// The system call that the thread is in.
    pub(super) fn system_call(&self) -> i64 {
        self.0[X8].cast_signed()
    }

    /// Address and size, of a system call that begins and takes these first.
    pub(super) fn range(&self) -> (u64, u64) {
        (self.0[0], self.0[1])
    }
}

/// Gives a thread breakpoints at these addresses, all enabled.
pub(super) fn arm(tid: pid_t, addresses: [Option<u64>; 2]) -> io::Result<()> {
    enable(tid, addresses, None)
}

/// Enables the breakpoints of a thread, without one of them: a word of information, then address
/// and control of each.
pub(super) fn enable(
    tid: pid_t,
    addresses: [Option<u64>; 2],
    without: Option<usize>,
) -> io::Result<()> {
    let mut words = [0_u64; 5];
    for (number, address) in addresses.iter().enumerate() {
        if let Some(address) = address {
            words[1 + 2 * number] = *address;
            words[2 + 2 * number] = match without == Some(number) {
                true => ENABLED & !1,
                false => ENABLED,
            };
        }
    }
    sys::set_registers(tid, NT_ARM_HW_BREAK, &words)
}
