//! A policy graph as someone wrote it down, with what only that tells of the rules behind it.
//!
//! A question may ask several tests at once, and equal nodes may stand twice: a compiler joins equal
//! nodes before it shortens edges, those which lead to a node that asks the same again. Both are lost
//! in a [`Canon`], which knows what is decided only.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Canon, NodeId, Outcome, OutcomeId, Step};
use crate::filter::{Argument, Test};
use crate::pattern::Pattern;

/// Index of a distinct question in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct QuestionId(u32);

/// How a question is written. Those in different forms are different to a compiler, whatever they ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// As any that asks the same.
    Plain,
    /// A mask, though it has one number.
    Mask,
}

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

/// The first number of nodes of message filters, if the profile has some of them as well.
const APART: usize = 100;

/// Decision graphs as they were written. Successors come before a node.
#[derive(Clone, Debug, Default)]
pub struct Written {
    questions: Vec<Vec<Test>>,
    question_index: HashMap<(Vec<Test>, Form), QuestionId>,
    outcomes: Vec<Outcome>,
    decisions: Vec<NodeId>,
    turns: Vec<Turn>,
    entries: Vec<NodeId>,
    is_compiled: bool,
    has_vain: bool,
    /// How many nodes there were when it was finished.
    finished: usize,
    /// Those that are told by other rules.
    pinned: Vec<NodeId>,
    /// Those that message filters have as well.
    shared: Vec<NodeId>,
    /// Whether these are pinned, as what message filters tell: then this is the profile's graph.
    is_of_profile: bool,
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
        self.ask_as(Form::Plain, tests, matched, unmatched)
    }

    /// As [`Self::ask`], what is written in some form.
    pub fn ask_as(
        &mut self,
        form: Form,
        tests: Vec<Test>,
        matched: NodeId,
        unmatched: NodeId,
    ) -> NodeId {
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
        let new = QuestionId(self.questions.len() as u32);
        let question = *self
            .question_index
            .entry((tests, form))
            .or_insert_with_key(|key| {
                self.questions.push(key.0.clone());
                new
            });
        self.add(Turn::Ask {
            question,
            matched,
            unmatched,
        })
    }

    /// Says that other rules than are looked for tell a node, so that it leads to where it does.
    pub fn pin(&mut self, node: NodeId) {
        self.pinned.push(node);
    }

    /// Says that a message filter has a node as well, which may be told there.
    pub fn share(&mut self, node: NodeId) {
        self.shared.push(node);
    }

    /// Takes the nodes that message filters have as well to be told there; false if there are none, or
    /// they were before.
    pub(super) fn pin_shared(&mut self) -> bool {
        let shared = std::mem::take(&mut self.shared);
        self.pinned.extend(&shared);
        self.is_of_profile = true;
        !shared.is_empty()
    }

    /// From which number on nodes are told from each other that ask the same and lead to the same: the
    /// rules of a profile and those of its message filters must not tell two of them alike.
    pub(super) fn told(&self) -> usize {
        let is_of_messages = !self.pinned.is_empty() && !self.is_of_profile;
        self.pinned.len() + if is_of_messages { APART } else { 0 }
    }

    pub(super) fn pinned(&self) -> &[NodeId] {
        &self.pinned
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
    /// there are such, and they are easily told.
    pub(super) fn other_test(&self, test: &Test, number: usize) -> Option<Test> {
        let asked = self.questions.iter().flatten();
        let others = asked.filter(|one| one.filter == test.filter && *one != test);
        let with = |argument| Test {
            filter: test.filter,
            argument,
        };
        let is_new = |other: &Test| other != test && !others.clone().any(|one| one == other);
        let pattern = |n| Argument::Pattern(Pattern::Literal(format!("/none{n}").into_bytes()));
        match &test.argument {
            Argument::Pattern(_) => (0..).map(pattern).map(with).filter(is_new).nth(number),
            Argument::Integer(_) => {
                // Few values of enumerations are that large.
                let mut others = (1000..).map(Argument::Integer).map(with).filter(is_new);
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
            Argument::Bool(value) => {
                let other = Some(with(Argument::Bool(!value)));
                other.filter(|other| number == 0 && is_new(other))
            }
            // Rules load an entitlement first.
            Argument::Network(_) | Argument::Entitlement { .. } => None,
        }
    }

    /// How many nodes can be reached from one.
    pub(super) fn size(&self, from: NodeId) -> usize {
        self.reached(from).len()
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

    /// Adds nodes that may have been there, with one edge or more to them from each side of what they
    /// ask, all of which were shortened: as some nodes lead on, and no node does that is there. If they
    /// are to be `vain`, their own edges were shortened to the same, so that they were left out. No more
    /// are added than come to so many nodes.
    pub(super) fn add_unseen(&mut self, of: &BTreeSet<NodeId>, vain: bool, most: usize) {
        let room = most.saturating_sub(self.turns.len());
        let unseen: Vec<Turn> = self.unseen(of, vain).take(room).collect();
        self.turns.extend(unseen);
    }

    /// Whether there may have been nodes that were left out.
    pub(super) fn may_lack_nodes(&self) -> bool {
        let all = (0..).map(NodeId).take(self.turns.len()).collect();
        self.unseen(&all, true).next().is_some()
    }

    /// What nodes that are not there may have asked, each once.
    fn unseen(&self, of: &BTreeSet<NodeId>, vain: bool) -> impl Iterator<Item = Turn> + use<> {
        let mut sides: BTreeMap<QuestionId, [BTreeSet<NodeId>; 2]> = BTreeMap::new();
        for at in of {
            if let Turn::Ask {
                question,
                matched,
                unmatched,
            } = self.turn(*at)
            {
                let [yes, no] = sides.entry(question).or_default();
                yes.insert(matched);
                no.insert(unmatched);
            }
        }
        // One that is there may lead to the same by both answers too.
        let before = if vain { self.finished } else { 0 };
        let known = self.turns.iter().skip(before);
        let mut known: HashSet<Turn> = known.copied().collect();
        let all = sides.into_iter().flat_map(move |(question, [yes, no])| {
            let pairs = yes.into_iter().flat_map(move |matched| {
                let others = no.clone().into_iter();
                others.map(move |unmatched| (matched, unmatched))
            });
            let pairs = pairs.filter(move |(one, other)| (one == other) == vain);
            pairs.map(move |(matched, unmatched)| Turn::Ask {
                question,
                matched,
                unmatched,
            })
        });
        all.filter(move |turn| known.insert(*turn))
    }

    /// Nodes that may have been there and were left out, by where an edge to them leads.
    pub(super) fn left_out(&self) -> HashMap<NodeId, Vec<NodeId>> {
        let mut left_out: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for (at, turn) in (0..).map(NodeId).zip(&self.turns).skip(self.finished) {
            if let Turn::Ask {
                matched, unmatched, ..
            } = turn
                && matched == unmatched
            {
                left_out.entry(*matched).or_default().push(at);
            }
        }
        left_out
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
