//! From parts to meanings: each node once, each literal once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use lapbelt_policy::world::World;

use super::{Blob, Literal, LiteralAt, Node, NodeIndex, Profile, Provenance, literal};
use crate::error::{DecodeError, unexpected};
use crate::layout::{RecordField, Table};
use crate::raw::{Part, Raw, Stored};
use crate::strings::Program;

/// A file while its meaning is found.
pub(super) struct Walk<'a, 'w> {
    pub(super) raw: Raw<'a>,
    pub(super) world: &'w World,
    literals: BTreeMap<LiteralAt, Literal>,
}

/// Finds the meaning of a file that has been cut.
pub(super) fn walk(raw: Raw<'_>, world: &World) -> Result<Blob, DecodeError> {
    let mut walk = Walk {
        raw,
        world,
        literals: BTreeMap::new(),
    };
    let regexes = walk.named(Table::Regexes, Stored::Regex)?;
    let variables = walk.named(Table::Variables, Stored::Text)?;
    let states = walk.named(Table::States, Stored::Text)?;
    walk.named(Table::Debug, Stored::Text)?;
    let policies = walk.policies()?;
    let profiles = walk.profiles()?;
    let nodes = walk.nodes()?;
    acyclic(&nodes, &walk.raw)?;
    walk.literal_padding()?;
    let Walk { raw, literals, .. } = walk;
    Ok(Blob {
        provenance: Provenance::default(),
        layout: raw.layout,
        header: raw.header,
        profiles,
        nodes_at: raw.nodes_at,
        nodes,
        base: raw.base,
        converted: literals.keys().map(|at| (*at, OnceLock::new())).collect(),
        literals,
        regexes,
        variables,
        states,
        policies,
        spans: raw.claims.finish()?,
    })
}

impl Walk<'_, '_> {
    pub(super) fn regex_count(&self) -> usize {
        self.raw.table(Table::Regexes).len()
    }

    pub(super) fn modifiers(&self, at: LiteralAt) -> Vec<[u8; 4]> {
        match self.literals.get(&at) {
            Some(Literal::Modifiers(list)) => list.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn text(&self, at: LiteralAt) -> Vec<u8> {
        match self.literals.get(&at) {
            Some(Literal::Text(text)) => text.clone(),
            _ => Vec::new(),
        }
    }

    /// Reads and claims a literal, once however often it is referred to.
    pub(super) fn literal_at(
        &mut self,
        at: usize,
        stored: Stored,
    ) -> Result<LiteralAt, DecodeError> {
        let key = LiteralAt(at);
        if let Some(known) = self.literals.get(&key)
            && known.stored() == stored
        {
            return Ok(key);
        }
        let strings = self.raw.layout.strings;
        let (literal, end) = literal::read(self.raw.bytes, at, stored, strings)?;
        if let Literal::Program(program) = &literal {
            self.check_variables(program, at + strings.length_width())?;
        }
        self.raw.claims.claim(at..end, Part::Literal(stored))?;
        self.literals.insert(key, literal);
        Ok(key)
    }

    /// Checks that the variables of a program at an offset are in their table.
    fn check_variables(&self, program: &Program, start: usize) -> Result<(), DecodeError> {
        let count = self.raw.table(Table::Variables).len();
        let unknown = |(_, index): &(usize, u16)| usize::from(*index) >= count;
        match program.variables().find(unknown) {
            Some((at, index)) => {
                let expected = format!("one of {count} variables");
                Err(unexpected(start + at, expected, index))
            }
            None => Ok(()),
        }
    }

    /// The literals that a table names.
    fn named(&mut self, table: Table, stored: Stored) -> Result<Vec<LiteralAt>, DecodeError> {
        let references = self.raw.table(table).to_vec();
        references
            .into_iter()
            .map(|reference| self.literal_at(self.raw.literal_at(reference), stored))
            .collect()
    }

    /// The node that the two bytes at an offset refer to.
    fn node_index(&self, at: usize, reference: u16) -> Result<NodeIndex, DecodeError> {
        self.raw.node(reference).map(NodeIndex).ok_or_else(|| {
            let expected = format!("one of {} nodes", self.raw.nodes.len());
            unexpected(at, expected, reference)
        })
    }

    fn policies(&self) -> Result<Vec<NodeIndex>, DecodeError> {
        let entries = self.raw.table(Table::Policies);
        let first = self.raw.table_at(Table::Policies);
        let numbered = entries.iter().enumerate();
        numbered
            .map(|(number, entry)| self.node_index(first + 2 * number, *entry))
            .collect()
    }

    fn profiles(&mut self) -> Result<Vec<Profile>, DecodeError> {
        let raw = std::mem::take(&mut self.raw.profiles);
        let mut profiles = Vec::new();
        for profile in raw {
            let named = |(field, value): &(RecordField, u16)| {
                (*field == RecordField::Name).then_some(*value)
            };
            let name = match profile.fields.iter().find_map(named) {
                Some(reference) => {
                    Some(self.literal_at(self.raw.literal_at(reference), Stored::Text)?)
                }
                None => None,
            };
            let slots = profile.entries.iter().enumerate();
            let entries = slots
                .map(|(slot, entry)| self.node_index(profile.at + 2 * slot, *entry))
                .collect::<Result<_, _>>()?;
            profiles.push(Profile {
                name,
                fields: profile.fields,
                at: profile.at,
                entries,
            });
        }
        Ok(profiles)
    }

    fn nodes(&mut self) -> Result<Vec<Node>, DecodeError> {
        let mut nodes = Vec::with_capacity(self.raw.nodes.len());
        for index in 0..self.raw.nodes.len() {
            let (at, node) = (self.raw.node_at(index), self.raw.nodes[index]);
            nodes.push(match node[0] {
                0 => {
                    let (filter, argument) = self.argument(at, node)?;
                    let edge = |walk: &Self, from: usize| {
                        let reference = u16::from_le_bytes([node[from], node[from + 1]]);
                        walk.node_index(at + from, reference)
                    };
                    Node::Filter {
                        filter,
                        argument,
                        matched: edge(self, 4)?,
                        unmatched: edge(self, 6)?,
                    }
                }
                1 => Node::Terminal(self.terminal(at, node)?),
                kind => return Err(unexpected(at, "0 (filter) or 1 (terminal)", kind)),
            });
        }
        Ok(nodes)
    }

    /// Zero bytes that bring the next literal to a boundary of 8.
    fn literal_padding(&mut self) -> Result<(), DecodeError> {
        for Range { start, end } in self.raw.claims.gaps() {
            let bytes = self.raw.bytes.get(start..end).unwrap_or_default();
            let is_last = end == self.raw.bytes.len();
            let aligns = bytes.len() < 8 && end % 8 == 0 && !is_last;
            if aligns && bytes.iter().all(|byte| *byte == 0) {
                self.raw.claims.claim(start..end, Part::Padding)?;
            }
        }
        Ok(())
    }
}

impl Literal {
    fn stored(&self) -> Stored {
        match self {
            Self::Program(_) | Self::Pattern(_) => Stored::Pattern,
            Self::Regex(_) => Stored::Regex,
            Self::Text(_) => Stored::Text,
            Self::Mask(_) => Stored::Mask,
            Self::Network(_) => Stored::Network,
            Self::Modifiers(list) => Stored::Modifiers(list.len() as u8),
        }
    }
}

/// Checks that no node leads back to itself.
fn acyclic(nodes: &[Node], raw: &Raw<'_>) -> Result<(), DecodeError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; nodes.len()];
    let mut path: Vec<usize> = Vec::new();
    for root in 0..nodes.len() {
        path.push(root);
        while let Some(&index) = path.last() {
            if marks[index] == Mark::Done {
                path.pop();
                continue;
            }
            let is_back = marks[index] == Mark::Open;
            marks[index] = if is_back { Mark::Done } else { Mark::Open };
            if is_back {
                path.pop();
                continue;
            }
            if let Node::Filter {
                matched, unmatched, ..
            } = nodes[index]
            {
                for (field, next) in [(4, matched), (6, unmatched)] {
                    let next = usize::from(next.0);
                    match marks[next] {
                        Mark::Open => {
                            let expected = "an edge that does not lead back to its own node";
                            return Err(unexpected(raw.node_at(index) + field, expected, next));
                        }
                        Mark::New => path.push(next),
                        Mark::Done => {}
                    }
                }
            }
        }
    }
    Ok(())
}
