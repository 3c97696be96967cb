//! A whole matching program.

use std::fmt;

use super::{CodeError, Instruction, Step, disassemble};
use crate::byte_set::ByteSet;

/// A program whose branches are known to lead to instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub(super) steps: Vec<Step>,
}

impl Program {
    /// Reads a program.
    ///
    /// # Errors
    /// What [`disassemble`] refuses.
    pub fn read(code: &[u8]) -> Result<Self, CodeError> {
        disassemble(code).map(|steps| Self { steps })
    }

    /// Its instructions in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Where it tests for the values of variables, and their numbers.
    pub fn variables(&self) -> impl Iterator<Item = (usize, u16)> + '_ {
        self.steps.iter().filter_map(|step| match step.instruction {
            Instruction::Variable(index) => Some((step.at, index)),
            _ => None,
        })
    }

    /// Index of the step that a branch leads to; the one after for what is no branch.
    pub(super) fn target(&self, step: usize) -> usize {
        let target = self.steps[step].target();
        let found = target.and_then(|t| self.steps.binary_search_by_key(&t, |s| s.at).ok());
        found.unwrap_or(step + 1)
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(bytes) => write!(f, "text \"{}\"", bytes.escape_ascii()),
            Self::Ranges { excluded, ranges } => {
                let set = ByteSet::from_ranges(ranges);
                write!(f, "byte {}", if *excluded { set.complement() } else { set })
            }
            Self::End => f.write_str("end of the text"),
            Self::Variable(index) => write!(f, "variable {index}"),
            Self::ScanTo(byte) => write!(f, "scan to \"{}\"", byte.escape_ascii()),
            Self::SearchFor(byte) => write!(f, "search for \"{}\"", byte.escape_ascii()),
            Self::Require => f.write_str("else fail"),
            Self::BranchUnless(skip) => write!(f, "else skip {skip}"),
            Self::Accept => f.write_str("accept"),
            Self::Fail => f.write_str("fail"),
            Self::Push => f.write_str("remember the position"),
            Self::Pop => f.write_str("forget the position"),
            Self::Restore => f.write_str("back to the position"),
        }
    }
}
