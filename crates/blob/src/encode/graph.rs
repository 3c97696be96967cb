//! The nodes of a profile before they have places.
//!
//! Equal nodes are one node: two operations whose rules are the same share them. Edges are not yet
//! shortened here, so that a node that differs from another only by where a repeated question
//! would lead stays a node of its own, as it does in what the system writes.

use std::collections::HashMap;
use std::hash::Hash;

/// Index of a node in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeId(u32);

/// Index of a literal in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LiteralId(u32);

/// What stands in the area of literals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Literal {
    /// A matching program, or a regular expression.
    Program(Vec<u8>),
    /// A plain string.
    Text(Vec<u8>),
    /// Bits, least significant first.
    Mask(Vec<u8>),
    /// Host word and port.
    Network(u16, u16),
    /// Several modifiers with arguments.
    Modifiers(Vec<Inline>),
}

/// The argument of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Argument {
    /// A number itself.
    Number(u16),
    /// A literal.
    Literal(LiteralId),
    /// A literal of the other form: the mask of a number.
    Mask(LiteralId),
    /// An entry of the regex table.
    Regex(LiteralId),
}

/// A question about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    /// Number of the filter, below 0x80.
    pub(super) filter: u8,
    pub(super) argument: Argument,
}

/// A modifier with an argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Inline {
    /// A number.
    Number(u8, u16),
    /// A string.
    Text(u8, LiteralId),
    /// A message filter: the operation it is about, and where that one starts.
    Messages(u8, u8, NodeId),
    /// Several of these, which stand elsewhere.
    List(LiteralId),
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Terminal {
    /// Low 23 bits of the flags.
    pub(super) flags: u32,
    pub(super) inline: Option<Inline>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Question(Question, NodeId, NodeId),
    Terminal(Terminal),
}

/// Nodes and literals.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    index: HashMap<Node, NodeId>,
    literals: Vec<Literal>,
    literal_index: HashMap<Literal, LiteralId>,
}

impl Graph {
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn literal(&self, id: LiteralId) -> &Literal {
        &self.literals[id.0 as usize]
    }

    /// The modifiers of a list; none if the literal is no such list.
    pub(super) fn modifiers(&self, list: LiteralId) -> &[Inline] {
        match self.literal(list) {
            Literal::Modifiers(modifiers) => modifiers,
            _ => &[],
        }
    }

    /// All literals.
    pub(super) fn literals(&self) -> impl Iterator<Item = (LiteralId, &Literal)> {
        (0..).map(LiteralId).zip(&self.literals)
    }

    /// Number of nodes made so far; none has an index at or above it.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn add_literal(&mut self, literal: Literal) -> LiteralId {
        if let Some(id) = self.literal_index.get(&literal) {
            return *id;
        }
        let id = LiteralId(self.literals.len() as u32);
        self.literals.push(literal.clone());
        self.literal_index.insert(literal, id);
        id
    }

    pub(super) fn terminal(&mut self, terminal: Terminal) -> NodeId {
        self.add(Node::Terminal(terminal))
    }

    /// A question; none where both answers lead to the same node.
    pub(super) fn question(
        &mut self,
        question: Question,
        matched: NodeId,
        unmatched: NodeId,
    ) -> NodeId {
        if matched == unmatched {
            return matched;
        }
        self.add(Node::Question(question, matched, unmatched))
    }

    fn add(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.index.get(&node) {
            return *id;
        }
        let id = self.add_alone(node.clone());
        self.index.insert(node, id);
        id
    }

    /// A node that is shared with none, though one be equal.
    pub(super) fn add_alone(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        id
    }

    /// Where an edge leads in the end: into a node that asks the same again, on to its answer.
    fn follow(&self, question: Question, answer: bool, to: NodeId) -> NodeId {
        let mut at = to;
        while let Node::Question(asked, matched, unmatched) = self.node(at)
            && *asked == question
        {
            at = if answer { *matched } else { *unmatched };
        }
        at
    }

    /// The two edges of a question as they are written.
    pub(super) fn edges(
        &self,
        question: Question,
        matched: NodeId,
        unmatched: NodeId,
    ) -> (NodeId, NodeId) {
        (
            self.follow(question, true, matched),
            self.follow(question, false, unmatched),
        )
    }
}

impl NodeId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl LiteralId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}
