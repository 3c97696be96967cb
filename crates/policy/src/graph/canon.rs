//! The policy graph without its history: what is decided, not which rule said so.
//!
//! Equal parts are one node, so two graphs brought into one canon are equal for an operation if
//! their entries are the same node; if they are not, [`crate::theory`] has to say.

use std::collections::HashMap;

use super::{Graph, Node, NodeId, Outcome, Source, TestId};
use crate::filter::Test;
use crate::request::Request;
use crate::rule::Rule;
use crate::world::World;

/// Index of a distinct outcome in its canon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutcomeId(pub u32);

/// A node of a [`Canon`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
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
    Decide(OutcomeId),
}

/// Decision graphs in which equal parts are one. Successors come before a node.
#[derive(Clone, Debug, Default)]
pub struct Canon {
    tests: Vec<Test>,
    outcomes: Vec<Outcome>,
    steps: Vec<Step>,
    test_index: HashMap<Test, TestId>,
    outcome_index: HashMap<Outcome, OutcomeId>,
    step_index: HashMap<Step, NodeId>,
}

impl Canon {
    /// All distinct tests.
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// A test. Panics on an id of another canon.
    pub fn test(&self, id: TestId) -> &Test {
        &self.tests[id.0 as usize]
    }

    /// All distinct outcomes.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// An outcome. Panics on an id of another canon.
    pub fn outcome(&self, id: OutcomeId) -> &Outcome {
        &self.outcomes[id.0 as usize]
    }

    /// The node of a decision, if it is there.
    pub fn decision(&self, outcome: &Outcome) -> Option<NodeId> {
        let id = self.outcome_index.get(outcome)?;
        self.step_index.get(&Step::Decide(*id)).copied()
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// A node. Panics on an id of another canon.
    pub fn step(&self, id: NodeId) -> Step {
        self.steps[id.0 as usize]
    }

    /// The node of a decision.
    pub fn decide(&mut self, outcome: &Outcome) -> NodeId {
        let id = match self.outcome_index.get(outcome) {
            Some(id) => *id,
            None => {
                let id = OutcomeId(self.outcomes.len() as u32);
                self.outcomes.push(outcome.clone());
                self.outcome_index.insert(outcome.clone(), id);
                id
            }
        };
        self.add(Step::Decide(id))
    }

    /// The node of a question; that it leads to if both answers lead to the same.
    pub fn ask(&mut self, test: &Test, matched: NodeId, unmatched: NodeId) -> NodeId {
        if matched == unmatched {
            return matched;
        }
        let test = match self.test_index.get(test) {
            Some(id) => *id,
            None => {
                let id = TestId(self.tests.len() as u32);
                self.tests.push(test.clone());
                self.test_index.insert(test.clone(), id);
                id
            }
        };
        self.add(Step::Test {
            test,
            matched,
            unmatched,
        })
    }

    fn add(&mut self, step: Step) -> NodeId {
        let next = NodeId(self.steps.len() as u32);
        let id = *self.step_index.entry(step).or_insert(next);
        if id == next {
            self.steps.push(step);
        }
        id
    }

    /// Brings in a graph with the rules it was made from, and gives the entry of each operation.
    pub fn add_graph(&mut self, graph: &Graph, rules: &[Rule], world: &World) -> Vec<NodeId> {
        let outcomes: Vec<Outcome> = rules.iter().map(|rule| Outcome::of(rule, world)).collect();
        let mut nodes: Vec<NodeId> = Vec::with_capacity(graph.nodes().len());
        for node in graph.nodes() {
            nodes.push(match *node {
                Node::Terminal { action, source } => match source {
                    Source::Rule(reference) => self.decide(&outcomes[reference.rule as usize]),
                    Source::Implied(_) | Source::OwnDefault(_) => {
                        self.decide(&Outcome::plain(action))
                    }
                },
                Node::Test {
                    test,
                    matched,
                    unmatched,
                } => {
                    let at = |id: NodeId| nodes[id.0 as usize];
                    self.ask(graph.test(test), at(matched), at(unmatched))
                }
            });
        }
        let entries = graph.entries().iter();
        entries.map(|entry| nodes[entry.0 as usize]).collect()
    }

    /// Brings in what another canon says from some nodes on, with tests and outcomes changed on the
    /// way, and gives the nodes here that decide the same. Edges are shortened as compilers do, so
    /// that it makes no difference whether one did before.
    pub fn add_changed(
        &mut self,
        other: &Self,
        from: &[NodeId],
        test: impl Fn(&Test) -> Test,
        outcome: impl Fn(&Outcome) -> Outcome,
    ) -> Vec<NodeId> {
        let mut nodes: HashMap<NodeId, NodeId> = HashMap::new();
        for id in other.reachable(from) {
            let here = match other.step(id) {
                Step::Decide(id) => self.decide(&outcome(other.outcome(id))),
                Step::Test {
                    test: id,
                    matched,
                    unmatched,
                } => {
                    let test = test(other.test(id));
                    let matched = self.shortened(&test, true, nodes[&matched]);
                    let unmatched = self.shortened(&test, false, nodes[&unmatched]);
                    self.ask(&test, matched, unmatched)
                }
            };
            nodes.insert(id, here);
        }
        from.iter().map(|id| nodes[id]).collect()
    }

    /// Where an edge leads in the end: into a node that asks the same again, on to its answer.
    fn shortened(&self, asked: &Test, answer: bool, mut to: NodeId) -> NodeId {
        let Some(asked) = self.test_index.get(asked) else {
            return to;
        };
        while let Step::Test {
            test,
            matched,
            unmatched,
        } = self.step(to)
            && test == *asked
        {
            to = if answer { matched } else { unmatched };
        }
        to
    }

    /// All nodes that can be reached from some, successors before a node.
    pub fn reachable(&self, from: &[NodeId]) -> Vec<NodeId> {
        let mut seen = vec![false; self.steps.len()];
        let mut open = from.to_vec();
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id.0 as usize], true) {
                continue;
            }
            if let Step::Test {
                matched, unmatched, ..
            } = self.step(id)
            {
                open.extend([matched, unmatched]);
            }
        }
        let seen = (0..).zip(seen).filter(|(_, seen)| *seen);
        seen.map(|(id, _)| NodeId(id)).collect()
    }

    /// What a request comes to from a node on.
    pub fn follow(&self, mut at: NodeId, request: &Request<'_>) -> OutcomeId {
        loop {
            at = match self.step(at) {
                Step::Decide(outcome) => return outcome,
                Step::Test {
                    test,
                    matched,
                    unmatched,
                } => {
                    let test = self.test(test);
                    let mut values = request.get(test.filter);
                    let holds = values.any(|value| test.argument.accepts(value));
                    if holds { matched } else { unmatched }
                }
            };
        }
    }
}
