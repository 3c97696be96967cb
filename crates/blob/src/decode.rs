//! What a compiled profile means, with every byte explained.

mod argument;
mod choose;
pub(crate) mod literal;
mod terminal;
mod walk;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use lapbelt_policy::filter::NetworkPattern;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Action, Modifier};
use lapbelt_policy::world::{FilterId, OperationId};

pub(crate) use argument::{OTHER_FORM, number_of};
pub use choose::{Provenance, decode};
pub(crate) use terminal::{DENY, INLINE, Tail, check_operation, flags, tail};

use crate::bytes::Span;
use crate::layout::{Layout, RecordField};
use crate::raw::{Header, Part};
use crate::regex::{self, TooLong};
use crate::strings::{ConvertError, Program};

/// Index of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeIndex(pub u16);

/// Offset of a literal in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LiteralAt(pub usize);

/// A decoded file.
#[derive(Clone, Debug)]
pub struct Blob {
    /// How its layout was found.
    pub provenance: Provenance,
    /// The layout.
    pub layout: &'static Layout,
    /// The header.
    pub header: Header,
    /// Its profiles; one unless it is a bundle.
    pub profiles: Vec<Profile>,
    /// Offset of node 0.
    pub nodes_at: usize,
    /// All nodes. Edges lead to nodes of this list and never back to where they came from.
    pub nodes: Vec<Node>,
    /// Where literals are counted from.
    pub base: usize,
    /// All literals by where they stand.
    pub literals: BTreeMap<LiteralAt, Literal>,
    /// Regular expressions, by the number that filter nodes give.
    pub regexes: Vec<LiteralAt>,
    /// Names of variables, by the number that matching programs give.
    pub variables: Vec<LiteralAt>,
    /// Names of state flags.
    pub states: Vec<LiteralAt>,
    /// Where message-filter programs start, by the number that terminal nodes give.
    pub policies: Vec<NodeIndex>,
    /// All bytes of the file by their owner, in order and without a gap.
    pub spans: Vec<Span<Part>>,
    /// What literals were converted to; each is at most once.
    converted: BTreeMap<LiteralAt, OnceLock<Converted>>,
}

/// A pattern or an expression as a profile would write it.
#[derive(Clone, Debug)]
enum Converted {
    Patterns(Result<Vec<Pattern>, ConvertError>),
    Regex(Result<Vec<u8>, TooLong>),
}

/// A profile of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name, in a bundle.
    pub name: Option<LiteralAt>,
    /// Fields of its record, in a bundle.
    pub fields: Vec<(RecordField, u16)>,
    /// Offset of its op table.
    pub at: usize,
    /// For each operation, by its number, where its decision starts.
    pub entries: Vec<NodeIndex>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A test.
    Filter {
        /// What it asks about.
        filter: FilterId,
        /// What it compares with.
        argument: Argument,
        /// Where to go if the request matches.
        matched: NodeIndex,
        /// Where to go if not.
        unmatched: NodeIndex,
    },
    /// A decision.
    Terminal(Terminal),
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Allow or deny.
    pub action: Action,
    /// Its flags as stored.
    pub flags: u32,
    /// Modifiers that the flags and the other bytes say; what is so by default is not among them.
    pub modifiers: Vec<Modifier>,
    /// The message filters that what is allowed must pass, one for each operation.
    pub message_filters: Vec<MessageFilter>,
}

/// A message filter of a terminal node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageFilter {
    /// The operation that it decides; one without a slot in the op table.
    pub operation: OperationId,
    /// Number of its program.
    pub policy: u16,
}

/// What a filter node compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Argument {
    /// A matching program.
    Pattern(LiteralAt),
    /// A regular expression, by its number.
    Regex(u16),
    /// A string.
    Text(LiteralAt),
    /// A set of numbers.
    Mask(LiteralAt),
    /// A network address.
    Network(LiteralAt),
    /// A number.
    Integer(i64),
    /// Bits that must all be set.
    Bits(u16),
    /// A flag.
    Bool(bool),
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A matching program.
    Program(Program),
    /// A pattern of the eras before matching programs.
    Pattern(Pattern),
    /// A regular expression.
    Regex(regex::Program),
    /// Text, without the zero byte at its end.
    Text(Vec<u8>),
    /// The numbers of the bits that are set.
    Mask(Vec<u16>),
    /// A network address.
    Network(NetworkPattern),
    /// Modifiers with arguments, each as the last four bytes of a node.
    Modifiers(Vec<[u8; 4]>),
}

impl Blob {
    /// A node. Panics on an index of another file.
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[usize::from(index.0)]
    }

    /// Offset of a node.
    pub fn node_at(&self, index: NodeIndex) -> usize {
        self.nodes_at + 8 * usize::from(index.0)
    }

    /// Text of a literal; empty if it is none.
    pub fn text(&self, at: LiteralAt) -> &[u8] {
        match self.literals.get(&at) {
            Some(Literal::Text(text)) => text,
            _ => b"",
        }
    }

    /// What stands for a variable in patterns: its name as SBPL writes it, since its value is not in
    /// the file.
    pub fn variable(&self, index: u16) -> Option<Vec<u8>> {
        let name = self.text(*self.variables.get(usize::from(index))?);
        Some([b"${", name, b"}"].concat())
    }

    /// The patterns of which any matches exactly what a literal of patterns matches; none if it is
    /// no such literal.
    ///
    /// # Errors
    /// If it has no patterns that a profile could write.
    pub fn patterns(&self, at: LiteralAt) -> Result<Vec<Pattern>, ConvertError> {
        match self.convert(at) {
            Some(Converted::Patterns(patterns)) => patterns.clone(),
            _ => Ok(Vec::new()),
        }
    }

    /// The text in SBPL of a regular expression; empty if the literal is none.
    ///
    /// # Errors
    /// If it would be too long.
    pub fn regex_text(&self, at: LiteralAt) -> Result<Vec<u8>, TooLong> {
        match self.convert(at) {
            Some(Converted::Regex(text)) => text.clone(),
            _ => Ok(Vec::new()),
        }
    }

    fn convert(&self, at: LiteralAt) -> Option<&Converted> {
        let converted = match self.literals.get(&at)? {
            Literal::Program(program) => self.converted.get(&at)?.get_or_init(|| {
                Converted::Patterns(program.patterns(&|index| self.variable(index)))
            }),
            Literal::Pattern(pattern) => {
                let patterns = || Converted::Patterns(Ok(vec![pattern.clone()]));
                self.converted.get(&at)?.get_or_init(patterns)
            }
            Literal::Regex(program) => {
                let text = || Converted::Regex(program.text());
                self.converted.get(&at)?.get_or_init(text)
            }
            Literal::Text(_) | Literal::Mask(_) | Literal::Network(_) | Literal::Modifiers(_) => {
                return None;
            }
        };
        Some(converted)
    }
}

impl fmt::Display for NodeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Width and alignment are kept.
        self.0.fmt(f)
    }
}
