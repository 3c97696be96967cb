//! Version 3: one byte of opcode, targets counted from the start of the code.
//!
//! Opcodes: malus-security/sandblaster @ d417bf90c9b2, cellebrite-labs/sandblaster @ e532bf62266f,
//! blacktop/ipsw @ 6797a84a1527; `.*` and repeated classes: 0x3c3e/sandblaster @ e322f397ebf4.

use super::{Instruction, Program, RegexError};
use crate::byte_set::ByteSet;
use crate::bytes::Reader;

/// Reads the code after its length, which stands at an offset of the whole.
pub(super) fn read(code: &[u8], code_at: usize) -> Result<Program, RegexError> {
    let mut reader = Reader::new(code, 0);
    let mut places = Vec::new();
    let mut extents = Vec::new();
    while !reader.is_at_end() {
        let at = reader.at();
        let instruction = instruction(&mut reader, at)?;
        places.push((at, instruction));
        extents.push(code_at + at..code_at + reader.at());
    }
    Ok(Program {
        places,
        start: 0,
        version: 3,
        extents,
        code: code.to_vec(),
    })
}

fn instruction(reader: &mut Reader<'_>, at: usize) -> Result<Instruction, RegexError> {
    let opcode = reader.u8("an opcode")?;
    let next = |reader: &Reader<'_>| reader.at();
    Ok(match opcode {
        0x02 => {
            let set = ByteSet::of(reader.u8("a byte")?);
            Instruction::Byte(set, next(reader))
        }
        0x09 => Instruction::Byte(ByteSet::ALL, next(reader)),
        0x19 => Instruction::Start(next(reader)),
        0x29 => Instruction::End(next(reader)),
        0x39 => Instruction::Repeat(ByteSet::ALL, next(reader)),
        0x2f => {
            let target = reader.u16("a target")?;
            Instruction::Split(next(reader), usize::from(target))
        }
        _ => match opcode & 0x0f {
            0x0a => Instruction::Jump(usize::from(reader.u16("a target")?)),
            0x0b => Instruction::Byte(class(reader, opcode >> 4)?, next(reader)),
            0x0d => Instruction::Repeat(class(reader, opcode >> 4)?, next(reader)),
            0x05 => {
                reader.u8("the byte after an accept")?;
                Instruction::Accept
            }
            _ => {
                return Err(RegexError::Undefined {
                    at,
                    opcode: opcode.into(),
                });
            }
        },
    })
}

/// A class of `count` ranges. If the first byte is above the last, the class is the one of what is
/// excluded: with the last byte in front, each pair stands around an excluded range.
fn class(reader: &mut Reader<'_>, count: u8) -> Result<ByteSet, RegexError> {
    let bytes = reader.take(2 * usize::from(count), "a class")?;
    let pairs = |bytes: &[u8]| -> Vec<(u8, u8)> {
        bytes
            .chunks_exact(2)
            .map(|pair| (pair[0], pair[1]))
            .collect()
    };
    match bytes {
        [first, .., last] if first > last => {
            let mut turned = vec![*last];
            turned.extend(&bytes[..bytes.len() - 1]);
            let excluded = pairs(&turned).into_iter().filter_map(|(before, after)| {
                Some((before.checked_add(1)?, after.checked_sub(1)?))
            });
            Ok(ByteSet::from_ranges(&excluded.collect::<Vec<_>>()).complement())
        }
        _ => Ok(ByteSet::from_ranges(&pairs(bytes))),
    }
}
