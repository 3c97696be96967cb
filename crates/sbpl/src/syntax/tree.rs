//! The tree: an arena of nodes over the token list.

use std::ops::Range;

use super::token::{Span, Token, TokenKind};

/// Number of a node in its [`Parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// Position in [`Parse::node_ids`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The mark before a quoted datum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prefix {
    /// `'`
    Quote,
    /// `` ` ``
    Quasiquote,
    /// `,`
    Unquote,
    /// `,@`
    UnquoteSplicing,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// `( … )`
    List,
    /// `#( … )`
    Vector,
    /// A mark and the one datum after it.
    Prefixed(Prefix),
    /// A single token: a datum, a dot, or something that should not be there.
    Leaf(TokenKind),
}

/// A datum of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// From its first to its last byte.
    pub span: Span,
    /// Its tokens, blanks and comments inside it included, as indices of [`Parse::tokens`].
    pub tokens: Range<usize>,
    /// The data in it.
    pub children: Vec<NodeId>,
}

impl Node {
    /// Bytes of the mark of a [`NodeKind::Prefixed`]; 0 for others.
    pub fn prefix_length(&self) -> usize {
        match self.kind {
            NodeKind::Prefixed(Prefix::UnquoteSplicing) => 2,
            NodeKind::Prefixed(_) => 1,
            _ => 0,
        }
    }
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyntaxErrorKind {
    /// `(` without its `)`.
    UnclosedList,
    /// `)` without its `(`.
    UnmatchedClose,
    /// A string without its closing quote.
    UnclosedString,
    /// `#|` without `|#`.
    UnclosedComment,
    /// An escape or a character name without meaning.
    BadLiteral,
    /// A `#…` word without meaning.
    UnknownSharp,
    /// `'`, `` ` ``, `,` or `,@` with nothing after it.
    DanglingPrefix,
    /// A dot that is not before the last datum of a list.
    MisplacedDot,
    /// Lists nested deeper than [`super::MAX_DEPTH`].
    TooDeep,
}

/// Something wrong and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What.
    pub kind: SyntaxErrorKind,
    /// In words.
    pub message: String,
    /// Where.
    pub span: Span,
    /// For an unclosed list, the first list inside it that starts a line: most likely a `)` is
    /// missing before it.
    pub inside: Option<Span>,
}

/// A parsed text: tokens, tree, errors.
#[derive(Clone, Debug)]
pub struct Parse {
    pub(super) text: String,
    pub(super) tokens: Vec<Token>,
    pub(super) nodes: Vec<Node>,
    pub(super) forms: Vec<NodeId>,
    pub(super) errors: Vec<SyntaxError>,
}

impl Parse {
    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All tokens in order; their texts concatenated are [`Parse::text`].
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The data at top level.
    pub fn forms(&self) -> &[NodeId] {
        &self.forms
    }

    /// What is wrong, in the order of the text.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// All nodes, children before their parents.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// A node of this text. Panics on a number of another text.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The bytes of a node.
    pub fn node_text(&self, id: NodeId) -> &str {
        self.node(id).span.slice(&self.text)
    }
}
