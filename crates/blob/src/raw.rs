//! What the file says: header, tables, op tables and nodes, before any meaning.

mod cut;
mod header;

use std::fmt;

use crate::bytes::Claims;
use crate::error::DecodeError;
use crate::layout::{Addressing, Field, Layout, RecordField, Table};
pub use header::Header;

/// Owner of a span of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A field of the header.
    Header(Field),
    /// An entry of a table after the header.
    Entry(Table, u16),
    /// A field of a profile's record in a bundle.
    Record(u16, RecordField),
    /// The op table of a profile: a u16 for each operation.
    OpTable(u16),
    /// Zero bytes up to the next boundary of 8.
    Padding,
    /// A node.
    Node(u16),
    /// A literal, with its length.
    Literal(Stored),
}

/// What a literal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stored {
    /// A matching program.
    Pattern,
    /// A regular expression.
    Regex,
    /// Text with a zero byte at its end.
    Text,
    /// A set of small numbers.
    Mask,
    /// Host and port.
    Network,
    /// So many modifiers with arguments.
    Modifiers(u8),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(field) => write!(f, "header: {}", field.name()),
            Self::Entry(table, index) => write!(f, "{} table: {index}", table.name()),
            Self::Record(profile, field) => write!(f, "profile {profile}: {}", field.name()),
            Self::OpTable(profile) => write!(f, "profile {profile}: op table"),
            Self::Padding => f.write_str("padding"),
            Self::Node(index) => write!(f, "node {index}"),
            Self::Literal(stored) => write!(f, "{stored}"),
        }
    }
}

impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pattern => "pattern",
            Self::Regex => "regex",
            Self::Text => "text",
            Self::Mask => "bit mask",
            Self::Network => "network address",
            Self::Modifiers(_) => "modifiers",
        })
    }
}

/// A profile of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawProfile {
    /// Fields of its record; none in a file with one profile.
    pub fields: Vec<(RecordField, u16)>,
    /// Offset of its op table.
    pub at: usize,
    /// For each operation the node it starts at, as stored.
    pub entries: Vec<u16>,
}

/// A file cut into its parts.
#[derive(Clone, Debug)]
pub struct Raw<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// The layout it was cut by.
    pub layout: &'static Layout,
    /// Its header.
    pub header: Header,
    /// Tables with their offsets.
    pub tables: Vec<(Table, usize, Vec<u16>)>,
    /// Profiles, one unless it is a bundle.
    pub profiles: Vec<RawProfile>,
    /// Offset of node 0.
    pub nodes_at: usize,
    /// All nodes, 8 bytes each.
    pub nodes: Vec<[u8; 8]>,
    /// Where literals are counted from.
    pub base: usize,
    /// What has been claimed so far.
    pub claims: Claims<Part>,
}

impl<'a> Raw<'a> {
    /// Cuts a file by a layout. `operations` is how many slots an op table has;
    /// `None` takes the header's word for it.
    ///
    /// # Errors
    /// What does not fit the layout, with its offset.
    pub fn read(
        bytes: &'a [u8],
        layout: &'static Layout,
        operations: Option<usize>,
    ) -> Result<Self, DecodeError> {
        cut::read(bytes, layout, operations)
    }

    /// The entries of a table; none if the layout does not have it.
    pub fn table(&self, wanted: Table) -> &[u16] {
        let found = self.tables.iter().find(|(table, ..)| *table == wanted);
        found.map_or(&[], |(_, _, entries)| entries)
    }

    /// Offset of a table; 0 if the layout does not have it.
    pub fn table_at(&self, wanted: Table) -> usize {
        let found = self.tables.iter().find(|(table, ..)| *table == wanted);
        found.map_or(0, |(_, at, _)| *at)
    }

    /// Offset of a node.
    pub fn node_at(&self, index: usize) -> usize {
        self.nodes_at + 8 * index
    }

    /// The index of a node that a slot or an edge refers to; `None` if there is no such node.
    pub fn node(&self, reference: u16) -> Option<u16> {
        let index = match self.layout.addressing {
            Addressing::Indices => usize::from(reference),
            Addressing::Words => usize::from(reference).checked_sub(self.nodes_at / 8)?,
        };
        (index < self.nodes.len()).then_some(index as u16)
    }

    /// Offset of a literal that a node or a table refers to.
    pub fn literal_at(&self, reference: u16) -> usize {
        match self.layout.addressing {
            Addressing::Indices => self.base + 8 * usize::from(reference),
            Addressing::Words => 8 * usize::from(reference),
        }
    }
}
