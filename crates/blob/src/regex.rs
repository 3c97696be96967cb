//! Compiled regular expressions, in the three versions of their byte code.
//!
//! Read as what SBPL writes: a match is searched for anywhere in the text, the start and the end of
//! it are tests of their own.

pub(crate) mod automaton;
pub(crate) mod eliminate;
pub(crate) mod expression;
mod nodes;
mod source;
mod v3;

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

pub use eliminate::TooLong;

use crate::byte_set::ByteSet;
use crate::bytes::{ReadError, Reader};
use automaton::{Automaton, Label};

/// One instruction; targets are places of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Passes a byte of a set.
    Byte(ByteSet, usize),
    /// Passes none or more bytes of a set.
    Repeat(ByteSet, usize),
    /// Goes on at the start of the text only.
    Start(usize),
    /// Goes on at the end of the text only.
    End(usize),
    /// Tries both.
    Split(usize, usize),
    /// Goes on elsewhere.
    Jump(usize),
    /// The text matches.
    Accept,
}

/// A regular expression as its byte code says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Instructions with their places, which are offsets in the code (version 3) or numbers of
    /// nodes (1 and 2), in order.
    pub places: Vec<(usize, Instruction)>,
    /// Where it starts.
    pub start: usize,
    /// Version of its byte code: 1, 2 or 3.
    pub version: u32,
    /// Which bytes each instruction is stored in, counted from the version word, in the same order.
    pub extents: Vec<Range<usize>>,
    /// The code itself, of version 3.
    code: Vec<u8>,
}

/// Offset of the code of version 3: behind version and length.
const CODE_AT: usize = 6;

/// What is wrong with a compiled regular expression. Offsets count from its version word, or in
/// version 3 from the code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// It ends too early.
    #[error(transparent)]
    Short(#[from] ReadError),
    /// A version that is none.
    #[error("version {0} of regular expressions is not known")]
    Version(u32),
    /// An opcode that is none, or that nobody has explained.
    #[error("at byte {at} of the expression: opcode {opcode:#04x} is not known")]
    Undefined {
        /// Where.
        at: usize,
        /// The opcode.
        opcode: u32,
    },
    /// A class that is not there.
    #[error("at byte {at} of the expression: there is no class {class}")]
    BadClass {
        /// Where.
        at: usize,
        /// Which.
        class: u32,
    },
    /// A target at which no instruction stands.
    #[error("at {at}: no instruction stands at the target {target}")]
    BadTarget {
        /// Place of the instruction.
        at: usize,
        /// Where it leads.
        target: usize,
    },
    /// Bytes after the end.
    #[error("at byte {at}: bytes after the end of the expression")]
    Trailing {
        /// The first.
        at: usize,
    },
}

impl Program {
    /// Reads a compiled expression from its version word to its end.
    ///
    /// # Errors
    /// A version, an opcode or a target that is none, and bytes left over.
    pub fn read(bytes: &[u8]) -> Result<Self, RegexError> {
        let mut reader = Reader::new(bytes, 0);
        let program = match reader.u32_be("the version")? {
            1 => nodes::read_v1(&mut reader)?,
            2 => nodes::read_v2(&mut reader)?,
            3 => {
                let length = reader.u16("the length of the code")?;
                v3::read(reader.take(usize::from(length), "the code")?, CODE_AT)?
            }
            version => return Err(RegexError::Version(version)),
        };
        if !reader.is_at_end() {
            return Err(RegexError::Trailing { at: reader.at() });
        }
        program.check()?;
        Ok(program)
    }

    /// Checks that every target is the place of an instruction.
    fn check(&self) -> Result<(), RegexError> {
        let stands = |target| self.places.binary_search_by_key(&target, |p| p.0).is_ok();
        let error = |at, target| Err(RegexError::BadTarget { at, target });
        if !stands(self.start) {
            return error(0, self.start);
        }
        for (at, instruction) in &self.places {
            for target in instruction.targets().into_iter().flatten() {
                if !stands(target) {
                    return error(*at, target);
                }
            }
        }
        Ok(())
    }

    /// One state for each instruction, the first for the start.
    pub(crate) fn automaton(&self) -> Automaton {
        let mut automaton = Automaton::default();
        let first = automaton.add(false);
        let mut states = HashMap::new();
        for (place, instruction) in &self.places {
            let accepts = matches!(instruction, Instruction::Accept);
            states.insert(*place, automaton.add(accepts));
        }
        let start = states[&self.start];
        automaton.edges[first as usize].push((Label::Free, start));
        for (place, instruction) in &self.places {
            let own = states[place];
            let edges: Vec<(Label, u32)> = match *instruction {
                Instruction::Byte(set, next) => vec![(Label::Byte(set), states[&next])],
                Instruction::Repeat(set, next) => {
                    vec![(Label::Byte(set), own), (Label::Free, states[&next])]
                }
                Instruction::Start(next) => vec![(Label::Start, states[&next])],
                Instruction::End(next) => vec![(Label::End, states[&next])],
                Instruction::Split(one, other) => {
                    vec![(Label::Free, states[&one]), (Label::Free, states[&other])]
                }
                Instruction::Jump(next) => vec![(Label::Free, states[&next])],
                Instruction::Accept => Vec::new(),
            };
            automaton.edges[own as usize] = edges;
        }
        automaton
    }

    /// Whether the expression is found in a text. Time is linear in the text.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.automaton().finds(text)
    }

    /// SBPL text of the same language: the source, if its structure is that of the code.
    ///
    /// # Errors
    /// If it would be too long.
    pub fn text(&self) -> Result<Vec<u8>, TooLong> {
        match source::source(&self.code) {
            Some(text) => Ok(text),
            None => Ok(eliminate::expression(&self.automaton())?.text()),
        }
    }
}

impl Instruction {
    fn targets(&self) -> [Option<usize>; 2] {
        match *self {
            Self::Byte(_, next)
            | Self::Repeat(_, next)
            | Self::Start(next)
            | Self::End(next)
            | Self::Jump(next) => [Some(next), None],
            Self::Split(one, other) => [Some(one), Some(other)],
            Self::Accept => [None, None],
        }
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(set, next) => write!(f, "byte {set}, then {next}"),
            Self::Repeat(set, next) => write!(f, "any bytes {set}, then {next}"),
            Self::Start(next) => write!(f, "start of the text, then {next}"),
            Self::End(next) => write!(f, "end of the text, then {next}"),
            Self::Split(one, other) => write!(f, "either {one} or {other}"),
            Self::Jump(next) => write!(f, "go to {next}"),
            Self::Accept => f.write_str("accept"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(hex: &str) -> Program {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| {
            u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("a byte")
        };
        let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
        Program::read(&bytes).expect("a program")
    }

    #[test]
    fn published_vectors_read_as_their_sources() {
        let star = program("00000003 1500 19 022f 0261 022f 0262 022f 2f1300 0263 0a0b00 1500");
        assert_eq!(star.text().as_deref(), Ok(&b"^/a/b/c*"[..]));
        assert!(star.is_match(b"/a/b/ccc/more") && !star.is_match(b"x/a/b/"));
        let class = program(
            "00000003 2500 19 0267 0264 0274 022d 3b 3039 415a 617a 2f1600 0a0900 022d 2f2000 0263 29 1500 0273 0a1d00",
        );
        assert_eq!(
            class.text().as_deref(),
            Ok(&b"^gdt-[0-9A-Za-z]+-(c|s)$"[..])
        );
        assert!(class.is_match(b"gdt-a1Z-s") && !class.is_match(b"gdt--s"));
        for (hex, text) in [
            ("1b302e", "[^/]"),
            ("2b2f2e302d", "[^./]"),
            ("3b3039415a617a", "[0-9A-Za-z]"),
        ] {
            let code = format!("00000003 {:02x}00 {hex} 1500", hex.len() / 2 + 2);
            assert_eq!(program(&code).text().as_deref(), Ok(text.as_bytes()));
        }
    }

    #[test]
    fn older_versions_are_arrays_of_nodes() {
        let word = |number: u32| number.to_be_bytes();
        // ^a[^/]*$
        let nodes: [(u32, u32, u32); 6] = [
            (0x32, 1, 0),
            (0x10, 2, u32::from(b'a')),
            (0x25, 3, 4),
            (0x35, 2, 0),
            (0x33, 5, 0),
            (0x22, 0, 0),
        ];
        let mut one: Vec<u8> = [1, 6, 0, 5, 1, 0].into_iter().flat_map(word).collect();
        for (kind, transition, argument) in nodes {
            one.extend([kind, transition, argument].into_iter().flat_map(word));
        }
        one.extend(
            [2, u32::from(b'/'), u32::from(b'/')]
                .into_iter()
                .flat_map(word),
        );
        let program = Program::read(&one).expect("version 1");
        assert_eq!(program.text().as_deref(), Ok(&b"^a[^/]*$"[..]));

        let word = |number: u32| number.to_le_bytes();
        let mut two = 2_u32.to_be_bytes().to_vec();
        two.extend([0, 6, 0, 5, 1].into_iter().flat_map(word));
        for (kind, transition, argument) in nodes {
            two.push(kind as u8);
            two.extend((transition as u16).to_le_bytes());
            two.push(0);
            two.extend(word(argument));
        }
        two.extend([0, 2, 0].into_iter().flat_map(word));
        two.extend([2, b'/', b'/']);
        assert_eq!(
            Program::read(&two).expect("version 2").places,
            program.places
        );
    }

    #[test]
    fn damage_is_named() {
        let error = |bytes: &[u8]| Program::read(bytes).expect_err("an error").to_string();
        assert!(error(&[0, 0, 0, 4]).contains("version 4"));
        assert!(error(&[0, 0, 0, 3, 1, 0, 0x01]).contains("opcode 0x01"));
        assert!(error(&[0, 0, 0, 3, 3, 0, 0x0a, 9, 0]).contains("target 9"));
        assert!(error(&[0, 0, 0, 3, 2, 0, 0x15, 0, 7]).contains("byte 8"));
        assert!(error(&[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]).contains("the start"));
    }
}
