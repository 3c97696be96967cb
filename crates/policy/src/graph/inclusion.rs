//! Whether one graph allows no more than another, decided exactly over their tests.

use std::collections::HashMap;

use super::bdd::{Diagram, FALSE, Ref, TRUE, TooBig};
use super::{Graph, Node, NodeId};
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
        for test in outer.tests.iter().rev().chain(inner.tests.iter().rev()) {
            let next = self.tests.len() as u32;
            if *self.variables.entry(test).or_insert(next) == next {
                self.tests.push(test);
            }
        }
        let outer_functions = self.functions(outer)?;
        let inner_functions = self.functions(inner)?;
        for (operation, (outside, inside)) in outer.entries.iter().zip(&inner.entries).enumerate() {
            let left = inner_functions[inside.0 as usize];
            let right = outer_functions[outside.0 as usize];
            let more = self.diagram.without(left, right)?;
            if let Some(when) = self.diagram.witness(more) {
                let when = when
                    .into_iter()
                    .map(|(v, b)| (self.tests[v as usize].clone(), b));
                let operation = OperationId(operation as u16);
                return Ok(Some(Widening {
                    operation,
                    when: when.collect(),
                }));
            }
        }
        Ok(None)
    }

    /// For each node the condition under which it allows. Successors come before a node, so one
    /// pass does.
    fn functions(&mut self, graph: &'g Graph) -> Result<Vec<Ref>, TooBig> {
        let mut functions: Vec<Ref> = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let function = match *node {
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
