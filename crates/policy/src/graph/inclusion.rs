//! Whether one graph allows no more than another, decided exactly over their tests.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::bdd::{Diagram, FALSE, Ref, TRUE, TooBig};
use super::{Graph, Node, NodeId, Source};
use crate::filter::Test;
use crate::rule::Action;
use crate::world::OperationId;

/// Diagram nodes one comparison may use, about 100 bytes each.
const LIMIT: usize = 4_000_000;

/// Something the inner graph allows and the outer does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widening {
    /// For this operation.
    pub operation: OperationId,
    /// And, once that is allowed, for this operation of a message filter.
    pub message: Option<OperationId>,
    /// When these tests match or do not match.
    pub when: Vec<(Test, bool)>,
}

/// Answer of [`includes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inclusion {
    /// Whatever the inner graph allows, the outer allows.
    Proven,
    /// A request, as a combination of tests, where it does not. Tests are taken as independent, so
    /// a combination may be one that no real request can make.
    Widened(Widening),
    /// The comparison needs more memory than it may use.
    TooBig,
}

/// Decides whether `inner` allows no more than `outer`. Both must be of the same world.
pub fn includes(outer: &Graph, inner: &Graph) -> Inclusion {
    let mut comparison = Comparison {
        diagram: Diagram::new(LIMIT),
        variables: HashMap::new(),
        tests: Vec::new(),
    };
    match comparison.run(outer, inner) {
        Ok(None) => Inclusion::Proven,
        Ok(Some(widening)) => Inclusion::Widened(widening),
        Err(TooBig) => Inclusion::TooBig,
    }
}

struct Comparison<'g> {
    diagram: Diagram,
    variables: HashMap<&'g Test, u32>,
    tests: Vec<&'g Test>,
}

impl<'g> Comparison<'g> {
    fn run(&mut self, outer: &'g Graph, inner: &'g Graph) -> Result<Option<Widening>, TooBig> {
        // Numbered from the front of the chains backwards, so that a chain of tests becomes a
        // diagram of the same length.
        for graph in [outer, inner] {
            let filters = graph.messages.values();
            for test in filters.chain([graph]).flat_map(|g| g.tests.iter().rev()) {
                let next = self.tests.len() as u32;
                if *self.variables.entry(test).or_insert(next) == next {
                    self.tests.push(test);
                }
            }
        }
        if let Some(widening) = self.compare(outer, inner, None)? {
            return Ok(Some(widening));
        }
        // What a message filter says of an operation, for each that any of them has a rule for.
        let filters = outer.messages.values().chain(inner.messages.values());
        let said: BTreeSet<OperationId> = filters.flat_map(ruled).collect();
        for message in said {
            if let Some(widening) = self.compare(outer, inner, Some(message))? {
                return Ok(Some(widening));
            }
        }
        Ok(None)
    }

    /// Compares the two for every operation, or for a message that follows every operation.
    fn compare(
        &mut self,
        outer: &'g Graph,
        inner: &'g Graph,
        message: Option<OperationId>,
    ) -> Result<Option<Widening>, TooBig> {
        let outer_functions = self.functions(outer, message)?;
        let inner_functions = self.functions(inner, message)?;
        for (operation, (outside, inside)) in outer.entries.iter().zip(&inner.entries).enumerate() {
            let left = inner_functions[inside.0 as usize];
            let right = outer_functions[outside.0 as usize];
            let more = self.diagram.without(left, right)?;
            if let Some(when) = self.diagram.witness(more) {
                let when = when
                    .into_iter()
                    .map(|(v, b)| (self.tests[v as usize].clone(), b));
                return Ok(Some(Widening {
                    operation: OperationId(operation as u16),
                    message,
                    when: when.collect(),
                }));
            }
        }
        Ok(None)
    }

    /// For each node the condition under which it allows, or under which it allows and its message
    /// filter allows `message` too. Successors come before a node, so one pass does.
    fn functions(
        &mut self,
        graph: &'g Graph,
        message: Option<OperationId>,
    ) -> Result<Vec<Ref>, TooBig> {
        let mut filters: BTreeMap<u32, Ref> = BTreeMap::new();
        for (rule, filter) in graph.messages.iter().filter(|_| message.is_some()) {
            let entry = message.map_or(NodeId(0), |message| filter.entry(message));
            let functions = self.functions(filter, None)?;
            filters.insert(*rule, functions[entry.0 as usize]);
        }
        let mut functions: Vec<Ref> = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let function = match *node {
                Node::Terminal {
                    action: Action::Allow,
                    source: Source::Rule(reference),
                } => filters.get(&reference.rule).copied().unwrap_or(TRUE),
                Node::Terminal {
                    action: Action::Allow,
                    ..
                } => TRUE,
                Node::Terminal {
                    action: Action::Deny,
                    ..
                } => FALSE,
                Node::Test {
                    test,
                    matched,
                    unmatched,
                } => {
                    let number = self.variables[graph.test(test)];
                    let variable = self.diagram.variable(number)?;
                    let at = |id: NodeId| functions[id.0 as usize];
                    self.diagram.choose(variable, at(matched), at(unmatched))?
                }
            };
            functions.push(function);
        }
        Ok(functions)
    }
}

/// Operations that a rule may decide.
fn ruled(graph: &Graph) -> Vec<OperationId> {
    // Successors come before a node, so one pass does.
    let mut by_rule: Vec<bool> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        by_rule.push(match *node {
            Node::Terminal { source, .. } => matches!(source, Source::Rule(_)),
            Node::Test {
                matched, unmatched, ..
            } => by_rule[matched.0 as usize] || by_rule[unmatched.0 as usize],
        });
    }
    (0..)
        .map(OperationId)
        .zip(&graph.entries)
        .filter(|(_, entry)| by_rule[entry.0 as usize])
        .map(|(operation, _)| operation)
        .collect()
}
