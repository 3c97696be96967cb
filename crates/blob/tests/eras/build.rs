//! A tiny builder: lays parts out as a layout says.

use lapbelt_blob::layout::known::KNOWN;
use lapbelt_blob::layout::{
    Addressing, BUNDLE, Field, Layout, MESSAGE_FILTERS, RecordField, Strings, Table,
};

pub(crate) fn layout(name: &str) -> &'static Layout {
    let found = KNOWN.iter().find(|layout| layout.name == name);
    found.expect("a known layout")
}

/// An argument of a filter node.
#[derive(Clone, Copy)]
pub(crate) enum A {
    Value(u16),
    /// A literal by its number.
    Literal(usize),
}

/// A node.
#[derive(Clone, Copy)]
pub(crate) enum N {
    /// Filter byte, argument, where matched, where not.
    Filter(u8, A, u16, u16),
    /// Flags, then bytes 4 to 7.
    Terminal(u32, [u8; 4]),
    /// A terminal whose bytes 6 and 7 name a literal.
    TerminalWithLiteral(u32, u8, usize),
}

pub(crate) const ALLOW: N = N::Terminal(0, [0; 4]);
pub(crate) const DENY: N = N::Terminal(5, [0; 4]);

/// Parts of a file. Literals are whole, with their lengths.
pub(crate) struct File {
    pub(crate) layout: &'static Layout,
    pub(crate) profiles: Vec<[u16; 3]>,
    pub(crate) nodes: Vec<N>,
    pub(crate) literals: Vec<Vec<u8>>,
    /// Literals that tables name, by number.
    pub(crate) regexes: Vec<usize>,
    pub(crate) variables: Vec<usize>,
    pub(crate) states: Vec<usize>,
    /// Literals that are names of profiles; a file with some is a bundle.
    pub(crate) names: Vec<usize>,
    pub(crate) policies: Vec<u16>,
}

impl File {
    pub(crate) fn new(layout: &'static Layout, nodes: &[N], literals: &[Vec<u8>]) -> Self {
        Self {
            layout,
            profiles: vec![[0, 0, nodes.len() as u16 - 1]],
            nodes: nodes.to_vec(),
            literals: literals.to_vec(),
            regexes: Vec::new(),
            variables: Vec::new(),
            states: Vec::new(),
            names: Vec::new(),
            policies: Vec::new(),
        }
    }

    fn count(&self, table: Table) -> usize {
        match table {
            Table::Regexes => self.regexes.len(),
            Table::Variables => self.variables.len(),
            Table::States => self.states.len(),
            Table::Policies => self.policies.len(),
            Table::Debug => 0,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let layout = self.layout;
        let fields = layout.header(!self.names.is_empty());
        let is_words = layout.addressing == Addressing::Words;
        let tables: usize = layout.tables.iter().map(|table| self.count(*table)).sum();
        let in_front = if is_words { 0 } else { 2 * tables };
        let head = if self.names.is_empty() {
            0
        } else {
            2 * layout.record.len()
        };
        let records = self.profiles.len() * (head + 6);
        let nodes_at = (Layout::header_size(fields) + in_front + records).next_multiple_of(8);
        let nodes_end = nodes_at + 8 * self.nodes.len();
        let mut literals_at = nodes_end;
        let mut table_at = Vec::new();
        for table in layout.tables.iter().filter(|_| is_words) {
            table_at.push((*table, literals_at));
            literals_at += (2 * self.count(*table)).next_multiple_of(8);
        }
        let mut starts = Vec::new();
        let mut end = literals_at;
        for literal in &self.literals {
            starts.push(end);
            end = (end + literal.len()).next_multiple_of(8);
        }
        let from = if is_words { 0 } else { nodes_end };
        let literal = |number: usize| ((starts[number] - from) / 8) as u16;
        let node = |index: u16| {
            if is_words {
                index + (nodes_at / 8) as u16
            } else {
                index
            }
        };
        let place = |wanted: Table| {
            let found = table_at.iter().find(|(table, _)| *table == wanted);
            found.map_or(0, |(_, at)| (at / 8) as u16)
        };

        let mut out = Vec::new();
        let mut kind = if self.names.is_empty() { 0 } else { BUNDLE };
        if !self.policies.is_empty() {
            kind |= MESSAGE_FILTERS;
        }
        for field in fields {
            let value = match field {
                Field::Type => kind,
                Field::Nodes => self.nodes.len() as u16,
                Field::Operations | Field::WideOperations => 3,
                Field::Variables | Field::WideVariables => self.variables.len() as u16,
                Field::States => self.states.len() as u16,
                Field::Profiles => self.names.len() as u16,
                Field::Regexes | Field::NarrowRegexes => self.regexes.len() as u16,
                Field::Policies => self.policies.len() as u16,
                Field::RegexTable => place(Table::Regexes),
                Field::VariableTable => place(Table::Variables),
                Field::Debug | Field::ZeroByte | Field::Zero | Field::Unknown => 0,
            };
            out.extend(&value.to_le_bytes()[..field.width()]);
        }
        let table = |table: Table| -> Vec<u16> {
            match table {
                Table::Regexes => self.regexes.iter().map(|n| literal(*n)).collect(),
                Table::Variables => self.variables.iter().map(|n| literal(*n)).collect(),
                Table::States => self.states.iter().map(|n| literal(*n)).collect(),
                Table::Policies => self.policies.iter().map(|n| node(*n)).collect(),
                Table::Debug => Vec::new(),
            }
        };
        let put = |out: &mut Vec<u8>, words: &[u16]| {
            words.iter().for_each(|word| out.extend(word.to_le_bytes()));
        };
        for own in layout.tables.iter().filter(|_| !is_words) {
            put(&mut out, &table(*own));
        }
        for (index, entries) in self.profiles.iter().enumerate() {
            for field in layout.record.iter().filter(|_| head > 0) {
                let value = match field {
                    RecordField::Name => literal(self.names[index]),
                    _ => 0,
                };
                put(&mut out, &[value]);
            }
            put(&mut out, &entries.map(node));
        }
        out.resize(nodes_at, 0);
        for own in &self.nodes {
            let mut bytes = [0; 8];
            let (flags, rest) = match own {
                N::Filter(filter, argument, matched, unmatched) => {
                    bytes[1] = *filter;
                    let argument = match argument {
                        A::Value(value) => *value,
                        A::Literal(number) => literal(*number),
                    };
                    let words = [argument, node(*matched), node(*unmatched)];
                    bytes[2..].copy_from_slice(&words.map(u16::to_le_bytes).concat());
                    out.extend(bytes);
                    continue;
                }
                N::Terminal(flags, rest) => (*flags, *rest),
                N::TerminalWithLiteral(flags, modifier, number) => {
                    let [low, high] = literal(*number).to_le_bytes();
                    (*flags, [*modifier, 0, low, high])
                }
            };
            bytes[0] = 1;
            let width = 4 - layout.flags_at;
            bytes[layout.flags_at..4].copy_from_slice(&flags.to_le_bytes()[..width]);
            bytes[4..].copy_from_slice(&rest);
            out.extend(bytes);
        }
        for (own, at) in &table_at {
            out.resize(*at, 0);
            put(&mut out, &table(*own));
        }
        for (start, literal) in starts.iter().zip(&self.literals) {
            out.resize(*start, 0);
            out.extend(literal);
        }
        out
    }
}

/// A literal with its length in front.
fn counted(layout: &Layout, content: &[u8]) -> Vec<u8> {
    let length = content.len() as u32;
    let mut out = length.to_le_bytes()[..layout.strings.length_width()].to_vec();
    out.extend(content);
    out
}

/// Text with a zero byte at its end.
pub(crate) fn text(layout: &Layout, text: &str) -> Vec<u8> {
    counted(layout, &[text.as_bytes(), &[0]].concat())
}

/// A subpath as the era stores it.
pub(crate) fn subpath(layout: &Layout, base: &str) -> Vec<u8> {
    let base = base.as_bytes();
    if layout.strings == Strings::Typed {
        return counted(layout, &[&[1], base].concat());
    }
    let run = [&[0x3f + base.len() as u8], base].concat();
    program(
        layout,
        &[&run[..], b"\x0f\x40\x2f\x80\x0a\x00\x0f\x0a"].concat(),
    )
}

/// A matching program.
pub(crate) fn program(layout: &Layout, code: &[u8]) -> Vec<u8> {
    counted(layout, code)
}

/// A regular expression of version 3.
pub(crate) fn regex(layout: &Layout, code: &[u8]) -> Vec<u8> {
    let length = (code.len() as u16).to_le_bytes();
    counted(layout, &[&[0, 0, 0, 3], &length[..], code].concat())
}
