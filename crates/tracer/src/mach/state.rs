//! States of threads, as 64-bit words in the order of the structures of XNU.

use crate::arguments::Argument;
use crate::machine::Point;

/// A kind of machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// `osfmk/mach/arm/thread_status.h` and `_structs.h`.
    Arm64,
    /// `osfmk/mach/i386/thread_status.h` and `_structs.h`.
    X86_64,
}

/// A kind of state: its number, and how many words it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flavor {
    /// Its number.
    pub number: i32,
    /// Its size in words of 64 bits; the kernel counts words of 32.
    pub words: usize,
}

/// `x[29]`, fp, lr, sp, pc.
const ARM_PC: usize = 32;
/// Each of the four groups of registers in the debug state.
const ARM_GROUP: usize = 16;
/// All four bytes, in user mode, enabled (Arm ARM, DBGBCR_EL1).
const ARM_ENABLED: u64 = 0xf << 5 | 2 << 1 | 1;
/// Single step (Arm ARM, MDSCR_EL1).
const ARM_STEP: u64 = 1;

/// rax, rbx, rcx, rdx, rdi, rsi, rbp, rsp, r8 to r15, rip, rflags.
const X86_PC: usize = 16;
const X86_FLAGS: usize = 17;
const X86_ARGUMENTS: [usize; 6] = [4, 5, 3, 2, 8, 9];
/// The trap flag (Intel SDM, volume 1, 3.4.3).
const X86_STEP: u64 = 1 << 8;
/// DR7, which enables the others.
const X86_CONTROL: usize = 7;

impl Machine {
    /// The one that this program is for.
    pub const HERE: Self = match cfg!(target_arch = "aarch64") {
        true => Self::Arm64,
        false => Self::X86_64,
    };

    /// The registers: `ARM_THREAD_STATE64`, `x86_THREAD_STATE64`.
    pub fn registers(self) -> Flavor {
        let (number, words) = match self {
            Self::Arm64 => (6, 34),
            Self::X86_64 => (4, 21),
        };
        Flavor { number, words }
    }

    /// The debug registers: `ARM_DEBUG_STATE64`, `x86_DEBUG_STATE64`.
    pub fn debug_registers(self) -> Flavor {
        let (number, words) = match self {
            Self::Arm64 => (15, 4 * ARM_GROUP + 1),
            Self::X86_64 => (11, 8),
        };
        Flavor { number, words }
    }

    /// `THREAD_STATE_NONE`: no state comes with a message.
    pub fn no_state(self) -> i32 {
        match self {
            Self::Arm64 => 5,
            Self::X86_64 => 13,
        }
    }

    /// Where a thread stands.
    pub fn pc(self, registers: &[u64]) -> u64 {
        registers[match self {
            Self::Arm64 => ARM_PC,
            Self::X86_64 => X86_PC,
        }]
    }

    /// An argument of the routine that a thread is about to run.
    pub fn argument(self, registers: &[u64], argument: Argument) -> u64 {
        registers[match self {
            Self::Arm64 => argument.number(),
            Self::X86_64 => X86_ARGUMENTS[argument.number()],
        }]
    }

    /// The debug registers of a thread with breakpoints at these addresses, in the order of
    /// [`Point`], but for the one that it is to step over.
    pub fn armed(self, addresses: [Option<u64>; 2], over: Option<Point>) -> Vec<u64> {
        let mut words = vec![0; self.debug_registers().words];
        let points = [Point::Write, Point::Immutable];
        for (number, (address, point)) in addresses.into_iter().zip(points).enumerate() {
            let Some(address) = address.filter(|_| over != Some(point)) else {
                continue;
            };
            words[number] = address;
            match self {
                Self::Arm64 => words[ARM_GROUP + number] = ARM_ENABLED,
                Self::X86_64 => words[X86_CONTROL] |= 1 << (2 * number),
            }
        }
        if let (Self::Arm64, Some(_), Some(mdscr)) = (self, over, words.last_mut()) {
            *mdscr = ARM_STEP;
        }
        words
    }

    /// Makes a thread stop after one instruction, or no more; whether its registers say that, and
    /// have to be written. (Those of Arm do not: [`Self::armed`] has it.)
    pub fn set_step(self, registers: &mut [u64], step: bool) -> bool {
        if self == Self::X86_64 {
            registers[X86_FLAGS] &= !X86_STEP;
            registers[X86_FLAGS] |= if step { X86_STEP } else { 0 };
        }
        self == Self::X86_64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Option<u64>; 2] = [Some(0x1000), Some(0x2000)];

    fn argument(text: &str) -> Argument {
        text.parse().expect("an argument")
    }

    #[test]
    fn sizes_are_those_of_the_headers() {
        // Counts of 32-bit words there: ARM_THREAD_STATE64_COUNT 68, ARM_DEBUG_STATE64_COUNT 130,
        // x86_THREAD_STATE64_COUNT 42, x86_DEBUG_STATE64_COUNT 16.
        let sizes = [Machine::Arm64, Machine::X86_64]
            .map(|machine| [machine.registers().words, machine.debug_registers().words]);
        assert_eq!(sizes, [[34, 65], [21, 8]]);
        let numbers = [Machine::Arm64, Machine::X86_64].map(|one| {
            [
                one.registers().number,
                one.debug_registers().number,
                one.no_state(),
            ]
        });
        assert_eq!(numbers, [[6, 15, 5], [4, 11, 13]]);
    }

    #[test]
    fn arm_breaks_by_address_and_control_and_steps_by_mdscr() {
        let machine = Machine::Arm64;
        let words = machine.armed(BOTH, None);
        assert_eq!((words[0], words[1], words[2]), (0x1000, 0x2000, 0));
        assert_eq!((words[16], words[17], words[18]), (0x1e5, 0x1e5, 0));
        assert_eq!(words[64], 0);
        let words = machine.armed(BOTH, Some(Point::Write));
        assert_eq!((words[16], words[17], words[64]), (0, 0x1e5, 1));
        let mut registers: Vec<u64> = (0..34).collect();
        assert_eq!(machine.pc(&registers), 32);
        assert_eq!(machine.argument(&registers, argument("arg3")), 3);
        assert!(!machine.set_step(&mut registers, true));
        assert!(registers.iter().copied().eq(0..34));
    }

    #[test]
    fn x86_enables_in_dr7_and_steps_by_the_trap_flag() {
        let machine = Machine::X86_64;
        assert_eq!(
            machine.armed(BOTH, None),
            [0x1000, 0x2000, 0, 0, 0, 0, 0, 5]
        );
        let words = machine.armed(BOTH, Some(Point::Immutable));
        assert_eq!(words, [0x1000, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(machine.armed([Some(8), None], None)[7], 1);
        let mut registers: Vec<u64> = (0..21).collect();
        assert_eq!(machine.pc(&registers), 16);
        let seen = ["arg0", "arg1", "arg2", "arg3", "arg4", "arg5"]
            .map(|text| machine.argument(&registers, argument(text)));
        assert_eq!(seen, [4, 5, 3, 2, 8, 9]);
        assert!(machine.set_step(&mut registers, true));
        assert_eq!(registers[17], 17 | 0x100);
        assert!(machine.set_step(&mut registers, false));
        assert_eq!(registers[17], 17);
    }
}
