//! From the tree of a text to values.

use lapbelt_policy::origin::{Origin, SourceId};

use super::heap::{Heap, Place};
use super::value::Value;
use crate::syntax::literal::{self, Number};
use crate::syntax::{NodeId, NodeKind, Parse, Prefix, Span, TokenKind};

/// Makes [`Origin`]s of one text.
pub(crate) struct Lines {
    source: SourceId,
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn new(source: SourceId, text: &str) -> Self {
        let after = text
            .bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .map(|(at, _)| at + 1);
        Self {
            source,
            starts: std::iter::once(0).chain(after).collect(),
        }
    }

    pub(crate) fn origin(&self, span: Span) -> Origin {
        let line = self.starts.partition_point(|start| *start <= span.start);
        let column = span.start - self.starts[line - 1] + 1;
        Origin {
            source: self.source,
            start: narrow(span.start),
            end: narrow(span.end),
            line: narrow(line),
            column: narrow(column),
        }
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Reads the data of a text without syntax errors as one list. `lines` gives them places; without
/// it they have none, as befits the prelude.
pub(crate) fn read(heap: &mut Heap, parse: &Parse, lines: Option<&Lines>) -> Value {
    let mut reader = Reader { heap, parse, lines };
    let forms = reader.parse.forms();
    reader.sequence(forms, Place::default())
}

struct Reader<'a> {
    heap: &'a mut Heap,
    parse: &'a Parse,
    lines: Option<&'a Lines>,
}

impl Reader<'_> {
    fn place(&mut self, span: Span) -> Place {
        match self.lines {
            Some(lines) => self.heap.place(lines.origin(span)),
            None => Place::default(),
        }
    }

    fn sequence(&mut self, nodes: &[NodeId], list: Place) -> Value {
        let is_dot = |id: &NodeId| self.parse.node(*id).kind == NodeKind::Leaf(TokenKind::Dot);
        let (nodes, mut rest) = match nodes {
            [before @ .., dot, last] if is_dot(dot) => (before, self.datum(*last).0),
            _ => (nodes, Value::Nil),
        };
        for (index, node) in nodes.iter().enumerate().rev() {
            let (value, item) = self.datum(*node);
            let list = if index == 0 { list } else { Place::default() };
            rest = self.heap.cons_at(value, rest, list, item);
        }
        rest
    }

    fn datum(&mut self, id: NodeId) -> (Value, Place) {
        let parse = self.parse;
        let node = parse.node(id);
        let place = self.place(node.span);
        let value = match node.kind {
            NodeKind::List => self.sequence(&node.children, place),
            NodeKind::Vector => {
                let items = node
                    .children
                    .iter()
                    .map(|child| self.datum(*child).0)
                    .collect();
                self.heap.vector(items)
            }
            NodeKind::Prefixed(prefix) => {
                let name = match prefix {
                    Prefix::Quote => "quote",
                    Prefix::Quasiquote => "quasiquote",
                    Prefix::Unquote => "unquote",
                    Prefix::UnquoteSplicing => "unquote-splicing",
                };
                let rest = self.sequence(&node.children, Place::default());
                let name = Value::Symbol(self.heap.intern(name));
                self.heap.cons_at(name, rest, place, place)
            }
            NodeKind::Leaf(kind) => self.leaf(kind, parse.node_text(id)),
        };
        (value, place)
    }

    fn leaf(&mut self, kind: TokenKind, text: &str) -> Value {
        match kind {
            TokenKind::Boolean => Value::Bool(text == "#t"),
            TokenKind::Number => match literal::number(text) {
                Some(Number::Integer(integer)) => Value::Integer(integer),
                Some(Number::Real(real)) => Value::Real(real),
                None => Value::Unspecified,
            },
            TokenKind::Character => {
                literal::character(text).map_or(Value::Unspecified, Value::Char)
            }
            TokenKind::String => {
                let bytes = literal::string(text).unwrap_or_default();
                self.heap.string(bytes)
            }
            TokenKind::RawString => self
                .heap
                .string(literal::raw_string(text).as_bytes().to_vec()),
            _ => Value::Symbol(self.heap.intern(text)),
        }
    }
}
