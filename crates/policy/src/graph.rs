//! The policy graph: per operation a decision graph of tests and terminals.

mod bdd;
mod build;
mod canon;
mod compare;
mod entitlement;
mod inclusion;
mod lower;
mod outcome;
mod raise;
mod reach;
mod written;

use std::collections::{BTreeMap, HashMap};

pub use build::GraphBuilder;
pub use canon::{Canon, OutcomeId, Step};
pub use compare::{Difference, differences};
pub(crate) use entitlement::loads;
pub use inclusion::{Inclusion, Widening, includes};
pub use lower::{lower, lower_messages};
pub use outcome::Outcome;
pub use raise::{
    Known, Messages, RaiseError, SETTLING, inferred_in_front, raise, raise_messages, raise_settled,
    settle_messages,
};
pub use reach::{Idle, IdleFilter, IdleFilters, idle};
pub use written::{Form, Written};

use crate::filter::Test;
use crate::rule::{Action, RuleRef};
use crate::world::OperationId;

/// Index of a node in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// Index of a distinct test in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TestId(pub u32);

/// What made a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A rule of the profile.
    Rule(RuleRef),
    /// A rule that the system adds, by its [`crate::added::Added::number`].
    Implied(u32),
    /// The own default of an operation of the world.
    OwnDefault(OperationId),
}

/// A node. Edges lead from later rules to earlier ones and end in a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// Ask a test and go on.
    Test {
        /// The question.
        test: TestId,
        /// Where to go if the request matches.
        matched: NodeId,
        /// Where to go if not.
        unmatched: NodeId,
    },
    /// A decision.
    Terminal {
        /// Allow or deny.
        action: Action,
        /// Who decided.
        source: Source,
    },
}

/// The decision graphs of all operations of a world, nodes shared.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    tests: Vec<Test>,
    nodes: Vec<Node>,
    entries: Vec<NodeId>,
    messages: BTreeMap<u32, Graph>,
    test_index: HashMap<Test, TestId>,
    node_index: HashMap<Node, NodeId>,
}

impl Graph {
    /// All distinct tests.
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// A test. Panics on an id of another graph.
    pub fn test(&self, id: TestId) -> &Test {
        &self.tests[id.0 as usize]
    }

    /// All nodes; a node's successors come before it.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node. Panics on an id of another graph.
    pub fn node(&self, id: NodeId) -> Node {
        self.nodes[id.0 as usize]
    }

    /// Where the decision of an operation starts. Panics on an operation of another world.
    pub fn entry(&self, operation: OperationId) -> NodeId {
        self.entries[usize::from(operation.0)]
    }

    /// Entries in the order of operation numbers: the op table.
    pub fn entries(&self) -> &[NodeId] {
        &self.entries
    }

    /// The decisions about the messages that follow what a source allowed; `None` if it filters
    /// none, so that all are allowed.
    pub fn messages(&self, source: Source) -> Option<&Graph> {
        match source {
            Source::Rule(reference) => self.messages.get(&reference.rule),
            Source::Implied(_) | Source::OwnDefault(_) => None,
        }
    }

    /// The message filters with the index of the rule each belongs to, in the order of the rules.
    pub fn message_filters(&self) -> impl Iterator<Item = (u32, &Graph)> {
        self.messages.iter().map(|(rule, graph)| (*rule, graph))
    }

    fn add_test(&mut self, test: &Test) -> TestId {
        if let Some(id) = self.test_index.get(test) {
            return *id;
        }
        let id = TestId(self.tests.len() as u32);
        self.tests.push(test.clone());
        self.test_index.insert(test.clone(), id);
        id
    }

    /// Adds a node, or finds the equal one; a test whose two edges agree is not needed.
    fn add_node(&mut self, node: Node) -> NodeId {
        if let Node::Test {
            matched, unmatched, ..
        } = node
            && matched == unmatched
        {
            return matched;
        }
        if let Some(id) = self.node_index.get(&node) {
            return *id;
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.node_index.insert(node, id);
        id
    }
}
