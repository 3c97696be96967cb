//! What an instruction does, in the same words for both architectures.
//!
//! Every step is of 64 bits; narrower instructions cut their operands and results with `And` and
//! `Sext`. Registers that no general instruction names hold what passes between the steps of one.

/// A register: 0 to 31 are the general ones by the number of their encoding, 31 of arm64 being the
/// stack pointer; then the flags, and what passes between steps.
pub(crate) type Reg = u8;

/// What the last comparison left behind.
pub(crate) const FLAGS: Reg = 32;
/// First of the registers between the steps of one instruction.
pub(crate) const SCRATCH: Reg = 33;

/// A processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Processor {
    X86,
    Arm,
}

impl Processor {
    /// Registers of the first arguments of a call, in order.
    pub(crate) fn arguments(self) -> &'static [Reg] {
        match self {
            Self::X86 => &[7, 6, 2, 1, 8, 9],
            Self::Arm => &[0, 1, 2, 3, 4, 5, 6, 7],
        }
    }

    /// The register of a call's result.
    pub(crate) fn result(self) -> Reg {
        0
    }

    /// Registers that a call may change.
    pub(crate) fn changed_by_call(self) -> &'static [Reg] {
        match self {
            Self::X86 => &[0, 1, 2, 6, 7, 8, 9, 10, 11, FLAGS],
            Self::Arm => &[
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 30, FLAGS,
            ],
        }
    }

    pub(crate) fn stack(self) -> Reg {
        match self {
            Self::X86 => 4,
            Self::Arm => 31,
        }
    }
}

/// An operand of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arg {
    Reg(Reg),
    Const(u64),
}

/// What a step computes of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    /// Arithmetic shift of all 64 bits.
    Sar,
    /// The lower bits, as many as the second operand says, with their sign.
    Sext,
    /// Flags of a comparison of numbers of so many bits.
    Compare(u8),
    /// Flags of a bitwise `and` of numbers of so many bits.
    Test(u8),
}

/// A step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Set(Reg, Op, Arg, Arg),
    /// Zero-extended.
    Load {
        to: Reg,
        address: Arg,
        size: u8,
    },
    Store {
        address: Arg,
        value: Arg,
        size: u8,
    },
    /// The register is anything now.
    Forget(Reg),
    /// One of two.
    Either(Reg, Arg, Arg),
    /// A condition that is computed without a branch.
    Check(Condition, Arg),
    /// Memory is read as a vector.
    VectorLoad,
    /// 16-bit lanes of a vector are masked or shifted.
    VectorLanes,
}

/// What is asked of flags; of a plain number, whether it is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Equal, or not.
    Equal,
    /// Less, or greater or equal.
    Less,
    /// Greater, or less or equal.
    Greater,
    /// Negative, or not.
    Sign,
    Other,
}

/// Where an instruction leads.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flow {
    Next,
    Jump(u64),
    Branch {
        condition: Condition,
        /// Flags, or a number.
        test: Arg,
        target: u64,
    },
    Call(Arg),
    /// A jump to an address that was computed.
    JumpTo(Arg),
    Return,
    /// Nothing comes after it.
    Stop,
}

/// An instruction's steps and where it leads.
#[derive(Debug)]
pub(crate) struct Lifted {
    pub(crate) steps: Vec<Step>,
    pub(crate) flow: Flow,
    pub(crate) length: u8,
}

/// Collects the steps of an instruction.
#[derive(Default)]
pub(crate) struct Steps {
    pub(crate) list: Vec<Step>,
    scratch: u8,
}

/// The lower `bits`, 0 to 64, set.
pub(crate) const fn low(bits: u32) -> u64 {
    match bits {
        0 => 0,
        1..64 => (1 << bits) - 1,
        _ => u64::MAX,
    }
}

impl Steps {
    fn fresh(&mut self) -> Reg {
        self.scratch = self.scratch.wrapping_add(1);
        // An instruction has a dozen steps at most.
        SCRATCH + self.scratch % 64
    }

    /// Computes a number between steps.
    pub(crate) fn compute(&mut self, op: Op, a: Arg, b: Arg) -> Arg {
        match (op, a, b) {
            (Op::Add, Arg::Const(a), Arg::Const(b)) => return Arg::Const(a.wrapping_add(b)),
            (Op::Add | Op::Sub | Op::Or | Op::Xor | Op::Shl | Op::Shr, _, Arg::Const(0)) => {
                return a;
            }
            (Op::And, _, Arg::Const(u64::MAX)) => return a,
            _ => {}
        }
        let to = self.fresh();
        self.list.push(Step::Set(to, op, a, b));
        Arg::Reg(to)
    }

    /// The lower bits of a number.
    pub(crate) fn cut(&mut self, a: Arg, bits: u32) -> Arg {
        match a {
            Arg::Const(a) => Arg::Const(a & low(bits)),
            reg => self.compute(Op::And, reg, Arg::Const(low(bits))),
        }
    }

    pub(crate) fn sign_extended(&mut self, a: Arg, bits: u32) -> Arg {
        match bits {
            64.. => a,
            bits => self.compute(Op::Sext, a, Arg::Const(u64::from(bits))),
        }
    }

    pub(crate) fn set(&mut self, to: Reg, value: Arg) {
        self.list.push(Step::Set(to, Op::Or, value, Arg::Const(0)));
    }

    pub(crate) fn load(&mut self, address: Arg, size: u8) -> Arg {
        let to = self.fresh();
        self.list.push(Step::Load { to, address, size });
        Arg::Reg(to)
    }

    pub(crate) fn store(&mut self, address: Arg, value: Arg, size: u8) {
        self.list.push(Step::Store {
            address,
            value,
            size,
        });
    }

    pub(crate) fn unknown(&mut self) -> Arg {
        let to = self.fresh();
        self.list.push(Step::Forget(to));
        Arg::Reg(to)
    }

    pub(crate) fn flags(&mut self, op: Op, a: Arg, b: Arg) {
        self.list.push(Step::Set(FLAGS, op, a, b));
    }
}
