//! Where literals stand.

use std::ops::Range;

use super::field::{Endianness, FieldAt};
use super::frame::{Cut, Frame};

/// Where literals stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literals {
    /// What references count from.
    pub base: Base,
    /// In how many bytes they count.
    pub unit: usize,
    /// Whether they lead to the content, past the length in front of it.
    pub to_content: bool,
    /// How literals follow each other.
    pub framing: Framing,
}

/// What references to literals count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The end of the nodes.
    NodesEnd,
    /// The first literal, behind padding.
    FirstLiteral,
    /// The start of the nodes.
    NodesStart,
    /// The start of the file.
    FileStart,
}

/// How literals follow each other from the end of the nodes to that of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// Bytes of the length in front of each; 0 if each ends with a zero byte instead.
    pub prefix: usize,
    /// Each starts on a multiple of so many bytes from the first; what is skipped is zero.
    pub alignment: usize,
    /// The first starts on a multiple of so many bytes in the file.
    pub first: usize,
}

/// A literal of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where its length, or what it holds, starts.
    pub start: usize,
    /// What it holds.
    pub content: Range<usize>,
}

impl Framing {
    /// Where the first literal starts.
    pub fn first(&self, end_of_nodes: usize) -> usize {
        end_of_nodes.next_multiple_of(self.first)
    }

    /// The literals of a file; `None` unless they fill it to its end.
    pub fn literals(
        &self,
        bytes: &[u8],
        end_of_nodes: usize,
        endianness: Endianness,
    ) -> Option<Vec<Stored>> {
        let base = self.first(end_of_nodes);
        let is_zero = |range: Range<usize>| {
            let skipped = bytes.get(range.start.min(bytes.len())..range.end.min(bytes.len()));
            skipped.is_some_and(|skipped| skipped.iter().all(|byte| *byte == 0))
        };
        let mut found = Vec::new();
        let mut at = base;
        if !is_zero(end_of_nodes..base) {
            return None;
        }
        while at < bytes.len() {
            let content = if self.prefix == 0 {
                let length = bytes[at..].iter().position(|byte| *byte == 0)?;
                let text = &bytes[at..at + length];
                if !text.iter().all(|byte| (0x20..0x7f).contains(byte)) {
                    return None;
                }
                at..at + length
            } else {
                let field = FieldAt {
                    offset: 0,
                    size: self.prefix,
                };
                let length = field.read(bytes, at, endianness)?;
                let start = at + self.prefix;
                start..start.checked_add(length)?
            };
            if content.is_empty() || content.end > bytes.len() {
                return None;
            }
            let end = content.end + usize::from(self.prefix == 0);
            found.push(Stored { start: at, content });
            at = base + (end - base).next_multiple_of(self.alignment);
            if !is_zero(end..at) {
                return None;
            }
        }
        Some(found)
    }

    /// All framings, the most demanding first.
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for alignment in [16, 8, 4, 2, 1] {
            for prefix in [2, 4, 1, 0] {
                for first in [1, 2, 4, 8, 16] {
                    all.push(Self {
                        prefix,
                        alignment,
                        first,
                    });
                }
            }
        }
        all
    }

    /// The framings that read most files to their ends, at least half of those in which something is
    /// behind the nodes, the most demanding first; of those that read all the same only one.
    pub(super) fn fitting(
        blobs: &[&[u8]],
        frame: &Frame,
        cuts: &[Cut],
    ) -> Vec<(Self, Vec<OfFile>)> {
        let left = blobs.iter().zip(cuts);
        let left = left
            .filter(|(blob, cut)| frame.end(cut) < blob.len())
            .count();
        let mut fitting: Vec<(Self, Vec<OfFile>)> = Vec::new();
        let mut most = left / 2 + 1;
        for framing in Self::all() {
            let read = |(blob, cut): (&&[u8], &Cut)| {
                framing.literals(blob, frame.end(cut), frame.endianness)
            };
            let own: Vec<OfFile> = blobs.iter().zip(cuts).map(read).collect();
            let count = own.iter().flatten().filter(|own| !own.is_empty()).count();
            if count > most {
                most = count;
                fitting.clear();
            }
            if count == most && !fitting.iter().any(|(_, other)| *other == own) {
                fitting.push((framing, own));
            }
        }
        fitting
    }
}

/// The literals of a file, if they fill it to its end.
pub(super) type OfFile = Option<Vec<Stored>>;

impl Base {
    /// Its offset in a file.
    pub fn offset(self, frame: &Frame, cut: &Cut, framing: &Framing) -> usize {
        match self {
            Self::NodesEnd => frame.end(cut),
            Self::FirstLiteral => framing.first(frame.end(cut)),
            Self::NodesStart => cut.nodes,
            Self::FileStart => 0,
        }
    }
}
