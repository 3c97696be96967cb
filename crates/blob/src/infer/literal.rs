//! Where literals stand.

use std::ops::Range;

use super::field::{Endianness, FieldAt};
use super::frame::{Cut, Frame};

/// Most bytes of padding between literals that a table names, and behind them, are fewer.
const LARGEST_GAP: usize = 16;

/// Where literals stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literals {
    /// What references count from.
    pub base: Base,
    /// In how many bytes they count; 1 where they count literals.
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
    /// References are numbers of literals, or of entries of a table of their offsets; the first has
    /// this one.
    Number(usize),
}

/// How literals follow each other from the end of the nodes to that of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// Bytes of the length in front of each; 0 if each ends with a zero byte instead.
    pub prefix: usize,
    /// Each starts on a multiple of so many bytes from the first; what is skipped is zero.
    pub alignment: usize,
    /// The first, or the table in front of it, starts on a multiple of so many bytes in the file.
    pub first: usize,
    /// Bytes of an entry of a table in front of the first that says where each starts, counted from
    /// the start of the file, of the table or of the first literal; 0 without one.
    pub table: usize,
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
        if !is_zero(end_of_nodes..base) {
            return None;
        }
        if self.table > 0 {
            return self.by_table(bytes, base, endianness);
        }
        let mut found = Vec::new();
        let mut at = base;
        while at < bytes.len() {
            let content = self.content(bytes, at, endianness)?;
            let end = content.end + usize::from(self.prefix == 0);
            found.push(Stored { start: at, content });
            at = base + (end - base).next_multiple_of(self.alignment);
            if !is_zero(end..at) {
                return None;
            }
        }
        Some(found)
    }

    /// What a literal holds that starts at an offset; `None` if nothing, or no text where that is
    /// what ends it.
    fn content(&self, bytes: &[u8], at: usize, endianness: Endianness) -> Option<Range<usize>> {
        let content = if self.prefix == 0 {
            let length = bytes.get(at..)?.iter().position(|byte| *byte == 0)?;
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
        (!content.is_empty() && content.end <= bytes.len()).then_some(content)
    }

    /// The literals that a table of their offsets names, in its order, if they follow it and each
    /// other to the end of the file; at most padding of zeros is between them.
    fn by_table(&self, bytes: &[u8], table: usize, endianness: Endianness) -> Option<Vec<Stored>> {
        if table >= bytes.len() {
            return Some(Vec::new());
        }
        let entry = |number: usize| {
            let field = FieldAt {
                offset: self.table * number,
                size: self.table,
            };
            field.read(bytes, table, endianness)
        };
        let first = entry(0)?;
        // Entries count from the start of the file, of the table or of the first literal; the table
        // ends where the first literal starts.
        let own = [(0, first.checked_sub(table)), (table, Some(first))];
        for (from, length) in own {
            let Some(length) = length.filter(|own| *own > 0 && own.is_multiple_of(self.table))
            else {
                continue;
            };
            let named = self.named(bytes, from, length / self.table, entry, endianness);
            if named.is_some() {
                return named;
            }
        }
        if first > 0 {
            return None;
        }
        let mut count = 1;
        loop {
            let end = table + self.table * count;
            let named = self.named(bytes, end, count, entry, endianness);
            let is_longer = entry(count)? > entry(count - 1)?;
            if named.is_some() || !is_longer {
                return named;
            }
            count += 1;
        }
    }

    fn named(
        &self,
        bytes: &[u8],
        from: usize,
        count: usize,
        entry: impl Fn(usize) -> Option<usize>,
        endianness: Endianness,
    ) -> Option<Vec<Stored>> {
        let mut found: Vec<Stored> = Vec::new();
        let mut end = from.checked_add(entry(0)?)?;
        for number in 0..count {
            let start = from.checked_add(entry(number)?)?;
            let skipped = bytes.get(end..start)?;
            if skipped.len() >= LARGEST_GAP || skipped.iter().any(|byte| *byte != 0) {
                return None;
            }
            let content = self.content(bytes, start, endianness)?;
            end = content.end + usize::from(self.prefix == 0);
            found.push(Stored { start, content });
        }
        let left = bytes.get(end..)?;
        let is_end = left.len() < LARGEST_GAP && left.iter().all(|byte| *byte == 0);
        is_end.then_some(found)
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
                        table: 0,
                    });
                }
            }
        }
        for table in [4, 2] {
            for prefix in [2, 4, 1, 0] {
                for first in [1, 4, 8] {
                    all.push(Self {
                        prefix,
                        alignment: 1,
                        first,
                        table,
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
    /// Its offset in a file; `None` if references are no offsets.
    pub fn offset(self, frame: &Frame, cut: &Cut, framing: &Framing) -> Option<usize> {
        Some(match self {
            Self::NodesEnd => frame.end(cut),
            Self::FirstLiteral => framing.first(frame.end(cut)),
            Self::NodesStart => cut.nodes,
            Self::FileStart => 0,
            Self::Number(_) => return None,
        })
    }
}
