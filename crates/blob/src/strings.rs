//! The matching programs that patterns of paths and names are compiled to.
//!
//! A program runs over the text from its start. A test looks at the text from the current position
//! on; if it holds, it moves the position past what it read, and it says so in a flag that the next
//! instruction uses. Branches only lead forward.

mod automaton;
mod execute;
mod instruction;
mod patterns;
mod program;
mod source;

pub use instruction::{
    CodeError, Instruction, LONGEST_RUN, LONGEST_SHORT_RUN, LONGEST_SKIP, Step, disassemble,
};
pub use patterns::ConvertError;
pub use program::Program;
