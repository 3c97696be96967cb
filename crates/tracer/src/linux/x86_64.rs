//! Registers of x86-64, with the debug registers (Intel SDM, volume 3, chapter 18).

use std::io;

use libc::pid_t;

use super::sys;
use crate::arguments::{Argument, REGISTERS};

/// The instruction that stops a thread: `int3`.
pub(super) const BREAK: &[u8] = &[0xcc];
/// How far the program counter is beyond it then.
pub(super) const AFTER_BREAK: u64 = 1;
/// Codes of the signal that it causes: `SI_KERNEL`.
pub(super) const BREAK_CODES: [i32; 2] = [0x80, 0x80];
/// Codes of a debug exception: what it was for is not told by them. The kernel reads that from DR6,
/// which a hypervisor leaves empty now and then, so that `TRAP_BRKPT` is the code of a step or of a
/// breakpoint in a register. Seen on a Firecracker guest, less than once in a million stops.
pub(super) const UNTOLD: &[i32] = &[1, 2, 4];

/// Registers of a thread, in the order of `struct user_regs_struct`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Registers([u64; 27]);

const RIP: usize = 16;
/// Arguments as the System V ABI passes them: rdi, rsi, rdx, rcx, r8, r9.
const ARGUMENTS: [usize; REGISTERS] = [14, 13, 12, 11, 9, 7];
const ORIG_RAX: usize = 15;

impl Registers {
    pub(super) fn of(tid: pid_t) -> io::Result<Self> {
        Ok(Self(sys::registers(tid, libc::NT_PRSTATUS)?))
    }

    pub(super) fn store(&self, tid: pid_t) -> io::Result<()> {
        sys::set_registers(tid, libc::NT_PRSTATUS, &self.0)
    }

    pub(super) fn pc(&self) -> u64 {
        self.0[RIP]
    }

    pub(super) fn set_pc(&mut self, pc: u64) {
        self.0[RIP] = pc;
    }

    pub(super) fn argument(&self, argument: Argument) -> u64 {
        self.0[ARGUMENTS[argument.number()]]
    }

    /// The system call that the thread is in.
    pub(super) fn system_call(&self) -> i64 {
        self.0[ORIG_RAX].cast_signed()
    }

    /// Address and size, of a system call that begins and takes these first.
    pub(super) fn range(&self) -> (u64, u64) {
        (self.0[ARGUMENTS[0]], self.0[ARGUMENTS[1]])
    }
}

fn debug_register(tid: pid_t, number: usize, value: u64) -> io::Result<()> {
    let offset = std::mem::offset_of!(libc::user, u_debugreg) + 8 * number;
    sys::poke_user(tid, offset, value)
}

/// Gives a thread breakpoints at these addresses, all enabled.
pub(super) fn arm(tid: pid_t, addresses: [Option<u64>; 2]) -> io::Result<()> {
    for (number, address) in addresses.iter().enumerate() {
        if let Some(address) = address {
            debug_register(tid, number, *address)?;
        }
    }
    enable(tid, addresses, None)
}

/// Enables the breakpoints of a thread, without one of them. In DR7 the pair of bits of a
/// breakpoint says who has enabled it; kind and length of one on code are 0.
pub(super) fn enable(
    tid: pid_t,
    addresses: [Option<u64>; 2],
    without: Option<usize>,
) -> io::Result<()> {
    let wanted = |number: &usize| addresses[*number].is_some() && without != Some(*number);
    let bits = (0..2).filter(wanted).map(|number| 1 << (2 * number));
    debug_register(tid, 7, bits.sum())
}
