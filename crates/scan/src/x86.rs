//! x86-64 instructions as steps.

use iced_x86::{
    ConditionCode, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind,
    Register,
};

use crate::code::{Arg, Condition, FLAGS, Flow, Lifted, Op, Reg, Step, Steps, low};

/// What an instruction does.
pub(crate) fn lift(code: &Instruction, info: &mut InstructionInfoFactory) -> Lifted {
    let mut lifter = Lifter {
        code,
        steps: Steps::default(),
    };
    let flow = match code.flow_control() {
        FlowControl::Next => {
            lifter.plain(info);
            Flow::Next
        }
        FlowControl::UnconditionalBranch => Flow::Jump(code.near_branch_target()),
        FlowControl::ConditionalBranch => lifter.branch(),
        FlowControl::IndirectBranch => Flow::JumpTo(lifter.read(0)),
        FlowControl::Return => Flow::Return,
        FlowControl::Call if code.op0_kind() == OpKind::NearBranch64 => {
            Flow::Call(Arg::Const(code.near_branch_target()))
        }
        FlowControl::Call | FlowControl::IndirectCall if code.mnemonic() == Mnemonic::Call => {
            Flow::Call(lifter.read(0))
        }
        FlowControl::Interrupt if code.mnemonic() != Mnemonic::Int3 => Flow::Stop,
        FlowControl::Exception | FlowControl::Interrupt => Flow::Stop,
        _ => {
            lifter.forget(info);
            Flow::Next
        }
    };
    Lifted {
        steps: lifter.steps.list,
        flow,
        length: code.len() as u8,
    }
}

struct Lifter<'a> {
    code: &'a Instruction,
    steps: Steps,
}

/// A general register: its number, the place of its lowest bit there and how many bits it has.
fn general(register: Register) -> Option<(Reg, u32, u32)> {
    if register.is_gpr8() {
        // ah, ch, dh, bh are the upper halves of the lower words.
        return Some(match register {
            Register::AH | Register::CH | Register::DH | Register::BH => {
                ((register as u32 - Register::AH as u32) as Reg, 8, 8)
            }
            _ => (register.full_register().number() as Reg, 0, 8),
        });
    }
    let bits = register.size() as u32 * 8;
    let number = register.full_register();
    (register.is_gpr16() || register.is_gpr32() || register.is_gpr64())
        .then(|| (number.number() as Reg, 0, bits))
}

impl Lifter<'_> {
    /// Bits of an operand.
    fn bits(&self, operand: u32) -> u32 {
        match self.code.op_kind(operand) {
            OpKind::Register => self.code.op_register(operand).size() as u32 * 8,
            OpKind::Memory => self.code.memory_size().size() as u32 * 8,
            // Immediates are extended to the first operand.
            _ if operand > 0 => self.bits(0),
            _ => 64,
        }
    }

    fn address(&mut self) -> Arg {
        let code = self.code;
        if code.is_ip_rel_memory_operand() {
            return Arg::Const(code.ip_rel_memory_address());
        }
        if matches!(code.segment_prefix(), Register::FS | Register::GS) {
            return self.steps.unknown();
        }
        let mut sum = Arg::Const(code.memory_displacement64());
        if let Some((index, _, bits)) = general(code.memory_index()) {
            let index = self.steps.cut(Arg::Reg(index), bits);
            let scale = Arg::Const(u64::from(code.memory_index_scale().trailing_zeros()));
            let index = self.steps.compute(Op::Shl, index, scale);
            sum = self.steps.compute(Op::Add, index, sum);
        }
        if let Some((base, _, bits)) = general(code.memory_base()) {
            let base = self.steps.cut(Arg::Reg(base), bits);
            sum = self.steps.compute(Op::Add, base, sum);
        }
        sum
    }

    /// An operand, zero-extended.
    fn read(&mut self, operand: u32) -> Arg {
        let bits = self.bits(operand);
        match self.code.op_kind(operand) {
            OpKind::Register => match general(self.code.op_register(operand)) {
                Some((register, at, bits)) => {
                    let whole = Arg::Reg(register);
                    let moved = self
                        .steps
                        .compute(Op::Shr, whole, Arg::Const(u64::from(at)));
                    self.steps.cut(moved, bits)
                }
                None => self.steps.unknown(),
            },
            OpKind::Memory => {
                let address = self.address();
                match bits {
                    8 | 16 | 32 | 64 => self.steps.load(address, (bits / 8) as u8),
                    _ => self.steps.unknown(),
                }
            }
            OpKind::NearBranch64 => Arg::Const(self.code.near_branch_target()),
            _ => match self.code.try_immediate(operand) {
                Ok(value) => Arg::Const(value & low(bits)),
                Err(_) => self.steps.unknown(),
            },
        }
    }

    /// Writes an operand; what is above it in a register stays, but above 32 bits it is cleared.
    fn write(&mut self, operand: u32, value: Arg) {
        match self.code.op_kind(operand) {
            OpKind::Register => self.write_register(self.code.op_register(operand), value),
            OpKind::Memory => {
                let bits = self.bits(operand);
                let address = self.address();
                let value = self.steps.cut(value, bits);
                if matches!(bits, 8 | 16 | 32 | 64) {
                    self.steps.store(address, value, (bits / 8) as u8);
                }
            }
            _ => {}
        }
    }

    fn write_register(&mut self, register: Register, value: Arg) {
        let Some((to, at, bits)) = general(register) else {
            return;
        };
        let value = self.steps.cut(value, bits);
        if bits >= 32 {
            return self.steps.set(to, value);
        }
        let kept = Arg::Const(!(low(bits) << at));
        let kept = self.steps.compute(Op::And, Arg::Reg(to), kept);
        let value = self
            .steps
            .compute(Op::Shl, value, Arg::Const(u64::from(at)));
        let whole = self.steps.compute(Op::Or, kept, value);
        self.steps.set(to, whole);
    }

    fn branch(&mut self) -> Flow {
        let target = self.code.near_branch_target();
        if self.code.condition_code() == ConditionCode::None {
            // jrcxz, loop
            return Flow::Branch {
                condition: Condition::Equal,
                test: Arg::Reg(1),
                target,
            };
        }
        Flow::Branch {
            condition: self.condition(),
            test: Arg::Reg(FLAGS),
            target,
        }
    }

    fn condition(&self) -> Condition {
        match self.code.condition_code() {
            ConditionCode::e | ConditionCode::ne => Condition::Equal,
            ConditionCode::b | ConditionCode::ae | ConditionCode::l | ConditionCode::ge => {
                Condition::Less
            }
            ConditionCode::a | ConditionCode::be | ConditionCode::g | ConditionCode::le => {
                Condition::Greater
            }
            ConditionCode::s | ConditionCode::ns => Condition::Sign,
            _ => Condition::Other,
        }
    }

    fn plain(&mut self, info: &mut InstructionInfoFactory) {
        let code = self.code;
        let bits = self.bits(0);
        match code.mnemonic() {
            Mnemonic::Mov | Mnemonic::Movzx if self.is_general() => {
                let value = self.read(1);
                self.write(0, value);
            }
            Mnemonic::Movsx | Mnemonic::Movsxd => {
                let (value, from) = (self.read(1), self.bits(1));
                let value = self.steps.sign_extended(value, from);
                self.write(0, value);
            }
            Mnemonic::Cdqe => self.extend_accumulator(32, Register::RAX),
            Mnemonic::Cwde => self.extend_accumulator(16, Register::EAX),
            Mnemonic::Cbw => self.extend_accumulator(8, Register::AX),
            Mnemonic::Lea => {
                let address = self.address();
                self.write(0, address);
            }
            Mnemonic::Add => self.binary(Op::Add, true),
            Mnemonic::Sub => self.binary(Op::Sub, true),
            Mnemonic::And => self.binary(Op::And, true),
            Mnemonic::Or => self.binary(Op::Or, true),
            Mnemonic::Xor => self.binary(Op::Xor, true),
            Mnemonic::Cmp => self.binary(Op::Sub, false),
            Mnemonic::Test => self.binary(Op::And, false),
            Mnemonic::Inc => self.step(Op::Add),
            Mnemonic::Dec => self.step(Op::Sub),
            Mnemonic::Neg => {
                let value = self.read(0);
                let value = self.steps.compute(Op::Sub, Arg::Const(0), value);
                self.result(value, bits);
            }
            Mnemonic::Not => {
                let value = self.read(0);
                let value = self.steps.compute(Op::Xor, value, Arg::Const(low(bits)));
                self.write(0, value);
            }
            Mnemonic::Shl | Mnemonic::Sal => self.shift(Op::Shl),
            Mnemonic::Shr => self.shift(Op::Shr),
            Mnemonic::Sar => self.shift(Op::Sar),
            Mnemonic::Shlx | Mnemonic::Shrx | Mnemonic::Sarx => self.shift_without_flags(),
            Mnemonic::Rol | Mnemonic::Ror => self.rotate(),
            Mnemonic::Imul if code.op_count() >= 2 => {
                let (a, b) = match code.op_count() {
                    2 => (0, 1),
                    _ => (1, 2),
                };
                let (a, b) = (self.read(a), self.read(b));
                let value = self.steps.compute(Op::Mul, a, b);
                self.steps.list.push(Step::Forget(FLAGS));
                self.write(0, value);
            }
            Mnemonic::Bswap => {
                let value = self.read(0);
                let value = self.reversed(value, bits);
                self.write(0, value);
            }
            Mnemonic::Movbe => {
                let value = self.read(1);
                let value = self.reversed(value, bits);
                self.write(0, value);
            }
            Mnemonic::Xchg if self.is_general() => {
                let (a, b) = (self.read(0), self.read(1));
                // Both are read before either is written.
                let held = self.steps.compute(Op::And, a, Arg::Const(low(bits)));
                self.write(0, b);
                self.write(1, held);
            }
            Mnemonic::Bt | Mnemonic::Btr | Mnemonic::Bts | Mnemonic::Btc => self.bit_test(bits),
            Mnemonic::Bextr => self.bit_extract(),
            Mnemonic::Push => {
                let value = self.read(0);
                let top = self.steps.compute(Op::Sub, Arg::Reg(4), Arg::Const(8));
                self.steps.store(top, value, 8);
                self.steps.set(4, top);
            }
            Mnemonic::Pop => {
                let value = self.steps.load(Arg::Reg(4), 8);
                let top = self.steps.compute(Op::Add, Arg::Reg(4), Arg::Const(8));
                self.steps.set(4, top);
                self.write(0, value);
            }
            Mnemonic::Leave => {
                let frame = self.steps.compute(Op::And, Arg::Reg(5), Arg::Const(!0));
                let value = self.steps.load(frame, 8);
                let top = self.steps.compute(Op::Add, frame, Arg::Const(8));
                self.steps.set(4, top);
                self.steps.set(5, value);
            }
            Mnemonic::Nop | Mnemonic::Endbr64 => {}
            // It clears what it is given twice, whatever it was.
            Mnemonic::Sbb if code.op0_register() == code.op1_register() => {
                self.check(Condition::Less);
                self.forget(info);
            }
            Mnemonic::Adc | Mnemonic::Sbb => {
                self.check(Condition::Less);
                self.forget(info);
            }
            _ if code.condition_code() != ConditionCode::None => self.conditional(),
            _ => self.forget(info),
        }
    }

    /// Whether no operand is a segment, control or vector register.
    fn is_general(&self) -> bool {
        (0..self.code.op_count()).all(|operand| {
            self.code.op_kind(operand) != OpKind::Register
                || general(self.code.op_register(operand)).is_some()
        })
    }

    fn extend_accumulator(&mut self, from: u32, to: Register) {
        let value = self.steps.sign_extended(Arg::Reg(0), from);
        self.write_register(to, value);
    }

    /// Writes a result and sets the flags by it.
    fn result(&mut self, value: Arg, bits: u32) {
        let value = self.steps.cut(value, bits);
        self.steps.flags(Op::Test(bits as u8), value, value);
        self.write(0, value);
    }

    fn binary(&mut self, op: Op, writes: bool) {
        let bits = self.bits(0);
        let same = self.code.op0_kind() == OpKind::Register
            && self.code.op1_kind() == OpKind::Register
            && self.code.op0_register() == self.code.op1_register();
        if same && writes && matches!(op, Op::Xor | Op::Sub) {
            let zero = Arg::Const(0);
            self.steps.flags(Op::Test(bits as u8), zero, zero);
            return self.write(0, zero);
        }
        let (a, b) = (self.read(0), self.read(1));
        if op == Op::Sub {
            self.steps.flags(Op::Compare(bits as u8), a, b);
            if writes {
                let value = self.steps.compute(op, a, b);
                self.write(0, value);
            }
            return;
        }
        let value = match same && op == Op::And {
            true => a,
            false => self.steps.compute(op, a, b),
        };
        let value = self.steps.cut(value, bits);
        self.steps.flags(Op::Test(bits as u8), value, value);
        if writes {
            self.write(0, value);
        }
    }

    fn step(&mut self, op: Op) {
        let bits = self.bits(0);
        let value = self.read(0);
        let value = self.steps.compute(op, value, Arg::Const(1));
        self.result(value, bits);
    }

    fn shift(&mut self, op: Op) {
        let bits = self.bits(0);
        let value = self.read(0);
        let most = u64::from(if bits == 64 { 63_u8 } else { 31 });
        let by = match self.read(1) {
            Arg::Const(by) => Arg::Const(by & most),
            by => self.steps.compute(Op::And, by, Arg::Const(most)),
        };
        let value = match op {
            Op::Sar => self.steps.sign_extended(value, bits),
            _ => value,
        };
        let value = self.steps.compute(op, value, by);
        self.result(value, bits);
    }

    fn shift_without_flags(&mut self) {
        let bits = self.bits(0);
        let (op, value) = match self.code.mnemonic() {
            Mnemonic::Shlx => (Op::Shl, self.read(1)),
            Mnemonic::Shrx => (Op::Shr, self.read(1)),
            _ => {
                let value = self.read(1);
                (Op::Sar, self.steps.sign_extended(value, bits))
            }
        };
        let by = self.read(2);
        let by = self
            .steps
            .compute(Op::And, by, Arg::Const(u64::from(bits.saturating_sub(1))));
        let value = self.steps.compute(op, value, by);
        self.write(0, value);
    }

    fn rotate(&mut self) {
        let bits = self.bits(0);
        let value = self.read(0);
        let value = match self.read(1) {
            Arg::Const(by) if bits > 0 => {
                let by = by as u32 % bits;
                let left = match self.code.mnemonic() {
                    Mnemonic::Rol => by,
                    _ => (bits - by) % bits,
                };
                match left {
                    0 => value,
                    left => {
                        let count = Arg::Const(u64::from(left));
                        let upper = self.steps.compute(Op::Shl, value, count);
                        let rest = Arg::Const(u64::from(bits - left));
                        let lower = self.steps.compute(Op::Shr, value, rest);
                        self.steps.compute(Op::Or, upper, lower)
                    }
                }
            }
            _ => self.steps.unknown(),
        };
        self.steps.list.push(Step::Forget(FLAGS));
        self.write(0, value);
    }

    fn reversed(&mut self, value: Arg, bits: u32) -> Arg {
        let mut whole = Arg::Const(0);
        for byte in 0..bits / 8 {
            let from = Arg::Const(u64::from(byte * 8));
            let one = self.steps.compute(Op::Shr, value, from);
            let one = self.steps.cut(one, 8);
            let to = Arg::Const(u64::from(bits - 8 - byte * 8));
            let one = self.steps.compute(Op::Shl, one, to);
            whole = self.steps.compute(Op::Or, one, whole);
        }
        whole
    }

    fn bit_test(&mut self, bits: u32) {
        let value = self.read(0);
        match self.read(1) {
            Arg::Const(at) if bits > 0 => {
                let bit = 1 << (at % u64::from(bits)).min(63);
                let tested = self.steps.compute(Op::And, value, Arg::Const(bit));
                let value = match self.code.mnemonic() {
                    Mnemonic::Btr => self.steps.compute(Op::And, value, Arg::Const(!bit)),
                    Mnemonic::Bts => self.steps.compute(Op::Or, value, Arg::Const(bit)),
                    Mnemonic::Btc => self.steps.compute(Op::Xor, value, Arg::Const(bit)),
                    _ => value,
                };
                self.steps.set(FLAGS, tested);
                if self.code.mnemonic() != Mnemonic::Bt {
                    self.write(0, value);
                }
            }
            _ => {
                self.steps.list.push(Step::Forget(FLAGS));
                if self.code.mnemonic() != Mnemonic::Bt {
                    let value = self.steps.unknown();
                    self.write(0, value);
                }
            }
        }
    }

    fn bit_extract(&mut self) {
        let bits = self.bits(0);
        let value = self.read(1);
        let value = match self.read(2) {
            Arg::Const(control) => {
                let (from, count) = (control & 0xff, control >> 8 & 0xff);
                let value = self.steps.compute(Op::Shr, value, Arg::Const(from.min(63)));
                self.steps.cut(value, count.min(64) as u32)
            }
            // The control word is most often a constant in a register.
            Arg::Reg(control) => {
                let control = Arg::Reg(control);
                let from = self.steps.compute(Op::And, control, Arg::Const(0xff));
                let count = self.steps.compute(Op::Shr, control, Arg::Const(8));
                let count = self.steps.compute(Op::And, count, Arg::Const(0xff));
                let value = self.steps.compute(Op::Shr, value, from);
                let mask = self.steps.compute(Op::Shl, Arg::Const(1), count);
                let mask = self.steps.compute(Op::Sub, mask, Arg::Const(1));
                self.steps.compute(Op::And, value, mask)
            }
        };
        self.result(value, bits);
    }

    fn check(&mut self, condition: Condition) {
        let check = Step::Check(condition, Arg::Reg(FLAGS));
        self.steps.list.push(check);
    }

    /// `setcc`, `cmovcc`.
    fn conditional(&mut self) {
        self.check(self.condition());
        if self.code.op_count() == 1 {
            let bit = self.steps.unknown();
            let bit = self.steps.cut(bit, 1);
            self.write(0, bit);
        } else {
            let (a, b) = (self.read(0), self.read(1));
            let to = match general(self.code.op0_register()) {
                Some((to, ..)) => to,
                None => return,
            };
            self.steps.list.push(Step::Either(to, a, b));
        }
    }

    /// An instruction whose results are not followed.
    fn forget(&mut self, info: &mut InstructionInfoFactory) {
        let code = self.code;
        let used = info.info(code);
        let writes = |access: OpAccess| {
            matches!(
                access,
                OpAccess::Write
                    | OpAccess::CondWrite
                    | OpAccess::ReadWrite
                    | OpAccess::ReadCondWrite
            )
        };
        let reads = |access: OpAccess| matches!(access, OpAccess::Read | OpAccess::ReadWrite);
        for register in used.used_registers() {
            if writes(register.access())
                && let Some((number, ..)) = general(register.register())
            {
                self.steps.list.push(Step::Forget(number));
            }
        }
        if code.rflags_modified() != 0 {
            self.steps.list.push(Step::Forget(FLAGS));
        }
        let has_memory = (0..code.op_count()).any(|o| code.op_kind(o) == OpKind::Memory);
        if has_memory {
            let (mut stored, mut read) = (false, false);
            for memory in used.used_memory() {
                stored |= writes(memory.access());
                read |= reads(memory.access());
            }
            let size = code.memory_size().size().min(64) as u8;
            let address = self.address();
            if stored && size > 0 {
                let value = self.steps.unknown();
                let value = match size {
                    1..=7 => self.steps.cut(value, u32::from(size) * 8),
                    _ => value,
                };
                self.steps.store(address, value, size);
            } else if read && size > 8 {
                self.steps.list.push(Step::VectorLoad);
            }
        }
        if matches!(
            code.mnemonic(),
            Mnemonic::Psrlw
                | Mnemonic::Psllw
                | Mnemonic::Psraw
                | Mnemonic::Pand
                | Mnemonic::Pandn
                | Mnemonic::Vpsrlw
                | Mnemonic::Vpsllw
                | Mnemonic::Vpsraw
                | Mnemonic::Vpand
                | Mnemonic::Vpandn
        ) {
            self.steps.list.push(Step::VectorLanes);
        }
    }
}
