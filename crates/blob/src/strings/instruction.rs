//! Instructions of matching programs, to bytes and from them.
//!
//! Meanings from 0x3c3e/sandblaster, parsers/fsa_parser @ e322f397ebf4, and blacktop/ipsw,
//! pkg/sandbox/pattern.go @ 6797a84a1527; checked against what libsandbox of macOS 14.4.1 writes.

use crate::bytes::{ReadError, Reader};

/// Longest run of bytes whose length is part of the opcode.
pub const LONGEST_SHORT_RUN: usize = 0x40;
/// Longest run of bytes one instruction tests.
pub const LONGEST_RUN: usize = 0x41 + 0xff;
/// Most bytes one branch skips.
pub const LONGEST_SKIP: u32 = 0x81 + 0xffff;

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// Test: the text goes on with these bytes; 1 to [`LONGEST_RUN`] of them.
    Run(Vec<u8>),
    /// Test: the next byte lies in one of the ranges (or, excluded, in none); 1 to 128 ranges of
    /// first and last byte.
    Ranges {
        /// True if the byte must lie in none.
        excluded: bool,
        /// First and last byte of each.
        ranges: Vec<(u8, u8)>,
    },
    /// Test: the text ends here.
    End,
    /// Test: the text goes on with the value of a variable, by its index in the variable table.
    Variable(u16),
    /// Test: the byte stands somewhere from here on; moves past its first occurrence.
    ScanTo(u8),
    /// Test: as [`Instruction::ScanTo`], but past any occurrence after which the rest succeeds.
    SearchFor(u8),
    /// Fails unless the test before held.
    Require,
    /// Skips so many bytes of the program unless the test before held; 1 to [`LONGEST_SKIP`].
    BranchUnless(u32),
    /// The text matches, whatever follows.
    Accept,
    /// The text does not match.
    Fail,
    /// Remembers the position.
    Push,
    /// Forgets the position remembered last.
    Pop,
    /// Goes back to the position remembered last.
    Restore,
}

/// An instruction with its place in the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Offset in the program.
    pub at: usize,
    /// One past its last byte.
    pub end: usize,
    /// What it does.
    pub instruction: Instruction,
}

impl Step {
    /// Where a branch leads; `None` for what is no branch.
    pub fn target(&self) -> Option<usize> {
        match self.instruction {
            Instruction::BranchUnless(skip) => Some(self.end + skip as usize),
            _ => None,
        }
    }
}

/// What is wrong with a program. Offsets count from its first byte.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It ends within an instruction.
    #[error("the program ends within an instruction: {0}")]
    Short(#[from] ReadError),
    /// No instruction starts with this byte.
    #[error("at byte {at} of the program: {byte:#04x} is no instruction")]
    Undefined {
        /// Where.
        at: usize,
        /// The byte.
        byte: u8,
    },
    /// A branch that leads into the middle of an instruction or past the end.
    #[error("at byte {at} of the program: a branch to {target}, where no instruction starts")]
    BadTarget {
        /// Where.
        at: usize,
        /// Where it leads.
        target: usize,
    },
    /// The last instruction runs off the end.
    #[error("the program runs off its end at byte {at}")]
    NoEnd {
        /// The end.
        at: usize,
    },
}

impl Instruction {
    /// Appends the instruction in its shortest form. Lengths out of the ranges that the variants
    /// state are cut to them.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Run(bytes) => {
                let bytes = &bytes[..bytes.len().min(LONGEST_RUN)];
                match bytes.len() {
                    0 => return,
                    short @ 1..=LONGEST_SHORT_RUN => out.push(0x3f + short as u8),
                    long => out.extend([0x04, (long - 0x41) as u8]),
                }
                out.extend(bytes);
            }
            Self::Ranges { excluded, ranges } => {
                let ranges = &ranges[..ranges.len().min(128)];
                if ranges.is_empty() {
                    return;
                }
                out.extend([0x0b, (ranges.len() - 1) as u8 | u8::from(*excluded) << 7]);
                out.extend(ranges.iter().flat_map(|(low, high)| [*low, *high]));
            }
            Self::End => out.push(0x00),
            Self::Variable(index) => match u8::try_from(*index) {
                Ok(short @ 0..=0x0f) => out.push(0x10 + short),
                _ => {
                    out.push(0x01);
                    out.extend(index.to_le_bytes());
                }
            },
            Self::ScanTo(byte) => out.extend([0x02, *byte]),
            Self::SearchFor(byte) => out.extend([0x03, *byte]),
            Self::Require => out.push(0x0f),
            Self::BranchUnless(skip) => match (*skip).clamp(1, LONGEST_SKIP) {
                short @ 1..=0x80 => out.push(0x7f + short as u8),
                long => {
                    out.push(0x08);
                    out.extend(((long - 0x81) as u16).to_le_bytes());
                }
            },
            Self::Accept => out.push(0x0a),
            Self::Fail => out.push(0x09),
            Self::Push => out.push(0x06),
            Self::Pop => out.push(0x07),
            Self::Restore => out.push(0x05),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodeError> {
        let at = reader.at();
        Ok(match reader.u8("an instruction")? {
            0x00 => Self::End,
            0x01 => Self::Variable(reader.u16("a variable")?),
            0x02 => Self::ScanTo(reader.u8("a byte to scan to")?),
            0x03 => Self::SearchFor(reader.u8("a byte to search for")?),
            0x04 => {
                let length = 0x41 + usize::from(reader.u8("the length of a run")?);
                Self::Run(reader.take(length, "a run")?.to_vec())
            }
            0x05 => Self::Restore,
            0x06 => Self::Push,
            0x07 => Self::Pop,
            0x08 => Self::BranchUnless(0x81 + u32::from(reader.u16("a distance")?)),
            0x09 => Self::Fail,
            0x0a => Self::Accept,
            0x0b => {
                let count = reader.u8("a number of ranges")?;
                let pairs = reader.take(2 * (usize::from(count & 0x7f) + 1), "ranges")?;
                Self::Ranges {
                    excluded: count & 0x80 != 0,
                    ranges: pairs.chunks_exact(2).map(|p| (p[0], p[1])).collect(),
                }
            }
            0x0f => Self::Require,
            variable @ 0x10..=0x1f => Self::Variable(u16::from(variable - 0x10)),
            run @ 0x40..=0x7f => Self::Run(reader.take(usize::from(run - 0x3f), "a run")?.to_vec()),
            branch @ 0x80..=0xff => Self::BranchUnless(u32::from(branch - 0x7f)),
            byte => return Err(CodeError::Undefined { at, byte }),
        })
    }

    /// Whether nothing follows it.
    fn ends(&self) -> bool {
        matches!(self, Self::Accept | Self::Fail)
    }
}

/// All instructions of a program, from its first byte to its last.
///
/// # Errors
/// Bytes that are no instruction, branches to where none starts, a path that runs off the end.
pub fn disassemble(code: &[u8]) -> Result<Vec<Step>, CodeError> {
    let mut reader = Reader::new(code, 0);
    let mut steps: Vec<Step> = Vec::new();
    while !reader.is_at_end() {
        let at = reader.at();
        let instruction = Instruction::read(&mut reader)?;
        let end = reader.at();
        steps.push(Step {
            at,
            end,
            instruction,
        });
    }
    if !steps.last().is_some_and(|step| step.instruction.ends()) {
        return Err(CodeError::NoEnd { at: code.len() });
    }
    for step in &steps {
        if let Some(target) = step.target()
            && steps.binary_search_by_key(&target, |s| s.at).is_err()
        {
            return Err(CodeError::BadTarget {
                at: step.at,
                target,
            });
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let instructions = [
            Instruction::Run(vec![b'/'; 1]),
            Instruction::Run(vec![b'a'; 0x40]),
            Instruction::Run(vec![b'b'; 0x41]),
            Instruction::Run(vec![b'c'; LONGEST_RUN]),
            Instruction::Ranges {
                excluded: true,
                ranges: vec![(b'0', b'9'), (b'a', b'z')],
            },
            Instruction::End,
            Instruction::Variable(0x0f),
            Instruction::Variable(0x10),
            Instruction::ScanTo(b'/'),
            Instruction::SearchFor(b'/'),
            Instruction::Require,
            Instruction::Push,
            Instruction::Pop,
            Instruction::Restore,
            Instruction::BranchUnless(1),
            Instruction::Fail,
            Instruction::Accept,
        ];
        let mut code = Vec::new();
        instructions.iter().for_each(|i| i.write(&mut code));
        let read = disassemble(&code).expect("a program");
        let read: Vec<_> = read.into_iter().map(|step| step.instruction).collect();
        assert_eq!(read, instructions);
    }

    #[test]
    fn branches_are_short_as_long_as_they_can() {
        for (skip, width) in [(1, 1), (0x80, 1), (0x81, 3), (LONGEST_SKIP, 3)] {
            let mut code = Vec::new();
            Instruction::BranchUnless(skip).write(&mut code);
            assert_eq!(code.len(), width);
            let mut reader = Reader::new(&code, 0);
            let read = Instruction::read(&mut reader);
            assert_eq!(read, Ok(Instruction::BranchUnless(skip)));
        }
    }

    #[test]
    fn damage_is_named() {
        let error = |code: &[u8]| disassemble(code).expect_err("an error").to_string();
        assert!(error(b"\x41a").contains("within an instruction"));
        assert!(error(b"\x20\x0a").contains("0x20 is no instruction"));
        assert!(error(b"\x40a").contains("runs off its end"));
        assert!(error(b"\x40a\x81\x0a").contains("a branch to 5"));
        assert!(error(b"").contains("runs off its end"));
    }
}
