//! Every byte of a file with what it says.

use lapbelt_policy::world::{OperationId, World};

use super::{literal, node, operation, quoted};
use crate::bytes::Span;
use crate::decode::{Blob, Literal, LiteralAt, Node, NodeIndex};
use crate::layout::{BUNDLE, Field, MESSAGE_FILTERS, RecordField, Table};
use crate::raw::Part;
use crate::regex;

/// A run of bytes with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What they say.
    pub meaning: String,
}

/// The whole file in rows, in order and without a gap. Panics if `bytes` is not what was decoded.
pub fn rows(blob: &Blob, bytes: &[u8], world: &World) -> Vec<Row> {
    let mut explaining = Explaining {
        blob,
        bytes,
        world,
        rows: Vec::new(),
    };
    for span in &blob.spans {
        explaining.span(span);
    }
    explaining.rows
}

struct Explaining<'b> {
    blob: &'b Blob,
    bytes: &'b [u8],
    world: &'b World,
    rows: Vec<Row>,
}

impl Explaining<'_> {
    fn row(&mut self, start: usize, end: usize, meaning: impl Into<String>) {
        if start < end {
            self.rows.push(Row {
                start,
                end,
                meaning: meaning.into(),
            });
        }
    }

    fn word(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]])
    }

    fn span(&mut self, span: &Span<Part>) {
        let (start, end) = (span.start, span.end);
        match span.owner {
            Part::Header(field) => {
                let meaning = self.header(field, start);
                self.row(start, end, meaning);
            }
            Part::Entry(table, index) => {
                let meaning = self.entry(table, index);
                self.row(start, end, meaning);
            }
            Part::Record(profile, field) => {
                let value = self.word(start);
                let meaning = match (field, self.blob.profiles[usize::from(profile)].name) {
                    (RecordField::Name, Some(name)) => quoted(self.blob.text(name)),
                    _ => value.to_string(),
                };
                self.row(
                    start,
                    end,
                    format!("profile {profile}: {} {meaning}", field.name()),
                );
            }
            Part::OpTable(profile) => self.op_table(profile),
            Part::Padding => self.row(start, end, "padding to the next boundary of 8"),
            Part::Node(index) => {
                let meaning = self.node(index);
                self.row(start, end, meaning);
            }
            Part::Literal(_) => self.literal(start, end),
        }
    }

    fn header(&self, field: Field, at: usize) -> String {
        let value = match field.width() {
            1 => u16::from(self.bytes[at]),
            _ => self.word(at),
        };
        match field {
            Field::Type => {
                let kind = match (value & BUNDLE != 0, value & MESSAGE_FILTERS != 0) {
                    (true, false) => "a bundle of profiles",
                    (true, true) => "a bundle of profiles with message filters",
                    (false, true) => "one profile with message filters",
                    (false, false) => "one profile",
                };
                format!("type {value:#06x}: {kind}")
            }
            Field::Zero | Field::ZeroByte => "zero".to_string(),
            field => format!("{}: {value}", field.name()),
        }
    }

    fn entry(&self, table: Table, index: u16) -> String {
        let at = usize::from(index);
        let name = table.name();
        let literal = match table {
            Table::Regexes => self.blob.regexes.get(at),
            Table::Variables => self.blob.variables.get(at),
            Table::States => self.blob.states.get(at),
            Table::Policies => {
                let node = self.blob.policies.get(at).map_or(0, |node| node.0);
                return format!("{name} {index}: starts at node {node}");
            }
            Table::Debug => None,
        };
        match literal {
            Some(literal) => format!("{name} {index}: stored at byte {}", literal.0),
            None => format!("{name} {index}"),
        }
    }

    /// A row for each run of slots that lead to the same node.
    fn op_table(&mut self, profile: u16) {
        let world = self.world;
        let own = &self.blob.profiles[usize::from(profile)];
        let slots = super::slots(world).take(own.entries.len());
        let names: Vec<String> = slots.map(|id| operation(id, world)).collect();
        let (at, entries) = (own.at, own.entries.clone());
        let mut first = 0;
        for run in entries.chunk_by(|one, other| one == other) {
            let last = first + run.len() - 1;
            let slots = if first == last {
                format!("slot {first} {}", names[first])
            } else {
                format!("slots {first} {} to {last} {}", names[first], names[last])
            };
            let meaning = format!("{slots}: start at node {}", run[0]);
            self.row(at + 2 * first, at + 2 * last + 2, meaning);
            first = last + 1;
        }
    }

    fn node(&self, index: u16) -> String {
        let text = node(self.blob, NodeIndex(index), self.world);
        match self.blob.node(NodeIndex(index)) {
            Node::Filter {
                matched, unmatched, ..
            } => format!("node {index}: {text}? {matched} : {unmatched}"),
            Node::Terminal(_) => format!("node {index}: {text}"),
        }
    }

    /// The length, then what follows; a matching program by its instructions.
    fn literal(&mut self, start: usize, end: usize) {
        let blob = self.blob;
        let Some(found) = blob.literals.get(&LiteralAt(start)) else {
            return;
        };
        let length = blob.layout.strings.length_width();
        // Masks and addresses have a head of their own.
        let meaning = match found {
            Literal::Program(_) | Literal::Pattern(_) => super::patterns(blob, LiteralAt(start)),
            Literal::Regex(_) => super::regex_text(blob, LiteralAt(start)),
            Literal::Text(text) => quoted(text),
            Literal::Network(address) => address.to_string(),
            Literal::Modifiers(list) => super::modifiers(list),
            Literal::Mask(bits) => {
                let first = blob.nodes.iter().find_map(|node| match node {
                    Node::Filter {
                        filter,
                        argument: crate::decode::Argument::Mask(at),
                        ..
                    } if at.0 == start => Some(*filter),
                    _ => None,
                });
                let names = first.map(|filter| {
                    let filter = self.world.filter(filter);
                    format!(
                        "{}: {}",
                        filter.name,
                        literal(blob, LiteralAt(start), filter, self.world)
                    )
                });
                names.unwrap_or_else(|| format!("{bits:?}"))
            }
        };
        match found {
            Literal::Program(program) => {
                let size = end - start - length;
                self.row(
                    start,
                    start + length,
                    format!("{size} bytes of program: {meaning}"),
                );
                let base = start + length;
                for step in program.steps() {
                    let mut text = format!("  {:>3} {}", step.at, step.instruction);
                    if let Some(target) = step.target() {
                        text.push_str(&format!(", to {target}"));
                    }
                    self.row(base + step.at, base + step.end, text);
                }
            }
            Literal::Mask(_) => {
                self.row(start, start + 2, "bit mask of version 1");
                self.row(
                    start + 2,
                    start + 4,
                    format!("{} bytes of bits", end - start - 4),
                );
                self.row(start + 4, end, meaning);
            }
            Literal::Network(_) => self.row(start, end, meaning),
            Literal::Modifiers(list) => {
                for (index, one) in list.iter().enumerate() {
                    let at = start + 4 * index;
                    let meaning = self.modifier(*one);
                    self.row(at, at + 4, meaning);
                }
            }
            Literal::Regex(program) => {
                let size = end - start - length;
                let text = format!("{size} bytes of regular expression: {meaning}");
                self.row(start, start + length, text);
                self.regex(program, start + length, end);
            }
            Literal::Pattern(_) | Literal::Text(_) => {
                let size = end - start - length;
                self.row(start, start + length, format!("{size} bytes follow"));
                self.row(start + length, end, meaning);
            }
        }
    }

    /// A modifier of a list.
    fn modifier(&self, [number, of, low, high]: [u8; 4]) -> String {
        let mut modifiers = self.world.modifiers().iter();
        let found = modifiers.find(|one| one.id.0 == u16::from(number));
        let name = found.map_or("a modifier", |one| one.name.as_str());
        let value = u16::from_le_bytes([low, high]);
        match of {
            0 => format!("{name}: {value}"),
            id => {
                let operation = operation(OperationId(u16::from(id)), self.world);
                format!("{name} {value} on {operation}")
            }
        }
    }

    /// A regular expression by its instructions, and by what is around them.
    fn regex(&mut self, program: &regex::Program, start: usize, end: usize) {
        self.row(start, start + 4, format!("version {}", program.version));
        let mut at = start + 4;
        let head = match program.version {
            3 => "length of the code",
            _ => "counts, and where it starts and ends",
        };
        for ((place, instruction), extent) in program.places.iter().zip(&program.extents) {
            self.row(at, start + extent.start, head);
            let text = format!("  {place:>3} {instruction}");
            self.row(start + extent.start, start + extent.end, text);
            at = start + extent.end;
        }
        self.row(at, end, "classes");
    }
}
