//! What a node's bytes are.

use std::collections::BTreeSet;

use super::field::FieldAt;
use super::frame::{Cut, Frame};

/// What a node's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What tells kinds of nodes apart.
    pub tag: FieldAt,
    /// Its values in nodes that lead to two others; all other nodes decide.
    pub branches: BTreeSet<usize>,
    /// Where to go if the request matches.
    pub matched: FieldAt,
    /// Where to go if not.
    pub unmatched: FieldAt,
    /// What is asked about.
    pub filter: Option<FieldAt>,
    /// What it is compared with.
    pub argument: Option<FieldAt>,
}

/// A node by its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// It decides.
    Terminal,
    /// Nodes that it leads to if matched and if not; `None` where the reference leads nowhere.
    Branch(Option<usize>, Option<usize>),
}

impl Record {
    /// The edges of all nodes of a file.
    pub fn edges(&self, frame: &Frame, bytes: &[u8], cut: &Cut) -> Vec<Edges> {
        let read = |field: FieldAt, node: usize| {
            field.read(bytes, cut.nodes + frame.stride * node, frame.endianness)
        };
        let edge = |field, node| {
            let stored = read(field, node)?;
            frame.reference.index(stored, cut, frame.stride)
        };
        (0..cut.node_count)
            .map(|node| match read(self.tag, node) {
                Some(tag) if self.branches.contains(&tag) => {
                    Edges::Branch(edge(self.matched, node), edge(self.unmatched, node))
                }
                _ => Edges::Terminal,
            })
            .collect()
    }

    /// Its fields.
    pub fn fields(&self) -> impl Iterator<Item = FieldAt> {
        let own = [self.tag, self.matched, self.unmatched];
        own.into_iter().chain(self.filter).chain(self.argument)
    }
}

/// What walking from the op table shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Nodes that were reached.
    pub reached: usize,
    /// Edges that lead back to where they came from.
    pub back: usize,
}

/// Walks from some nodes along all edges.
pub fn walk(edges: &[Edges], starts: impl IntoIterator<Item = usize>) -> Walk {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; edges.len()];
    let mut found = Walk::default();
    // A node comes twice off the stack: first to be opened, then, its successors done, to be closed.
    let mut stack: Vec<(usize, bool)> = starts.into_iter().map(|start| (start, false)).collect();
    while let Some((node, is_close)) = stack.pop() {
        let Some(state) = states.get_mut(node) else {
            continue;
        };
        if is_close {
            *state = State::Done;
            continue;
        }
        if *state != State::New {
            continue;
        }
        *state = State::Open;
        found.reached += 1;
        stack.push((node, true));
        if let Edges::Branch(matched, unmatched) = edges[node] {
            for next in [matched, unmatched].into_iter().flatten() {
                match states.get(next) {
                    Some(State::Open) => found.back += 1,
                    Some(State::New) => stack.push((next, false)),
                    _ => {}
                }
            }
        }
    }
    found
}
