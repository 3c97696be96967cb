//! Instructions that compute.

use super::{Word, condition, write};
use crate::code::{Arg, FLAGS, Flow, Op, Reg, Step, Steps, low};

/// Operands that are immediate.
pub(super) fn immediate(word: &Word, steps: &mut Steps) -> Flow {
    let bits = if word.bit(31) { 64 } else { 32 };
    let to = word.number(0);
    match word.field(23, 3) {
        0b000 | 0b001 => {
            let offset = word.signed(5, 19) << 2 | i64::from(word.field(29, 2));
            let value = match word.bit(31) {
                true => (word.address & !0xfff).wrapping_add_signed(offset << 12),
                false => word.address.wrapping_add_signed(offset),
            };
            write(steps, to, Arg::Const(value), 64);
        }
        0b010 => {
            let shift = if word.bit(22) { 12 } else { 0 };
            let value = Arg::Const(u64::from(word.field(10, 12)) << shift);
            // 31 is the stack pointer, but as the target of an instruction that sets flags.
            add(word, steps, Arg::Reg(word.number(5)), value, bits, true);
        }
        0b100 => {
            let mask = Arg::Const(bitmask(word, bits));
            let op = match word.field(29, 2) {
                0b00 | 0b11 => Op::And,
                0b01 => Op::Or,
                _ => Op::Xor,
            };
            let value = steps.compute(op, word.reg(5), mask);
            let value = steps.cut(value, bits);
            if word.field(29, 2) == 0b11 {
                steps.flags(Op::Test(bits as u8), value, value);
                write(steps, to, value, bits);
            } else {
                steps.set(to, value);
            }
        }
        0b101 => {
            let shift = word.field(21, 2) * 16;
            let value = u64::from(word.field(5, 16)) << shift;
            let value = match word.field(29, 2) {
                0b00 => Arg::Const(!value),
                0b10 => Arg::Const(value),
                _ => {
                    let kept = !(0xffff << shift);
                    let kept = steps.compute(Op::And, word.reg(0), Arg::Const(kept));
                    steps.compute(Op::Or, kept, Arg::Const(value))
                }
            };
            write(steps, to, value, bits);
        }
        0b110 => bitfield(word, steps, bits),
        0b111 => {
            // extr: the lower word's bits from a place on, then those of the upper.
            let at = word.field(10, 6) % bits;
            let value = match at {
                0 => word.reg(16),
                at => {
                    let lower = steps.cut(word.reg(16), bits);
                    let lower = steps.compute(Op::Shr, lower, Arg::Const(u64::from(at)));
                    let upper =
                        steps.compute(Op::Shl, word.reg(5), Arg::Const(u64::from(bits - at)));
                    steps.compute(Op::Or, upper, lower)
                }
            };
            write(steps, to, value, bits);
        }
        _ => {
            if to != 31 {
                steps.list.push(Step::Forget(to));
            }
        }
    }
    Flow::Next
}

/// `add`, `adds`, `sub`, `subs`.
fn add(word: &Word, steps: &mut Steps, a: Arg, b: Arg, bits: u32, stack: bool) {
    let (subtracts, sets_flags) = (word.bit(30), word.bit(29));
    let op = if subtracts { Op::Sub } else { Op::Add };
    let value = steps.compute(op, a, b);
    let value = steps.cut(value, bits);
    if sets_flags && subtracts {
        let (a, b) = (steps.cut(a, bits), steps.cut(b, bits));
        steps.flags(Op::Compare(bits as u8), a, b);
    } else if sets_flags {
        match b {
            // cmn with a constant compares with its negative.
            Arg::Const(b) => {
                let a = steps.cut(a, bits);
                let b = Arg::Const(b.wrapping_neg() & low(bits));
                steps.flags(Op::Compare(bits as u8), a, b);
            }
            Arg::Reg(_) => steps.flags(Op::Test(bits as u8), value, value),
        }
    }
    match word.number(0) {
        31 if stack && !sets_flags => steps.set(31, value),
        to => write(steps, to, value, bits),
    }
}

/// `ubfm`, `sbfm`, `bfm`.
fn bitfield(word: &Word, steps: &mut Steps, bits: u32) {
    let (rotate, top) = (word.field(16, 6), word.field(10, 6));
    if rotate >= bits || top >= bits {
        return;
    }
    let source = word.reg(5);
    // Which bits are taken, from where, and where they go.
    let (from, count, at) = match top >= rotate {
        true => (rotate, top - rotate + 1, 0),
        false => (0, top + 1, bits - rotate),
    };
    let taken = steps.compute(Op::Shr, source, Arg::Const(u64::from(from)));
    let taken = match word.field(29, 2) {
        0b00 => steps.sign_extended(taken, count),
        _ => steps.cut(taken, count),
    };
    let moved = steps.compute(Op::Shl, taken, Arg::Const(u64::from(at)));
    let value = match word.field(29, 2) {
        0b01 => {
            let kept = Arg::Const(!(low(count) << at));
            let kept = steps.compute(Op::And, word.reg(0), kept);
            steps.compute(Op::Or, kept, moved)
        }
        _ => moved,
    };
    write(steps, word.number(0), value, bits);
}

/// The constant of a logical instruction.
fn bitmask(word: &Word, bits: u32) -> u64 {
    let (n, rotate, ones) = (word.field(22, 1), word.field(16, 6), word.field(10, 6));
    let width = n << 6 | (!ones & 0x3f);
    if width < 2 {
        return 0;
    }
    let size = 1 << (31 - width.leading_zeros());
    let (rotate, ones) = (rotate % size, ones % size + 1);
    let element = low(ones);
    let element = match rotate {
        0 => element,
        by => (element >> by | element << (size - by)) & low(size),
    };
    let mut mask = element;
    let mut at = size;
    while at < 64 {
        mask |= element << at;
        at += size;
    }
    mask & low(bits)
}

fn shifted(word: &Word, steps: &mut Steps, bits: u32) -> Arg {
    let (value, by) = (word.reg(16), word.field(10, 6) % bits);
    shift(steps, value, word.field(22, 2), by, bits)
}

fn shift(steps: &mut Steps, value: Arg, kind: u32, by: u32, bits: u32) -> Arg {
    if by == 0 {
        return value;
    }
    let count = Arg::Const(u64::from(by));
    match kind {
        0b00 => steps.compute(Op::Shl, value, count),
        0b01 => {
            let value = steps.cut(value, bits);
            steps.compute(Op::Shr, value, count)
        }
        0b10 => {
            let value = steps.sign_extended(value, bits);
            steps.compute(Op::Sar, value, count)
        }
        _ => {
            let value = steps.cut(value, bits);
            let lower = steps.compute(Op::Shr, value, count);
            let upper = steps.compute(Op::Shl, value, Arg::Const(u64::from(bits - by)));
            steps.compute(Op::Or, lower, upper)
        }
    }
}

/// A register extended as an instruction's field says.
pub(super) fn extended(steps: &mut Steps, value: Arg, option: u32, by: u32) -> Arg {
    let value = match option {
        0..=2 => steps.cut(value, 8 << option),
        4..=6 => steps.sign_extended(value, 8 << (option - 4)),
        _ => value,
    };
    steps.compute(Op::Shl, value, Arg::Const(u64::from(by)))
}

/// Operands in registers.
pub(super) fn register(word: &Word, steps: &mut Steps) -> Flow {
    let bits = if word.bit(31) { 64 } else { 32 };
    let to = word.number(0);
    match (word.bit(28), word.field(21, 4)) {
        (false, op) if op < 8 => logical(word, steps, bits),
        (false, op) if op & 1 == 0 => {
            let b = shifted(word, steps, bits);
            add(word, steps, word.reg(5), b, bits, false);
        }
        (false, _) => {
            let by = word.field(10, 3);
            let b = extended(steps, word.reg(16), word.field(13, 3), by);
            add(word, steps, Arg::Reg(word.number(5)), b, bits, true);
        }
        // ccmp, ccmn
        (true, 0b0010) => {
            let checked = Step::Check(condition(word.field(12, 4)), Arg::Reg(FLAGS));
            steps.list.push(checked);
            let b = match word.bit(11) {
                true => Arg::Const(u64::from(word.field(16, 5))),
                false => word.reg(16),
            };
            let (a, b) = (steps.cut(word.reg(5), bits), steps.cut(b, bits));
            steps.flags(Op::Compare(bits as u8), a, b);
        }
        // csel and its kin
        (true, 0b0100) => {
            let checked = Step::Check(condition(word.field(12, 4)), Arg::Reg(FLAGS));
            steps.list.push(checked);
            let (a, b) = (word.reg(5), word.reg(16));
            let b = match (word.bit(30), word.bit(10)) {
                (false, false) => b,
                (false, true) => steps.compute(Op::Add, b, Arg::Const(1)),
                (true, false) => steps.compute(Op::Xor, b, Arg::Const(u64::MAX)),
                (true, true) => steps.compute(Op::Sub, Arg::Const(0), b),
            };
            if to != 31 {
                let (a, b) = (steps.cut(a, bits), steps.cut(b, bits));
                steps.list.push(Step::Either(to, a, b));
            }
        }
        (true, 0b0110) => one_or_two(word, steps, bits),
        (true, op) if op >= 8 => multiply(word, steps, bits),
        _ => {
            if to != 31 {
                steps.list.push(Step::Forget(to));
            }
            steps.list.push(Step::Forget(FLAGS));
        }
    }
    Flow::Next
}

fn logical(word: &Word, steps: &mut Steps, bits: u32) {
    let b = shifted(word, steps, bits);
    let b = match (word.bit(21), b) {
        (false, b) => b,
        (true, Arg::Const(b)) => Arg::Const(!b),
        (true, b) => steps.compute(Op::Xor, b, Arg::Const(u64::MAX)),
    };
    let op = match word.field(29, 2) {
        0b00 | 0b11 => Op::And,
        0b01 => Op::Or,
        _ => Op::Xor,
    };
    let value = match (op, word.reg(5)) {
        // mov
        (Op::Or, Arg::Const(0)) => b,
        (op, a) => steps.compute(op, a, b),
    };
    let value = steps.cut(value, bits);
    if word.field(29, 2) == 0b11 {
        steps.flags(Op::Test(bits as u8), value, value);
    }
    write(steps, word.number(0), value, bits);
}

/// Reversals and counts of one operand, shifts and divisions of two.
fn one_or_two(word: &Word, steps: &mut Steps, bits: u32) {
    let to = word.number(0);
    if to == 31 {
        return;
    }
    let one = word.bit(30);
    let value = match (one, word.field(10, 6)) {
        // rev16, rev32 or rev, rev of 64 bits
        (true, 1) if word.field(16, 5) == 0 => reversed(steps, word.reg(5), bits, 2),
        (true, 2) if word.field(16, 5) == 0 => reversed(steps, word.reg(5), bits, 4),
        (true, 3) if word.field(16, 5) == 0 => reversed(steps, word.reg(5), bits, 8),
        // Pointer authentication leaves the pointer as it is to us.
        (true, _) if word.field(16, 5) == 1 => return,
        (false, 8..=10) => {
            let op = [Op::Shl, Op::Shr, Op::Sar][(word.field(10, 6) - 8) as usize];
            let a = match op {
                Op::Sar => steps.sign_extended(word.reg(5), bits),
                _ => steps.cut(word.reg(5), bits),
            };
            let by = steps.compute(Op::And, word.reg(16), Arg::Const(u64::from(bits - 1)));
            steps.compute(op, a, by)
        }
        _ => steps.unknown(),
    };
    write(steps, to, value, bits);
}

/// Bytes in reverse within groups of `group` bytes.
fn reversed(steps: &mut Steps, value: Arg, bits: u32, group: u32) -> Arg {
    let mut whole = Arg::Const(0);
    for byte in 0..bits / 8 {
        let to = byte / group * group + (group - 1 - byte % group);
        let one = steps.compute(Op::Shr, value, Arg::Const(u64::from(byte * 8)));
        let one = steps.cut(one, 8);
        let one = steps.compute(Op::Shl, one, Arg::Const(u64::from(to * 8)));
        whole = steps.compute(Op::Or, one, whole);
    }
    whole
}

/// `madd`, `msub` and those that widen.
fn multiply(word: &Word, steps: &mut Steps, bits: u32) {
    let to: Reg = word.number(0);
    let (a, b) = (word.reg(5), word.reg(16));
    let (a, b) = match word.field(21, 3) {
        0b000 => (a, b),
        0b001 => (steps.sign_extended(a, 32), steps.sign_extended(b, 32)),
        0b101 => (steps.cut(a, 32), steps.cut(b, 32)),
        _ => {
            if to != 31 {
                steps.list.push(Step::Forget(to));
            }
            return;
        }
    };
    let product = steps.compute(Op::Mul, a, b);
    let op = if word.bit(15) { Op::Sub } else { Op::Add };
    let value = match (op, word.reg(10)) {
        (Op::Add, Arg::Const(0)) => product,
        (op, addend) => steps.compute(op, addend, product),
    };
    write(steps, to, value, bits);
}
