//! A policy graph as someone wrote it down, with what only that tells of the rules behind it.
//!
//! A question may ask several tests at once, and equal nodes may stand twice: a compiler joins equal
//! nodes before it shortens edges, those which lead to a node that asks the same again. Both are lost
//! in a [`Canon`], which knows what is decided only.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Canon, NodeId, Outcome, OutcomeId, Step};
use crate::filter::{Argument, Test};
use crate::pattern::Pattern;
use crate::world::World;

/// Index of a distinct question in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct QuestionId(u32);

/// A node of a [`Written`] graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Turn {
    /// Ask whether one of some tests matches, and go on.
    Ask {
        question: QuestionId,
        matched: NodeId,
        unmatched: NodeId,
    },
    /// A decision.
    Decide(OutcomeId),
}

impl Turn {
    fn is_vain(self) -> bool {
        matches!(self, Self::Ask { matched, unmatched, .. } if matched == unmatched)
    }
}

/// Which of equal nodes is taken for the one that no edge was shortened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anyway {
    First,
    Last,
}

/// Decision graphs as they were written. Successors come before a node.
#[derive(Clone, Debug, Default)]
pub struct Written {
    questions: Vec<Vec<Test>>,
    question_index: HashMap<Vec<Test>, QuestionId>,
    outcomes: Vec<Outcome>,
    decisions: Vec<NodeId>,
    turns: Vec<Turn>,
    entries: Vec<NodeId>,
    is_compiled: bool,
    has_vain: bool,
    /// Nodes that stand again, with how many of their equals come before.
    again: HashMap<NodeId, usize>,
    /// How many nodes there were when it was finished.
    finished: usize,
}

impl Written {
    /// None of whose nodes is written yet: those of a compiled profile, whose questions are to be
    /// told apart as they stand there.
    pub fn compiled() -> Self {
        Self {
            is_compiled: true,
            ..Self::default()
        }
    }

    /// What a canon says from the entries on, which are those of all operations in the order of
    /// their numbers.
    pub fn of_canon(canon: &Canon, entries: &[NodeId]) -> Self {
        let mut written = Self::default();
        let mut nodes = HashMap::new();
        for id in canon.reachable(entries) {
            let here = match canon.step(id) {
                Step::Decide(outcome) => written.decide(canon.outcome(outcome)),
                Step::Test {
                    test,
                    matched,
                    unmatched,
                } => {
                    let Test { filter, argument } = canon.test(test);
                    let tests = vec![Test {
                        filter: *filter,
                        argument: argument.plain().clone(),
                    }];
                    written.ask(tests, nodes[&matched], nodes[&unmatched])
                }
            };
            nodes.insert(id, here);
        }
        written.finish(entries.iter().map(|entry| nodes[entry]).collect())
    }

    /// The node of a decision.
    pub fn decide(&mut self, outcome: &Outcome) -> NodeId {
        if let Some(node) = self.decision(outcome) {
            return node;
        }
        let id = OutcomeId(self.outcomes.len() as u32);
        let node = self.add(Turn::Decide(id));
        self.outcomes.push(outcome.clone());
        self.decisions.push(node);
        node
    }

    /// A node of its own that asks whether one of some tests matches; that which it leads to if not
    /// where there is no test. Panics on a node of another graph.
    pub fn ask(&mut self, tests: Vec<Test>, matched: NodeId, unmatched: NodeId) -> NodeId {
        for next in [matched, unmatched] {
            assert!(
                (next.0 as usize) < self.turns.len(),
                "no node {} yet",
                next.0
            );
        }
        if tests.is_empty() {
            return unmatched;
        }
        self.has_vain |= matched == unmatched;
        let question = match self.question_index.get(&tests) {
            Some(id) => *id,
            None => {
                let id = QuestionId(self.questions.len() as u32);
                self.questions.push(tests.clone());
                self.question_index.insert(tests, id);
                id
            }
        };
        self.add(Turn::Ask {
            question,
            matched,
            unmatched,
        })
    }

    /// The graph, with the entry of each operation of its world.
    #[must_use]
    pub fn finish(mut self, entries: Vec<NodeId>) -> Self {
        self.entries = entries;
        self.finished = self.turns.len();
        self
    }

    fn add(&mut self, turn: Turn) -> NodeId {
        let id = NodeId(self.turns.len() as u32);
        self.turns.push(turn);
        id
    }

    /// Whether a compiler wrote it, so that questions which stand apart were apart in the rules.
    pub fn is_compiled(&self) -> bool {
        self.is_compiled
    }

    pub(super) fn entries(&self) -> &[NodeId] {
        &self.entries
    }

    /// Successors before a node.
    pub(super) fn turns(&self) -> &[Turn] {
        &self.turns
    }

    pub(super) fn turn(&self, id: NodeId) -> Turn {
        self.turns[id.0 as usize]
    }

    /// Whether a node was there when the graph was finished, and so is the same in its copies.
    pub(super) fn is_original(&self, id: NodeId) -> bool {
        (id.0 as usize) < self.finished
    }

    /// Nodes that ask what the library adds, which are its own.
    pub(super) fn of_library(&self, world: &World) -> HashSet<NodeId> {
        let rules = world.implied().iter();
        rules
            .map(|rule| self.entries[usize::from(rule.operation.0)])
            .collect()
    }

    /// Finds out which nodes stand again, if of equal ones the first or the last is taken for the
    /// one that stands there anyway, and says whether there are any. Those in `aside` do not count,
    /// nor what equals them only.
    pub(super) fn find_again(&mut self, aside: &HashSet<NodeId>, anyway: Anyway) -> bool {
        let mut known: HashMap<Turn, usize> = HashMap::new();
        let nodes = (0..).map(NodeId).zip(&self.turns);
        let mut nodes: Vec<(NodeId, &Turn)> = nodes.filter(|(id, _)| !aside.contains(id)).collect();
        if anyway == Anyway::Last {
            nodes.reverse();
        }
        let ranks = nodes.into_iter().map(|(id, turn)| {
            let before = known.entry(*turn).or_default();
            *before += 1;
            (id, *before - 1)
        });
        self.again = ranks.filter(|(_, before)| *before > 0).collect();
        !self.again.is_empty()
    }

    /// Whether another node asks the same, leads to the same nodes, and stands there anyway.
    pub(super) fn stands_again(&self, id: NodeId) -> bool {
        self.again.contains_key(&id)
    }

    /// How many nodes that equal one come before it.
    pub(super) fn equals_before(&self, id: NodeId) -> usize {
        self.again.get(&id).copied().unwrap_or(0)
    }

    /// Whether a question has one answer for all.
    pub(super) fn has_vain(&self) -> bool {
        self.has_vain
    }

    /// What is decided at a node, if it asks nothing.
    pub(super) fn decided(&self, id: NodeId) -> Option<OutcomeId> {
        match self.turn(id) {
            Turn::Decide(outcome) => Some(outcome),
            Turn::Ask { .. } => None,
        }
    }

    /// Any of which matches.
    pub(super) fn tests(&self, id: QuestionId) -> &[Test] {
        &self.questions[id.0 as usize]
    }

    pub(super) fn outcome(&self, id: OutcomeId) -> &Outcome {
        &self.outcomes[id.0 as usize]
    }

    /// The node of a decision.
    pub(super) fn node_of(&self, id: OutcomeId) -> NodeId {
        self.decisions[id.0 as usize]
    }

    /// The nodes of all decisions, by outcome.
    pub(super) fn decisions(&self) -> impl Iterator<Item = (OutcomeId, NodeId)> {
        (0..).map(OutcomeId).zip(self.decisions.iter().copied())
    }

    /// The node of a decision, if it is there.
    pub(super) fn decision(&self, outcome: &Outcome) -> Option<NodeId> {
        let at = self.outcomes.iter().position(|one| one == outcome)?;
        Some(self.decisions[at])
    }

    /// A test of the same value as another: of those that are not asked the one with a number, if
    /// there are such.
    pub(super) fn other_test(&self, test: &Test, number: usize) -> Option<Test> {
        let asked = self.questions.iter().flatten();
        let mut others = asked.filter(|one| one.filter == test.filter && *one != test);
        let with = |argument| Test {
            filter: test.filter,
            argument,
        };
        let is_new = |other: &Test| other != test && !others.clone().any(|one| one == other);
        let pattern = |n| Argument::Pattern(Pattern::Literal(format!("/none{n}").into_bytes()));
        match &test.argument {
            Argument::Pattern(_) => (0..).map(pattern).map(with).filter(is_new).nth(number),
            Argument::Integer(_) => {
                let mut others = (1..).map(Argument::Integer).map(with).filter(is_new);
                others.nth(number)
            }
            Argument::Text(text) => {
                let text = |n: i32| Argument::Text([text, n.to_string().as_bytes()].concat());
                (0..).map(text).map(with).filter(is_new).nth(number)
            }
            Argument::Bits(_) => {
                let mut others = (1..).map(Argument::Bits).map(with).filter(is_new);
                others.nth(number)
            }
            Argument::Bool(value) => Some(with(Argument::Bool(!value))),
            Argument::Network(_) => others.next().cloned(),
            // Rules load an entitlement first.
            Argument::Entitlement { .. } => None,
        }
    }

    /// How many nodes can be reached from one.
    pub(super) fn size(&self, from: NodeId) -> usize {
        self.reached(from).len()
    }

    /// Whether a node that can be reached from one stands again.
    pub(super) fn has_again(&self, from: NodeId) -> bool {
        !self.again.is_empty() && self.reached(from).iter().any(|id| self.stands_again(*id))
    }

    /// Whether equal nodes come to stand beside each other by what led to them, if these are taken
    /// for what they ask and the others that can be reached from a node are not: but one of a kind
    /// is, and all of them can be reached.
    pub(super) fn explains(&self, from: NodeId, direct: &[NodeId]) -> bool {
        let reached = self.reached(from);
        direct.iter().all(|id| {
            let alike = |(other, turn): &(NodeId, &Turn)| other != id && **turn == self.turn(*id);
            let nodes = (0..).map(NodeId).zip(&self.turns);
            let mut alike = nodes.filter(alike).map(|(other, _)| other);
            alike.all(|other| reached.contains(&other) && !direct.contains(&other))
        })
    }

    /// Whether an operation comes to one node and not to another.
    pub(super) fn has_own(&self, one: NodeId, other: NodeId) -> bool {
        let entries: BTreeSet<NodeId> = self.entries.iter().copied().collect();
        let mut reached = entries.into_iter().map(|entry| self.reached(entry));
        reached.any(|reached| reached.contains(&one) && !reached.contains(&other))
    }

    /// The nodes that can be reached from one, itself among them.
    pub(super) fn reached(&self, from: NodeId) -> BTreeSet<NodeId> {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            if let Turn::Ask {
                matched, unmatched, ..
            } = self.turn(id)
            {
                let new = [matched, unmatched]
                    .into_iter()
                    .filter(|next| seen.insert(*next));
                open.extend(new);
            }
        }
        seen
    }

    /// The nodes that were there when the graph was finished.
    pub(super) fn originals(&self) -> impl Iterator<Item = NodeId> {
        (0..self.finished as u32).map(NodeId)
    }

    /// Those that were added since.
    pub(super) fn shadowed(&self) -> impl Iterator<Item = NodeId> {
        (self.finished as u32..self.turns.len() as u32).map(NodeId)
    }

    /// Whether one node leads to another.
    pub(super) fn comes_to(&self, from: NodeId, to: NodeId) -> bool {
        self.reached(from).contains(&to)
    }

    /// Writes nodes that are not there, though edges may have led to them before they were shortened:
    /// all that did so answered what such a node asks.
    pub(super) fn add_shadowed(&mut self, most: usize) {
        let mut sides: BTreeMap<QuestionId, [BTreeSet<NodeId>; 2]> = BTreeMap::new();
        let mut known = HashSet::new();
        for turn in &self.turns {
            if let Turn::Ask {
                question,
                matched,
                unmatched,
            } = turn
            {
                let [yes, no] = sides.entry(*question).or_default();
                yes.insert(*matched);
                no.insert(*unmatched);
                known.insert(*turn);
            }
        }
        let pairs = sides.into_iter().flat_map(|(question, [yes, no])| {
            let pairs = yes.into_iter().flat_map(move |matched| {
                let no = no.clone().into_iter();
                no.map(move |unmatched| Turn::Ask {
                    question,
                    matched,
                    unmatched,
                })
            });
            pairs.collect::<Vec<Turn>>()
        });
        let is_new = |turn: &Turn| !known.contains(turn) && !turn.is_vain();
        let new: Vec<Turn> = pairs.filter(is_new).take(most).collect();
        self.turns.extend(new);
    }

    /// Whether an edge that leads to a node led to another before it was shortened: to that one
    /// itself, or to one that asks the same again, which has the answer already.
    pub(super) fn led_to(&self, edge: Edge, to: NodeId) -> bool {
        if edge.to == to {
            return true;
        }
        match self.turn(to) {
            Turn::Ask {
                question,
                matched,
                unmatched,
            } => {
                let next = if edge.answer { matched } else { unmatched };
                question == edge.question && next == edge.to
            }
            Turn::Decide(_) => false,
        }
    }
}

/// The way from a question to what is next for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) question: QuestionId,
    pub(super) answer: bool,
    pub(super) to: NodeId,
}

/// Both ways from a question.
pub(super) fn edges(question: QuestionId, matched: NodeId, unmatched: NodeId) -> [Edge; 2] {
    [(true, matched), (false, unmatched)].map(|(answer, to)| Edge {
        question,
        answer,
        to,
    })
}
