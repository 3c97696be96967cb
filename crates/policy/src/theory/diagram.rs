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

/// Pairs of functions that are looked at for the nearest difference.
const NEAREST: usize = 100_000;

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

    /// An assignment under which two functions differ, with as few values above 0 as may be, and what
    /// the two are there. `None` if they are equal.
    pub(super) fn difference(&self, mut left: Ref, mut right: Ref) -> Option<Assignment> {
        let mut assignment = Vec::new();
        let mut known = FxHashMap::default();
        while left != right {
            if let (Node::Terminal(one), Node::Terminal(other)) =
                (self.node(left), self.node(right))
            {
                return Some((assignment, (*one, *other)));
            }
            let (_, value) = self.nearest(left, right, &mut known)?;
            let (variable, sides) = self.sides(left, right);
            assignment.push((variable, value));
            (left, right) = sides.into_iter().nth(value)?;
        }
        None
    }

    /// How many values above 0 it takes at least until two functions differ, and the first value on
    /// that way. Depth of recursion as in [`Self::choose`].
    fn nearest(
        &self,
        left: Ref,
        right: Ref,
        known: &mut FxHashMap<(Ref, Ref), (usize, usize)>,
    ) -> Option<(usize, usize)> {
        if left == right {
            return None;
        }
        if let Some(found) = known.get(&(left, right)) {
            return Some(*found);
        }
        let (_, sides) = self.sides(left, right);
        let mut best: Option<(usize, usize)> = sides.is_empty().then_some((0, 0));
        for (value, (left, right)) in sides.into_iter().enumerate() {
            // What is looked at last is not looked at closely.
            if best.is_some_and(|(cost, _)| cost == 0 || known.len() > NEAREST) {
                break;
            }
            if let Some((cost, _)) = self.nearest(left, right, known) {
                let cost = cost + usize::from(value > 0);
                best = best.filter(|best| best.0 <= cost).or(Some((cost, value)));
            }
        }
        known.extend(best.map(|best| ((left, right), best)));
        best
    }

    /// The variable that two functions depend on first, and what they are for each of its values;
    /// nothing if they depend on none.
    fn sides(&self, left: Ref, right: Ref) -> (u32, Vec<(Ref, Ref)>) {
        let (a, b) = (self.top(left), self.top(right));
        let variable = a.0.min(b.0);
        let own = |top: (u32, Option<&Arc<[Ref]>>)| {
            let next = top.1.filter(|_| top.0 == variable);
            next.map(|next| next.to_vec())
        };
        let sides = match (own(a), own(b)) {
            (Some(left), Some(right)) => left.into_iter().zip(right).collect(),
            (Some(left), None) => left.into_iter().map(|left| (left, right)).collect(),
            (None, Some(right)) => right.into_iter().map(|right| (left, right)).collect(),
            (None, None) => Vec::new(),
        };
        (variable, sides)
    }

    /// Where a function has a value.
    pub(super) fn is(&mut self, function: Ref, value: u32) -> Result<Ref, TooComplex> {
        self.is_known(function, value, &mut FxHashMap::default())
    }

    /// Depth of recursion as in [`Self::choose`].
    fn is_known(
        &mut self,
        function: Ref,
        value: u32,
        known: &mut FxHashMap<Ref, Ref>,
    ) -> Result<Ref, TooComplex> {
        if let Some(found) = known.get(&function) {
            return Ok(*found);
        }
        let made = match self.node(function).clone() {
            Node::Terminal(own) if own == value => TRUE,
            Node::Terminal(_) => FALSE,
            Node::Branch { variable, next } => {
                let next = next.iter().map(|next| self.is_known(*next, value, known));
                let next = next.collect::<Result<_, _>>()?;
                self.branch(variable, next)?
            }
        };
        known.insert(function, made);
        Ok(made)
    }

    fn node(&self, function: Ref) -> &Node {
        &self.nodes[function.0 as usize]
    }
}

/// Values of variables, and what two functions are under them.
pub(super) type Assignment = (Vec<(u32, usize)>, (u32, u32));
