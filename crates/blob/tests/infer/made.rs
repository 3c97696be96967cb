//! Files of formats that exist nowhere: the same kind of profiles, laid out as a format says.

use lapbelt_blob::infer::field::{Endianness, FieldAt};
use lapbelt_blob::infer::frame::Unit;
use lapbelt_blob::infer::literal::Base;

/// A made-up format.
pub(crate) struct Format {
    pub(crate) endianness: Endianness,
    pub(crate) header_length: usize,
    pub(crate) op_count: FieldAt,
    pub(crate) node_count: FieldAt,
    pub(crate) operations: usize,
    pub(crate) alignment: usize,
    pub(crate) stride: usize,
    pub(crate) tag: FieldAt,
    pub(crate) filter: FieldAt,
    pub(crate) argument: FieldAt,
    pub(crate) matched: FieldAt,
    pub(crate) unmatched: FieldAt,
    pub(crate) edge_unit: Unit,
    pub(crate) edges_from_file: bool,
    pub(crate) literal_unit: usize,
    /// What references to literals count from.
    pub(crate) literal_base: Base,
    /// Whether they lead past the length.
    pub(crate) to_content: bool,
    /// Bytes of a literal's length; 0 for a zero byte at its end.
    pub(crate) prefix: usize,
    /// Whether decisions come before tests, and not behind them.
    pub(crate) decisions_first: bool,
    /// Whether tests have a tag for each kind of argument, and not one for all.
    pub(crate) many_tags: bool,
}

/// Numbers that follow from a seed.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % end
    }
}

#[derive(Clone)]
enum Node {
    /// Filter, argument or number of a literal, matched, unmatched.
    Test(usize, Result<usize, usize>, usize, usize),
    Decision(usize),
}

/// A profile: for each operation where it starts, nodes with the default last, literals.
struct Profile {
    entries: Vec<usize>,
    nodes: Vec<Node>,
    literals: Vec<String>,
}

/// Rules of a few operations: tests in a row, of which any or all must match.
fn profile(operations: usize, decisions_first: bool, numbers: &mut Numbers) -> Profile {
    let mut nodes = vec![Node::Decision(1), Node::Decision(0)];
    let mut entries = vec![0; operations];
    let mut literals = Vec::new();
    for _ in 0..2 + numbers.below(4) {
        let is_any = numbers.below(3) > 0;
        let mut next = usize::from(!is_any);
        for _ in 0..1 + numbers.below(4) {
            let filter = numbers.below(7) + 1;
            let argument = if filter < 4 {
                let name = "abcdefghijklmnopqrstuvwxyz";
                literals.push(format!("/{}", &name[..1 + numbers.below(20)]));
                Err(literals.len() - 1)
            } else {
                Ok(1 + numbers.below(700))
            };
            nodes.push(match is_any {
                true => Node::Test(filter, argument, 1, next),
                false => Node::Test(filter, argument, next, 0),
            });
            next = nodes.len() - 1;
        }
        entries[numbers.below(operations)] = next;
    }
    if !decisions_first {
        // As the compilers of the field do, the default comes last and chains before what they lead
        // to.
        let last = nodes.len() - 1;
        nodes.reverse();
        for node in &mut nodes {
            if let Node::Test(_, _, matched, unmatched) = node {
                *matched = last - *matched;
                *unmatched = last - *unmatched;
            }
        }
        entries.iter_mut().for_each(|entry| *entry = last - *entry);
    }
    Profile {
        entries,
        nodes,
        literals,
    }
}

impl Format {
    /// A corpus of this format.
    pub(crate) fn corpus(&self, files: usize) -> Vec<Vec<u8>> {
        let mut numbers = Numbers(self.stride as u64);
        let file = |_| {
            self.lay_out(&profile(
                self.operations,
                self.decisions_first,
                &mut numbers,
            ))
        };
        (0..files).map(file).collect()
    }

    fn put(&self, out: &mut [u8], start: usize, field: FieldAt, value: usize) {
        let bytes = value.to_le_bytes();
        assert!(value < 1 << (8 * field.size), "{value} fits");
        let own = &mut out[start + field.offset..start + field.end()];
        own.copy_from_slice(&bytes[..field.size]);
        if self.endianness == Endianness::Big {
            own.reverse();
        }
    }

    fn lay_out(&self, profile: &Profile) -> Vec<u8> {
        let end = self.header_length + 2 * self.operations;
        let nodes_at = end.next_multiple_of(self.alignment);
        let base = nodes_at + self.stride * profile.nodes.len();
        let reference = |node: usize| {
            let from = if self.edges_from_file { nodes_at } else { 0 };
            match self.edge_unit {
                Unit::Index => node,
                Unit::Bytes => from + self.stride * node,
                Unit::Words(bytes) => (from + self.stride * node) / bytes,
            }
        };
        let mut out = vec![0; base];
        self.put(&mut out, 0, self.op_count, self.operations);
        self.put(&mut out, 0, self.node_count, profile.nodes.len());
        for (number, entry) in profile.entries.iter().enumerate() {
            let slot = FieldAt { offset: 0, size: 2 };
            self.put(
                &mut out,
                self.header_length + 2 * number,
                slot,
                reference(*entry),
            );
        }
        let mut literals = Vec::new();
        for literal in &profile.literals {
            let at = (out.len() - base).next_multiple_of(self.literal_unit);
            out.resize(base + at, 0);
            let from = match self.literal_base {
                Base::FileStart => base,
                Base::NodesStart => base - nodes_at,
                Base::NodesEnd | Base::FirstLiteral | Base::Number(_) => 0,
            };
            let past = if self.to_content { self.prefix } else { 0 };
            literals.push((from + at + past) / self.literal_unit);
            let start = out.len();
            out.resize(start + self.prefix, 0);
            if self.prefix > 0 {
                let length = FieldAt {
                    offset: 0,
                    size: self.prefix,
                };
                self.put(&mut out, start, length, literal.len());
            }
            out.extend(literal.as_bytes());
            if self.prefix == 0 {
                out.push(0);
            }
        }
        for (number, node) in profile.nodes.iter().enumerate() {
            let start = nodes_at + self.stride * number;
            match node {
                Node::Test(filter, argument, matched, unmatched) => {
                    let tag = 3 + usize::from(self.many_tags && argument.is_err());
                    let argument = argument.unwrap_or_else(|literal| literals[literal]);
                    self.put(&mut out, start, self.tag, tag);
                    self.put(&mut out, start, self.filter, *filter);
                    self.put(&mut out, start, self.argument, argument);
                    self.put(&mut out, start, self.matched, reference(*matched));
                    self.put(&mut out, start, self.unmatched, reference(*unmatched));
                }
                Node::Decision(action) => {
                    self.put(&mut out, start, self.tag, 7);
                    self.put(&mut out, start, self.filter, *action);
                }
            }
        }
        out
    }
}
