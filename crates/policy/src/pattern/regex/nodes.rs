//! Expressions as nodes that are tried at once.

use super::Syntax;

/// A number of a node.
pub(super) type NodeId = u32;

/// What stands at one place of an expression, and where it goes on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node {
    /// Passes a byte whose class is in the set.
    Byte(ClassSet, NodeId),
    /// Tries both.
    Split(NodeId, NodeId),
    /// Goes on at the start of the text only.
    Start(NodeId),
    /// Goes on at the end of the text only.
    End(NodeId),
    /// The text matches, whatever follows.
    Accept,
}

/// Classes of bytes that the expression never tells apart, by number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClassSet([u64; 4]);

impl ClassSet {
    pub(super) fn contains(&self, class: u8) -> bool {
        self.0[usize::from(class >> 6)] & 1 << (class & 63) != 0
    }
}

/// An expression in nodes.
pub(super) struct Nodes {
    pub(super) nodes: Vec<Node>,
    pub(super) start: NodeId,
    /// The class of each byte; classes go up from 0 without a gap.
    pub(super) classes: [u8; 256],
}

impl Nodes {
    pub(super) fn new(syntax: &Syntax) -> Self {
        let mut cuts = [false; 257];
        cut(syntax, &mut cuts);
        let mut classes = [0; 256];
        for byte in 1..256 {
            classes[byte] = classes[byte - 1] + u8::from(cuts[byte]);
        }
        let mut made = Self {
            nodes: vec![Node::Accept],
            start: 0,
            classes,
        };
        made.start = made.add(syntax, 0);
        made
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        (self.nodes.len() - 1) as NodeId
    }

    /// Nodes of an expression that goes on at `next`; where it starts.
    fn add(&mut self, syntax: &Syntax, next: NodeId) -> NodeId {
        match syntax {
            Syntax::Sequence(parts) => parts.iter().rfold(next, |next, part| self.add(part, next)),
            Syntax::Alternation(branches) => {
                let starts: Vec<NodeId> = branches.iter().map(|b| self.add(b, next)).collect();
                let both = starts
                    .into_iter()
                    .reduce(|a, b| self.push(Node::Split(a, b)));
                both.unwrap_or(next)
            }
            Syntax::Repeat {
                inner,
                optional,
                many,
            } => {
                let again = self.push(Node::Accept);
                let first = self.add(inner, if *many { again } else { next });
                self.nodes[again as usize] = Node::Split(first, next);
                if *optional { again } else { first }
            }
            Syntax::Byte(byte) => self.byte(&[(*byte, *byte)], next),
            Syntax::Any => self.byte(&[(0, 0xff)], next),
            Syntax::Class { negated, ranges } => {
                let mut set = self.set(ranges);
                if *negated {
                    set.0 = set.0.map(|word| !word);
                }
                self.push(Node::Byte(set, next))
            }
            Syntax::Start => self.push(Node::Start(next)),
            Syntax::End => self.push(Node::End(next)),
        }
    }

    fn byte(&mut self, ranges: &[(u8, u8)], next: NodeId) -> NodeId {
        let set = self.set(ranges);
        self.push(Node::Byte(set, next))
    }

    fn set(&self, ranges: &[(u8, u8)]) -> ClassSet {
        let mut set = ClassSet::default();
        for &(low, high) in ranges {
            for class in self.classes[usize::from(low)]..=self.classes[usize::from(high)] {
                set.0[usize::from(class >> 6)] |= 1 << (class & 63);
            }
        }
        set
    }
}

/// Marks the bytes at which something starts to hold or ceases to.
fn cut(syntax: &Syntax, cuts: &mut [bool; 257]) {
    let mut mark = |low: u8, high: u8| {
        cuts[usize::from(low)] = true;
        cuts[usize::from(high) + 1] = true;
    };
    match syntax {
        Syntax::Sequence(parts) | Syntax::Alternation(parts) => {
            parts.iter().for_each(|part| cut(part, cuts));
        }
        Syntax::Repeat { inner, .. } => cut(inner, cuts),
        Syntax::Byte(byte) => mark(*byte, *byte),
        Syntax::Class { ranges, .. } => ranges.iter().for_each(|(low, high)| mark(*low, *high)),
        Syntax::Any | Syntax::Start | Syntax::End => {}
    }
}
