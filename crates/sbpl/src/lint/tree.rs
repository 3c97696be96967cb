//! Finding one's way in the tree of a text.

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::origin::{Origin, SourceId};

use crate::eval::read::Lines;
use crate::syntax::{NodeId, NodeKind, Parse, Prefix, Span, TokenKind, literal};

/// A tree with its nodes by place and by parent. Quoted data are not looked into: they are no forms.
pub(super) struct Tree<'a> {
    pub(super) parse: &'a Parse,
    lines: Lines,
    parents: BTreeMap<NodeId, NodeId>,
    /// The outermost node of each span.
    places: BTreeMap<(usize, usize), NodeId>,
    /// In the order of the text, parents first.
    order: Vec<NodeId>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(parse: &'a Parse, source: SourceId) -> Self {
        let mut tree = Self {
            parse,
            lines: Lines::new(source, parse.text()),
            parents: BTreeMap::new(),
            places: BTreeMap::new(),
            order: Vec::new(),
        };
        let mut open: Vec<NodeId> = parse.forms().iter().rev().copied().collect();
        while let Some(id) = open.pop() {
            let node = parse.node(id);
            tree.order.push(id);
            let span = (node.span.start, node.span.end);
            tree.places.entry(span).or_insert(id);
            if matches!(
                node.kind,
                NodeKind::Prefixed(Prefix::Quote | Prefix::Quasiquote)
            ) {
                continue;
            }
            for child in node.children.iter().rev() {
                tree.parents.insert(*child, id);
                open.push(*child);
            }
        }
        tree
    }

    /// All nodes, parents first.
    pub(super) fn all(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.order.iter().copied()
    }

    /// All lists that start with a symbol.
    pub(super) fn forms(&self) -> impl Iterator<Item = NodeId> + '_ {
        let all = self.order.iter().copied();
        all.filter(|id| self.head(*id).is_some())
    }

    /// All symbols.
    pub(super) fn symbols(&self) -> impl Iterator<Item = (NodeId, &'a str)> + '_ {
        let all = self.order.iter().copied();
        all.filter_map(|id| self.symbol(id).map(|name| (id, name)))
    }

    pub(super) fn symbol(&self, id: NodeId) -> Option<&'a str> {
        let is_symbol = self.parse.node(id).kind == NodeKind::Leaf(TokenKind::Symbol);
        is_symbol.then(|| self.parse.node_text(id))
    }

    /// The symbol that a list starts with.
    pub(super) fn head(&self, id: NodeId) -> Option<&'a str> {
        let node = self.parse.node(id);
        let first = node
            .children
            .first()
            .filter(|_| node.kind == NodeKind::List)?;
        self.symbol(*first)
    }

    /// An item of a list, counted after its head.
    pub(super) fn argument(&self, id: NodeId, at: usize) -> Option<NodeId> {
        self.parse.node(id).children.get(at + 1).copied()
    }

    /// The value of a string token.
    pub(super) fn string(&self, id: NodeId) -> Option<Vec<u8>> {
        let text = self.parse.node_text(id);
        match self.parse.node(id).kind {
            NodeKind::Leaf(TokenKind::String) => literal::string(text).ok(),
            NodeKind::Leaf(TokenKind::RawString) => {
                Some(literal::raw_string(text).as_bytes().to_vec())
            }
            _ => None,
        }
    }

    pub(super) fn is_raw(&self, id: NodeId) -> bool {
        self.parse.node(id).kind == NodeKind::Leaf(TokenKind::RawString)
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.parents.get(&id).copied()
    }

    pub(super) fn is_top_level(&self, id: NodeId) -> bool {
        !self.parents.contains_key(&id)
    }

    pub(super) fn span(&self, id: NodeId) -> Span {
        self.parse.node(id).span
    }

    pub(super) fn origin(&self, id: NodeId) -> Origin {
        self.lines.origin(self.span(id))
    }

    pub(super) fn origin_of(&self, span: Span) -> Origin {
        self.lines.origin(span)
    }

    /// The node that an origin of this text names.
    pub(super) fn node_at(&self, origin: Origin) -> Option<NodeId> {
        let span = (origin.start as usize, origin.end as usize);
        self.places.get(&span).copied()
    }

    /// The string tokens at or below a node.
    pub(super) fn strings_in(&self, id: NodeId) -> Vec<NodeId> {
        let (mut found, mut open) = (Vec::new(), vec![id]);
        while let Some(id) = open.pop() {
            if self.string(id).is_some() {
                found.push(id);
            }
            open.extend(self.parse.node(id).children.iter().rev());
        }
        found
    }

    /// Names that the text itself defines, anywhere.
    pub(super) fn defined(&self) -> BTreeSet<&'a str> {
        let definitions = self.forms().filter(|id| {
            matches!(
                self.head(*id),
                Some("define" | "macro" | "define-macro" | "define-once" | "set!")
            )
        });
        definitions.filter_map(|id| self.defined_name(id)).collect()
    }

    /// The name that a definition gives: `(define NAME …)` or `(define (NAME …) …)`.
    pub(super) fn defined_name(&self, definition: NodeId) -> Option<&'a str> {
        let target = self.argument(definition, 0)?;
        self.symbol(target).or_else(|| self.head(target))
    }

    /// A form with the blanks before it and the line end after it, if nothing else is on its lines.
    pub(super) fn whole_lines(&self, id: NodeId) -> Span {
        let (text, span) = (self.parse.text(), self.span(id));
        let before = text[..span.start].trim_end_matches([' ', '\t']);
        let after = text[span.end..].trim_start_matches([' ', '\t']);
        let alone = (before.is_empty() || before.ends_with('\n'))
            && (after.is_empty() || after.starts_with('\n'));
        if !alone {
            return span;
        }
        let end = text.len() - after.len() + usize::from(after.starts_with('\n'));
        Span {
            start: before.len(),
            end,
        }
    }
}
