//! Versions 1 and 2: an array of nodes that name each other.
//!
//! Node types: malus-security/sandblaster @ d417bf90c9b2.

use super::{Instruction, Program, RegexError};
use crate::byte_set::ByteSet;
use crate::bytes::Reader;

/// Reads version 1, after its version word: all big-endian.
pub(super) fn read_v1(reader: &mut Reader<'_>) -> Result<Program, RegexError> {
    let count = reader.u32_be("a node count")?;
    let start = reader.u32_be("the start")?;
    reader.u32_be("the end")?;
    let classes = reader.u32_be("a class count")?;
    reader.u32_be("a submatch count")?;
    let mut nodes = Vec::new();
    for _ in 0..count {
        let at = reader.at();
        let kind = reader.u32_be("a node's type")?;
        let transition = reader.u32_be("a node's transition")?;
        let argument = reader.u32_be("a node's argument")?;
        nodes.push((at, kind, transition, argument));
    }
    let mut sets = Vec::new();
    for _ in 0..classes {
        let length = reader.u32_be("the length of a class")?;
        let mut numbers = Vec::new();
        for _ in 0..length {
            numbers.push(reader.u32_be("a class")? as u8);
        }
        sets.push(set(&numbers));
    }
    program(1, &nodes, &sets, start)
}

/// Reads version 2, after its version word: little-endian.
pub(super) fn read_v2(reader: &mut Reader<'_>) -> Result<Program, RegexError> {
    reader.u32("the magic number")?;
    let count = reader.u32("a node count")?;
    let start = reader.u32("the start")?;
    reader.u32("the end")?;
    let classes = reader.u32("a class count")?;
    let mut nodes = Vec::new();
    for _ in 0..count {
        let at = reader.at();
        let kind = u32::from(reader.u8("a node's type")?);
        let transition = u32::from(reader.u16("a node's transition")?);
        reader.u8("a node's padding")?;
        let argument = reader.u32("a node's argument")?;
        nodes.push((at, kind, transition, argument));
    }
    let mut sets = Vec::new();
    if !reader.is_at_end() {
        reader.u32("the magic number of classes")?;
        let size = reader.u32("the size of classes")?;
        let mut starts = Vec::new();
        for _ in 0..classes {
            starts.push(reader.u32("the start of a class")?);
        }
        let lengths = reader.take(classes as usize, "the lengths of classes")?;
        let at = reader.at();
        let bytes = reader.take(size as usize, "the classes")?;
        for (start, length) in starts.iter().zip(lengths) {
            let from = *start as usize;
            let end = from.checked_add(usize::from(*length));
            let members = end
                .and_then(|end| bytes.get(from..end))
                .ok_or(RegexError::BadClass { at, class: *start })?;
            sets.push(set(members));
        }
    }
    program(2, &nodes, &sets, start)
}

/// A set from pairs of first and last byte.
fn set(bytes: &[u8]) -> ByteSet {
    let pairs: Vec<(u8, u8)> = bytes.chunks_exact(2).map(|p| (p[0], p[1])).collect();
    ByteSet::from_ranges(&pairs)
}

type Node = (usize, u32, u32, u32);

/// Nodes name each other by number, so that a node's place is its number.
fn program(
    version: u32,
    nodes: &[Node],
    sets: &[ByteSet],
    start: u32,
) -> Result<Program, RegexError> {
    let width = if version == 1 { 12 } else { 8 };
    let mut places = Vec::new();
    for (number, &(at, kind, transition, argument)) in nodes.iter().enumerate() {
        let next = transition as usize;
        let class = || {
            let missing = RegexError::BadClass {
                at,
                class: argument,
            };
            sets.get(argument as usize).copied().ok_or(missing)
        };
        let instruction = match kind {
            0x10 => Instruction::Byte(ByteSet::of(argument as u8), next),
            0x22 => Instruction::Accept,
            0x23 | 0x24 | 0x31 => Instruction::Jump(next),
            0x25..=0x28 => Instruction::Split(next, argument as usize),
            0x30 => Instruction::Byte(ByteSet::ALL, next),
            0x32 => Instruction::Start(next),
            0x33 => Instruction::End(next),
            0x34 => Instruction::Byte(class()?, next),
            0x35 => Instruction::Byte(class()?.complement(), next),
            opcode => return Err(RegexError::Undefined { at, opcode }),
        };
        places.push((number, instruction));
    }
    Ok(Program {
        places,
        start: start as usize,
        version,
        extents: nodes.iter().map(|node| node.0..node.0 + width).collect(),
        code: Vec::new(),
    })
}
