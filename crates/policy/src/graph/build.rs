//! Graphs that were not lowered from rules: decision graphs as others wrote them.

use super::entitlement::with_entitlements;
use super::written::{Turn, Written};
use super::{Graph, Node, NodeId, Source};
use crate::filter::Test;
use crate::rule::{Action, Rule, RuleRef};
use crate::world::World;

/// A graph while it is put together, each node after those it leads to.
#[derive(Clone, Debug, Default)]
pub struct GraphBuilder {
    graph: Graph,
}

impl GraphBuilder {
    /// A decision.
    pub fn decide(&mut self, action: Action, source: Source) -> NodeId {
        self.graph.add_node(Node::Terminal { action, source })
    }

    /// A question; the node that it leads to if both answers lead to the same. Panics on a node
    /// that this builder did not give.
    pub fn ask(&mut self, test: &Test, matched: NodeId, unmatched: NodeId) -> NodeId {
        let count = self.graph.nodes.len();
        for next in [matched, unmatched] {
            assert!((next.0 as usize) < count, "no node {} of {count}", next.0);
        }
        let test = self.graph.add_test(test);
        self.graph.add_node(Node::Test {
            test,
            matched,
            unmatched,
        })
    }

    /// Says what decides the messages that follow what a rule allowed.
    pub fn message_filter(&mut self, rule: u32, messages: Graph) {
        self.graph.messages.insert(rule, messages);
    }

    /// The graph of what was written, and a rule for each of its decisions, which the sources name.
    pub fn of_written(written: &Written, world: &World) -> (Graph, Vec<Rule>) {
        let mut builder = Self::default();
        let mut nodes: Vec<NodeId> = Vec::new();
        for turn in written.turns() {
            nodes.push(match *turn {
                Turn::Decide(outcome) => {
                    let source = Source::Rule(RuleRef {
                        rule: outcome.0,
                        filter: None,
                    });
                    builder.decide(written.outcome(outcome).action, source)
                }
                Turn::Ask {
                    question,
                    matched,
                    unmatched,
                } => {
                    let [matched, unmatched] = [matched, unmatched].map(|id| nodes[id.0 as usize]);
                    let tests = written.tests(question).iter().rev();
                    tests.fold(unmatched, |next, test| builder.ask(test, matched, next))
                }
            });
        }
        let rules = written.decisions().map(|(id, _)| Rule {
            action: written.outcome(id).action,
            operations: Vec::new(),
            filters: Vec::new(),
            modifiers: written.outcome(id).modifiers.clone(),
            origin: None,
        });
        let entries = written.entries().iter();
        let entries = entries.map(|entry| nodes[entry.0 as usize]).collect();
        (builder.finish(entries, world), rules.collect())
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.graph.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.graph.nodes.is_empty()
    }

    /// The graph, with the entry of each operation of its world.
    pub fn finish(mut self, entries: Vec<NodeId>, world: &World) -> Graph {
        self.graph.entries = entries;
        with_entitlements(self.graph, world)
    }
}
