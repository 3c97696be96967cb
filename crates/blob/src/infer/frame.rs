//! Where the sections of a file lie, and how one node refers to another.

use super::field::{Endianness, FieldAt};

/// Where sections lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Byte order of all numbers.
    pub endianness: Endianness,
    /// Bytes before the tables.
    pub header_length: usize,
    /// Header fields that count entries of tables between the header and the op table.
    pub tables: Vec<FieldAt>,
    /// Bytes of an entry of the op table and of those tables.
    pub slot: usize,
    /// Entries of the op table.
    pub op_count: Count,
    /// Where nodes start.
    pub nodes: NodesAt,
    /// How many nodes there are.
    pub node_count: NodeCount,
    /// Bytes of a node.
    pub stride: usize,
    /// How nodes are referred to.
    pub reference: Reference,
}

/// A number of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// The same in all files.
    Fixed(usize),
    /// What a header field says.
    Stated(FieldAt),
}

/// Where nodes start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodesAt {
    /// Behind the op table, at the next multiple of so many bytes; what is skipped is zero.
    AfterOpTable(usize),
    /// Where a header field says, in units of so many bytes.
    Stated(FieldAt, usize),
    /// At the same offset in all files.
    Fixed(usize),
}

/// How many nodes there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeCount {
    /// What a header field says.
    Stated(FieldAt),
    /// Up to where a header field says, in units of so many bytes.
    UpTo(FieldAt, usize),
    /// Up to the last one that the op table refers to.
    Reached,
}

/// How nodes are referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// In what a reference counts.
    pub unit: Unit,
    /// Whether it counts from the start of the file, not from that of the nodes.
    pub from_file: bool,
}

/// In what a reference counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Nodes.
    Index,
    /// Bytes.
    Bytes,
    /// Words of so many bytes.
    Words(usize),
}

/// The sections of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Offset of the op table.
    pub op_table: usize,
    /// Its entries.
    pub op_count: usize,
    /// Offset of the first node.
    pub nodes: usize,
    /// How many nodes there are.
    pub node_count: usize,
}

impl Reference {
    /// The number of the node that a stored reference means; `None` if it is no start of a node.
    pub fn index(self, stored: usize, cut: &Cut, stride: usize) -> Option<usize> {
        let unit = match self.unit {
            Unit::Index => stride,
            Unit::Bytes => 1,
            Unit::Words(bytes) => bytes,
        };
        let at = stored.checked_mul(unit)?;
        let at = if self.from_file {
            at.checked_sub(cut.nodes)?
        } else {
            at
        };
        (at.is_multiple_of(stride) && at / stride < cut.node_count).then_some(at / stride)
    }
}

impl Frame {
    /// Finds the sections of a file.
    ///
    /// Returns `None` if they reach beyond its end, or if what is skipped is not zero.
    pub fn cut(&self, bytes: &[u8]) -> Option<Cut> {
        let read = |field: FieldAt| field.read(bytes, 0, self.endianness);
        let mut op_table = self.header_length;
        for table in &self.tables {
            op_table += self.slot * read(*table)?;
        }
        let op_count = match self.op_count {
            Count::Fixed(count) => count,
            Count::Stated(field) => read(field)?,
        };
        let end = op_table + self.slot * op_count;
        let entries = bytes.get(op_table..end)?;
        let nodes = match self.nodes {
            NodesAt::AfterOpTable(alignment) => end.next_multiple_of(alignment),
            NodesAt::Stated(field, unit) => unit * read(field)?,
            NodesAt::Fixed(at) => at,
        };
        if let NodesAt::AfterOpTable(_) = self.nodes
            && bytes.get(end..nodes)?.iter().any(|byte| *byte != 0)
        {
            return None;
        }
        let room = bytes.len().checked_sub(nodes)? / self.stride;
        let mut cut = Cut {
            op_table,
            op_count,
            nodes,
            node_count: room,
        };
        cut.node_count = match self.node_count {
            NodeCount::Stated(field) => read(field)?,
            NodeCount::UpTo(field, unit) => {
                let length = (unit * read(field)?).checked_sub(nodes)?;
                length
                    .is_multiple_of(self.stride)
                    .then_some(length / self.stride)?
            }
            NodeCount::Reached => {
                let slot = FieldAt {
                    offset: 0,
                    size: self.slot,
                };
                let mut last = 0;
                for at in (0..entries.len()).step_by(self.slot) {
                    let stored = slot.read(entries, at, self.endianness)?;
                    last = last.max(self.reference.index(stored, &cut, self.stride)?);
                }
                last + 1
            }
        };
        (1..=room).contains(&cut.node_count).then_some(cut)
    }

    /// The entries of the op table, as stored.
    pub fn entries(&self, bytes: &[u8], cut: &Cut) -> Vec<usize> {
        let slot = |number| FieldAt {
            offset: cut.op_table + self.slot * number,
            size: self.slot,
        };
        let entry = |number| slot(number).read(bytes, 0, self.endianness);
        (0..cut.op_count).map_while(entry).collect()
    }

    /// Where the nodes of a file end.
    pub fn end(&self, cut: &Cut) -> usize {
        cut.nodes + self.stride * cut.node_count
    }
}
