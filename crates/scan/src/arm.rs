//! arm64 instructions as steps, by the fields of their words (Arm Architecture Reference Manual for
//! A-profile, chapter C4 "A64 Instruction Set Encoding").

mod data;
mod memory;

use crate::code::{Arg, Condition, FLAGS, Flow, Lifted, Op, Reg, Step, Steps};

/// A word, and where it is.
struct Word {
    bits: u32,
    address: u64,
}

impl Word {
    /// Bits from `low` on, `count` of them.
    fn field(&self, low: u32, count: u32) -> u32 {
        (self.bits >> low) & ((1 << count) - 1)
    }

    fn bit(&self, at: u32) -> bool {
        self.field(at, 1) != 0
    }

    /// A signed field.
    fn signed(&self, low: u32, count: u32) -> i64 {
        let shift = 64 - count;
        (i64::from(self.field(low, count)) << shift) >> shift
    }

    /// Number of a register.
    fn number(&self, low: u32) -> Reg {
        self.field(low, 5) as Reg
    }

    /// The operand of a register where 31 is zero.
    fn reg(&self, low: u32) -> Arg {
        match self.number(low) {
            31 => Arg::Const(0),
            number => Arg::Reg(number),
        }
    }

    fn target(&self, low: u32, count: u32) -> u64 {
        let offset = self.signed(low, count) * 4;
        self.address.wrapping_add_signed(offset)
    }
}

/// Writes a register where 31 is none, cut to `bits`.
fn write(steps: &mut Steps, to: Reg, value: Arg, bits: u32) {
    if to != 31 {
        let value = steps.cut(value, bits);
        steps.set(to, value);
    }
}

fn condition(code: u32) -> Condition {
    match code >> 1 {
        0 => Condition::Equal,
        1 | 5 => Condition::Less,
        2 => Condition::Sign,
        4 | 6 => Condition::Greater,
        _ => Condition::Other,
    }
}

/// What an instruction does; `None` for a word that is none.
pub(crate) fn lift(bits: u32, address: u64) -> Option<Lifted> {
    let word = Word { bits, address };
    let mut steps = Steps::default();
    let flow = match word.field(25, 4) {
        0b1000 | 0b1001 => data::immediate(&word, &mut steps),
        0b1010 | 0b1011 => branch(&word, &mut steps)?,
        0b0100 | 0b0110 | 0b1100 | 0b1110 => memory::access(&word, &mut steps),
        0b0101 | 0b1101 => data::register(&word, &mut steps),
        0b0111 | 0b1111 => vector(&word, &mut steps),
        // SVE and SME touch no general register that matters here.
        0b0010 => Flow::Next,
        _ => return None,
    };
    Some(Lifted {
        steps: steps.list,
        flow,
        length: 4,
    })
}

fn branch(word: &Word, steps: &mut Steps) -> Option<Flow> {
    Some(match word.field(29, 3) {
        0b000 => Flow::Jump(word.target(0, 26)),
        0b100 => Flow::Call(Arg::Const(word.target(0, 26))),
        0b001 | 0b101 => {
            let bits = if word.bit(31) { 64 } else { 32 };
            let (test, target) = if word.bit(25) {
                let at = word.field(19, 5) | word.field(31, 1) << 5;
                let test = steps.compute(Op::And, word.reg(0), Arg::Const(1 << at));
                (test, word.target(5, 14))
            } else {
                (steps.cut(word.reg(0), bits), word.target(5, 19))
            };
            Flow::Branch {
                condition: Condition::Equal,
                test,
                target,
            }
        }
        0b010 if word.field(24, 2) == 0 => match word.field(0, 4) {
            14 | 15 => Flow::Jump(word.target(5, 19)),
            code => Flow::Branch {
                condition: condition(code),
                test: Arg::Reg(FLAGS),
                target: word.target(5, 19),
            },
        },
        0b110 if word.bit(25) => match word.field(21, 4) {
            // br, blr, ret, and those that authenticate.
            0b0000 | 0b1000 => Flow::JumpTo(word.reg(5)),
            0b0001 | 0b1001 => Flow::Call(word.reg(5)),
            0b0010 => Flow::Return,
            _ => Flow::Stop,
        },
        0b110 if word.field(24, 2) == 0 => match word.field(21, 3) {
            0 if word.field(0, 5) == 1 => Flow::Next,
            _ => Flow::Stop,
        },
        // mrs
        0b110 if word.field(20, 5) == 0b10011 => {
            steps.list.push(Step::Forget(word.number(0)));
            Flow::Next
        }
        0b110 => Flow::Next,
        _ => return None,
    })
}

/// Vectors: what reaches a general register or the flags.
fn vector(word: &Word, steps: &mut Steps) -> Flow {
    let general = word.number(0);
    let is_scalar = word.field(28, 4) & 0b0101 == 0b0001;
    if is_scalar && word.bit(21) && word.field(10, 6) == 0 {
        // fcvt*, fmov to a general register; the other way the number is no general one.
        let to_general = !matches!(word.field(16, 3), 0b010 | 0b011 | 0b111);
        if to_general && general != 31 {
            steps.list.push(Step::Forget(general));
        }
    } else if is_scalar && word.bit(21) && matches!(word.field(10, 2), 0b01)
        || is_scalar && word.field(10, 4) == 0b1000
    {
        steps.list.push(Step::Forget(FLAGS));
    } else if word.field(21, 10) & 0b01_1111_1111 == 0b00_0111_0000 && word.field(10, 1) == 1 {
        // umov, smov
        if matches!(word.field(11, 4), 0b0101 | 0b0111) && general != 31 {
            steps.list.push(Step::Forget(general));
        }
    }
    let is_shift = word.field(23, 6) == 0b01_1110 && word.bit(10);
    let shifts_halves = is_shift && word.field(20, 3) == 1 && word.field(19, 4) != 0;
    let is_logic = word.field(24, 5) == 0b01110 && word.field(10, 6) == 0b000111;
    // bic and orr with an immediate, lanes of 16 bits.
    let masks_halves = word.field(19, 10) == 0b01_1110_0000 && word.field(13, 3) & 0b101 == 0b100;
    if shifts_halves || masks_halves || is_logic && word.field(22, 2) == 0 && !word.bit(29) {
        steps.list.push(Step::VectorLanes);
    }
    Flow::Next
}
