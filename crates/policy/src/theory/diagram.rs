//! Functions over variables of finite range, in canonical form: reduced ordered decision diagrams
//! with any number of terminals.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::TooComplex;

/// A function. Two of the same [`super::Space`] are equal exactly when the functions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref(u32);

/// Constantly false.
pub const FALSE: Ref = Ref(0);
/// Constantly true.
pub const TRUE: Ref = Ref(1);

/// Edges all functions together may have, about 16 bytes each.
const LIMIT: usize = 16_000_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Terminal(u32),
    Branch { variable: u32, next: Arc<[Ref]> },
}

/// All functions, shared. A variable's values are counted from 0.
#[derive(Debug)]
pub(super) struct Diagram {
    nodes: Vec<Node>,
    index: FxHashMap<Node, Ref>,
    choices: FxHashMap<(Ref, Ref, Ref), Ref>,
    edges: usize,
}

impl Diagram {
    pub(super) fn new() -> Self {
        let mut diagram = Self {
            nodes: Vec::new(),
            index: FxHashMap::default(),
            choices: FxHashMap::default(),
            edges: 0,
        };
        diagram.constant(0);
        diagram.constant(1);
        diagram
    }

    /// The function that always has this value; 0 is [`FALSE`] and 1 is [`TRUE`].
    pub(super) fn constant(&mut self, value: u32) -> Ref {
        self.intern(Node::Terminal(value))
    }

    fn intern(&mut self, node: Node) -> Ref {
        if let Some(found) = self.index.get(&node) {
            return *found;
        }
        let made = Ref(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        self.index.insert(node, made);
        made
    }

    /// The function that goes on as `next` says for each value of a variable.
    pub(super) fn branch(&mut self, variable: u32, next: Vec<Ref>) -> Result<Ref, TooComplex> {
        if next.iter().all(|one| *one == next[0]) {
            return Ok(next[0]);
        }
        let node = Node::Branch {
            variable,
            next: next.into(),
        };
        if let Some(found) = self.index.get(&node) {
            return Ok(*found);
        }
        if let Node::Branch { next, .. } = &node {
            self.edges += next.len();
        }
        if self.edges > LIMIT {
            return Err(TooComplex);
        }
        Ok(self.intern(node))
    }

    fn top(&self, function: Ref) -> (u32, Option<&Arc<[Ref]>>) {
        match &self.nodes[function.0 as usize] {
            Node::Terminal(_) => (u32::MAX, None),
            Node::Branch { variable, next } => (*variable, Some(next)),
        }
    }

    /// `if condition then high else low`; the condition is true or false everywhere. Depth of
    /// recursion is the number of variables, which the caller bounds.
    pub(super) fn choose(
        &mut self,
        condition: Ref,
        high: Ref,
        low: Ref,
    ) -> Result<Ref, TooComplex> {
        if condition == TRUE || high == low {
            return Ok(high);
        }
        if condition == FALSE {
            return Ok(low);
        }
        if high == TRUE && low == FALSE {
            return Ok(condition);
        }
        let key = (condition, high, low);
        if let Some(found) = self.choices.get(&key) {
            return Ok(*found);
        }
        let tops = [condition, high, low].map(|function| {
            let (variable, next) = self.top(function);
            (variable, next.cloned())
        });
        let variable = tops.iter().map(|top| top.0).min().unwrap_or(u32::MAX);
        let arity = tops
            .iter()
            .find(|top| top.0 == variable)
            .and_then(|top| top.1.as_ref())
            .map_or(0, |next| next.len());
        let part = |which: usize, whole: Ref, value: usize| match &tops[which] {
            (own, Some(next)) if *own == variable => next[value],
            _ => whole,
        };
        let mut next = Vec::with_capacity(arity);
        for value in 0..arity {
            let condition = part(0, condition, value);
            let high = part(1, high, value);
            let low = part(2, low, value);
            next.push(self.choose(condition, high, low)?);
        }
        let made = self.branch(variable, next)?;
        self.choices.insert(key, made);
        Ok(made)
    }

    /// An assignment under which two functions differ, with the smallest value each variable may
    /// have, and what the two are there. `None` if they are equal.
    pub(super) fn difference(&self, mut left: Ref, mut right: Ref) -> Option<Assignment> {
        let mut assignment = Vec::new();
        while left != right {
            let (a, b) = (self.top(left), self.top(right));
            let variable = a.0.min(b.0);
            let arity = [&a, &b]
                .into_iter()
                .find(|top| top.0 == variable)
                .and_then(|top| top.1)
                .map_or(0, |next| next.len());
            if let (Node::Terminal(one), Node::Terminal(other)) =
                (self.node(left), self.node(right))
            {
                return Some((assignment, (*one, *other)));
            }
            let part = |top: &(u32, Option<&Arc<[Ref]>>), whole: Ref, value: usize| match top {
                (own, Some(next)) if *own == variable => next[value],
                _ => whole,
            };
            // Canonical form: functions that differ have a value under which they do.
            let value =
                (0..arity).find(|value| part(&a, left, *value) != part(&b, right, *value))?;
            assignment.push((variable, value));
            (left, right) = (part(&a, left, value), part(&b, right, value));
        }
        None
    }

    fn node(&self, function: Ref) -> &Node {
        &self.nodes[function.0 as usize]
    }
}

/// Values of variables, and what two functions are under them.
pub(super) type Assignment = (Vec<(u32, usize)>, (u32, u32));
