//! Loads and stores.

use super::data::extended;
use super::{Word, write};
use crate::code::{Arg, Flow, Op, Reg, Step, Steps};

/// How an address is made of a base and an offset.
enum Mode {
    Offset,
    /// The base is moved first.
    Before,
    /// The base is moved afterwards.
    After,
}

pub(super) fn access(word: &Word, steps: &mut Steps) -> Flow {
    let is_vector = word.bit(26);
    match word.field(27, 3) {
        0b101 => pair(word, steps, is_vector),
        0b011 => literal(word, steps, is_vector),
        0b111 => single(word, steps, is_vector),
        0b001 if is_vector => structures(word, steps),
        _ => exclusive(word, steps),
    }
    Flow::Next
}

/// Loads or stores one register.
fn transfer(steps: &mut Steps, to: Reg, address: Arg, kind: Kind) {
    match kind {
        Kind::Load { size, sign } => {
            let value = steps.load(address, size);
            let value = match sign {
                Some(_) => steps.sign_extended(value, u32::from(size) * 8),
                None => value,
            };
            write(steps, to, value, sign.unwrap_or(64));
        }
        Kind::Store { size } => {
            let value = match to {
                31 => Arg::Const(0),
                to => Arg::Reg(to),
            };
            let value = steps.cut(value, u32::from(size) * 8);
            steps.store(address, value, size);
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Load {
        size: u8,
        /// Bits of the register that the sign fills.
        sign: Option<u32>,
    },
    Store {
        size: u8,
    },
}

fn pair(word: &Word, steps: &mut Steps, is_vector: bool) {
    let (kind, size) = match (word.field(30, 2), is_vector) {
        (0b00, false) => (None, 4),
        (0b01, false) => (Some(64), 4),
        (_, false) => (None, 8),
        (scale, true) => (None, 4_u8 << scale.min(2)),
    };
    let offset = word.signed(15, 7) * i64::from(size);
    let mode = match word.field(23, 2) {
        0b01 => Mode::After,
        0b11 => Mode::Before,
        _ => Mode::Offset,
    };
    let is_load = word.bit(22);
    let base = word.number(5);
    let moved = steps.compute(Op::Add, Arg::Reg(base), Arg::Const(offset as u64));
    let address = match mode {
        Mode::After => Arg::Reg(base),
        _ => moved,
    };
    // Loads may write the base: both are done before either register is written.
    let second = steps.compute(Op::Add, address, Arg::Const(u64::from(size)));
    if is_vector {
        vector(steps, address, size, is_load);
        vector(steps, second, size, is_load);
    } else if is_load {
        let first = steps.load(address, size);
        let other = steps.load(second, size);
        for (to, value) in [(word.number(0), first), (word.number(10), other)] {
            let value = match kind {
                Some(_) => steps.sign_extended(value, 32),
                None => value,
            };
            write(steps, to, value, 64);
        }
    } else {
        transfer(steps, word.number(0), address, Kind::Store { size });
        transfer(steps, word.number(10), second, Kind::Store { size });
    }
    if !matches!(mode, Mode::Offset) {
        steps.set(base, moved);
    }
}

/// A vector's load or store: what it holds is not followed.
fn vector(steps: &mut Steps, address: Arg, size: u8, is_load: bool) {
    if is_load {
        steps.list.push(Step::VectorLoad);
    } else {
        let value = steps.unknown();
        let value = match size {
            1..=4 => steps.cut(value, u32::from(size) * 8),
            _ => value,
        };
        steps.store(address, value, size);
    }
}

fn literal(word: &Word, steps: &mut Steps, is_vector: bool) {
    let address = Arg::Const(word.target(5, 19));
    let kind = match (word.field(30, 2), is_vector) {
        (_, true) | (0b11, _) => return,
        (0b00, _) => Kind::Load {
            size: 4,
            sign: None,
        },
        (0b01, _) => Kind::Load {
            size: 8,
            sign: None,
        },
        _ => Kind::Load {
            size: 4,
            sign: Some(64),
        },
    };
    transfer(steps, word.number(0), address, kind);
}

fn single(word: &Word, steps: &mut Steps, is_vector: bool) {
    let (scale, op) = (word.field(30, 2), word.field(22, 2));
    let size = match is_vector {
        true => 1_u8 << (scale | (op >> 1) << 2).min(4),
        false => 1 << scale,
    };
    let base = word.number(5);
    let (address, moved) = if word.bit(24) {
        let offset = u64::from(word.field(10, 12)) * u64::from(size);
        let address = steps.compute(Op::Add, Arg::Reg(base), Arg::Const(offset));
        (address, None)
    } else if word.bit(21) {
        match word.field(10, 2) {
            0b10 => {
                let by = if word.bit(12) {
                    size.trailing_zeros()
                } else {
                    0
                };
                let index = extended(steps, word.reg(16), word.field(13, 3), by);
                (steps.compute(Op::Add, Arg::Reg(base), index), None)
            }
            // ldraa, ldrab
            0b01 | 0b11 if scale == 3 && !is_vector => {
                let offset = (word.signed(12, 9) | i64::from(word.field(22, 1)) << 9) * 8;
                let offset = (offset << 51) >> 51;
                let address = steps.compute(Op::Add, Arg::Reg(base), Arg::Const(offset as u64));
                let kind = Kind::Load {
                    size: 8,
                    sign: None,
                };
                transfer(steps, word.number(0), address, kind);
                if word.bit(11) {
                    steps.set(base, address);
                }
                return;
            }
            // Atomic: what was there before is not followed.
            _ => {
                let value = steps.unknown();
                steps.store(Arg::Reg(base), value, size);
                if word.number(0) != 31 {
                    let bits = u32::from(size) * 8;
                    let old = steps.unknown();
                    write(steps, word.number(0), old, bits);
                }
                return;
            }
        }
    } else {
        let offset = Arg::Const(word.signed(12, 9) as u64);
        let moved = steps.compute(Op::Add, Arg::Reg(base), offset);
        match word.field(10, 2) {
            0b01 => (Arg::Reg(base), Some(moved)),
            0b11 => (moved, Some(moved)),
            _ => (moved, None),
        }
    };
    one(word, steps, is_vector, address, size, op);
    if let Some(moved) = moved {
        steps.set(base, moved);
    }
}

fn one(word: &Word, steps: &mut Steps, is_vector: bool, address: Arg, size: u8, op: u32) {
    if is_vector {
        return vector(steps, address, size, op & 1 == 1);
    }
    let kind = match (op, size) {
        (0, _) => Kind::Store { size },
        (1, _) => Kind::Load { size, sign: None },
        // prfm
        (2, 8) => return,
        (2, _) => Kind::Load {
            size,
            sign: Some(64),
        },
        _ => Kind::Load {
            size,
            sign: Some(32),
        },
    };
    transfer(steps, word.number(0), address, kind);
}

/// `ld1` to `ld4` and stores of the kind.
fn structures(word: &Word, steps: &mut Steps) {
    let base = word.number(5);
    if word.bit(22) {
        steps.list.push(Step::VectorLoad);
    }
    if word.bit(23) {
        steps.list.push(Step::Forget(base));
    }
}

/// Exclusive and ordered loads and stores, and what is like them.
fn exclusive(word: &Word, steps: &mut Steps) {
    let size = 1_u8 << word.field(30, 2);
    let address = match word.field(24, 6) {
        // ldapur and its kin
        0b01_1001 => steps.compute(
            Op::Add,
            Arg::Reg(word.number(5)),
            Arg::Const(word.signed(12, 9) as u64),
        ),
        _ => Arg::Reg(word.number(5)),
    };
    if word.bit(22) {
        let kind = Kind::Load { size, sign: None };
        transfer(steps, word.number(0), address, kind);
        if word.bit(21) && word.number(10) != 31 {
            steps.list.push(Step::Forget(word.number(10)));
        }
    } else {
        let value = steps.unknown();
        steps.store(address, value, size);
        if word.number(16) != 31 {
            steps.list.push(Step::Forget(word.number(16)));
        }
    }
}
