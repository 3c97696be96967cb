//! Reading a file by a layout that was found.

use super::Layout;
use super::frame::Cut;
use super::literal::{Base, Stored};
use super::record::Edges;

/// A file as a layout reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its sections.
    pub cut: Cut,
    /// For each operation the node that its entry leads to; `None` where it leads nowhere.
    pub entries: Vec<Option<usize>>,
    /// Its nodes.
    pub nodes: Vec<Node>,
    /// Its literals in order; empty where they do not follow each other as the layout says.
    pub literals: Vec<Stored>,
}

/// A node as a layout reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it starts.
    pub offset: usize,
    /// Its tag.
    pub tag: usize,
    /// Its filter, if it leads to others.
    pub filter: Option<usize>,
    /// Its argument, if it leads to others.
    pub argument: Option<usize>,
    /// Number of the literal that its argument leads to, if that is one.
    pub literal: Option<usize>,
    /// Where it leads.
    pub edges: Edges,
}

impl Layout {
    /// Reads a file; `None` if its sections do not fit.
    pub fn read(&self, bytes: &[u8]) -> Option<Read> {
        let frame = &self.frame;
        let cut = frame.cut(bytes)?;
        let literals = self.literals.map_or(Vec::new(), |literals| {
            let own = literals
                .framing
                .literals(bytes, frame.end(&cut), frame.endianness);
            own.unwrap_or_default()
        });
        let entries = frame.entries(bytes, &cut).into_iter();
        let entries = entries.map(|entry| frame.reference.index(entry, &cut, frame.stride));
        let edges = self.record.edges(frame, bytes, &cut);
        let nodes = edges.into_iter().enumerate().map(|(number, edges)| {
            let offset = cut.nodes + frame.stride * number;
            let read = |field: super::field::FieldAt| field.read(bytes, offset, frame.endianness);
            let leads = edges != Edges::Terminal;
            let argument = self.record.argument.filter(|_| leads).and_then(read);
            Node {
                offset,
                tag: read(self.record.tag).unwrap_or_default(),
                filter: self.record.filter.filter(|_| leads).and_then(read),
                argument,
                literal: argument.and_then(|own| self.literal(own, &cut, &literals)),
                edges,
            }
        });
        Some(Read {
            nodes: nodes.collect(),
            entries: entries.collect(),
            cut,
            literals,
        })
    }

    fn literal(&self, argument: usize, cut: &Cut, stored: &[Stored]) -> Option<usize> {
        let literals = self.literals?;
        if let Base::Number(first) = literals.base {
            let number = argument.checked_sub(first)?;
            return (number < stored.len()).then_some(number);
        }
        let base = literals.base.offset(&self.frame, cut, &literals.framing)?;
        let at = argument.checked_mul(literals.unit)?.checked_add(base)?;
        stored.iter().position(|own| match literals.to_content {
            true => own.content.start == at,
            false => own.start == at,
        })
    }
}
