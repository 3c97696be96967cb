//! Where everything goes, and in which order it is written.
//!
//! Operations are gone through in the order of their numbers, each node just before the first slot
//! that needs it: its literal, where it leads if matched, where it leads if not, then itself, in
//! the highest place that is free.

use super::graph::{Argument, Graph, Inline, Literal, LiteralId, Node, NodeId};
use super::lower::Lowered;
use super::size::Size;

/// Bytes of the header.
pub(super) const HEADER: usize = 14;

/// One thing to write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Literal(LiteralId),
    /// An entry of the regex table, by its place there.
    Regex(usize, LiteralId),
    /// An entry of the policy table, by its place there.
    Policy(usize, NodeId),
    Node(NodeId),
    /// A slot of the op table.
    Slot(usize, NodeId),
}

/// The order of all writes after the header, and all places.
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// By node: its place counted from the end.
    places: Vec<Option<usize>>,
    /// By literal: its offset in the area of literals, with the padding before it.
    offsets: Vec<Option<(usize, usize)>>,
    /// By literal: its place in the regex table.
    regexes: Vec<Option<usize>>,
    /// By terminal node: the place of its message filter in the policy table.
    policies: Vec<Option<usize>>,
    /// By literal: the place there of the first message filter of a list of modifiers.
    listed: Vec<usize>,
    regex_count: usize,
    policy_count: usize,
    pub(super) nodes: usize,
    literals: usize,
    slots: usize,
}

enum Todo {
    Visit(NodeId),
    Finish(NodeId),
    Slot(usize, NodeId),
}

impl Plan {
    pub(super) fn of(lowered: &Lowered) -> Self {
        let graph = &lowered.graph;
        let literals = graph.literals().count();
        let mut plan = Self {
            steps: Vec::new(),
            places: vec![None; graph.len()],
            offsets: vec![None; literals],
            regexes: vec![None; literals],
            policies: vec![None; graph.len()],
            listed: vec![0; literals],
            regex_count: 0,
            policy_count: 0,
            nodes: 0,
            literals: 0,
            slots: lowered.entries.len(),
        };
        for (slot, entry) in lowered.entries.iter().enumerate() {
            let mut todo = vec![Todo::Slot(slot, *entry), Todo::Visit(*entry)];
            while let Some(next) = todo.pop() {
                match next {
                    Todo::Visit(node) => plan.visit(graph, node, &mut todo),
                    Todo::Finish(node) => plan.finish(graph, node),
                    Todo::Slot(slot, node) => plan.steps.push(Step::Slot(slot, node)),
                }
            }
        }
        plan
    }

    fn visit(&mut self, graph: &Graph, id: NodeId, todo: &mut Vec<Todo>) {
        if self.places[id.index()].is_some() {
            return;
        }
        todo.push(Todo::Finish(id));
        match graph.node(id) {
            Node::Question(question, matched, unmatched) => {
                let (matched, unmatched) = graph.edges(*question, *matched, *unmatched);
                if matched != unmatched {
                    self.argument(graph, question.argument);
                    todo.push(Todo::Visit(unmatched));
                }
                todo.push(Todo::Visit(matched));
            }
            Node::Terminal(terminal) => {
                if let Some(inline) = &terminal.inline {
                    self.inline(graph, inline, todo);
                }
            }
        }
    }

    /// What must have a place before a modifier.
    fn inline(&mut self, graph: &Graph, inline: &Inline, todo: &mut Vec<Todo>) {
        match inline {
            Inline::Text(_, literal) => self.literal(graph, *literal),
            Inline::Messages(_, _, entry) => todo.push(Todo::Visit(*entry)),
            Inline::Number(..) => {}
            Inline::List(list) => {
                let before = todo.len();
                for one in graph.modifiers(*list) {
                    self.inline(graph, one, todo);
                }
                todo[before..].reverse();
            }
        }
    }

    fn finish(&mut self, graph: &Graph, id: NodeId) {
        if self.places[id.index()].is_some() {
            return;
        }
        match graph.node(id) {
            Node::Question(question, matched, unmatched) => {
                let (matched, unmatched) = graph.edges(*question, *matched, *unmatched);
                if matched == unmatched {
                    self.places[id.index()] = self.places[matched.index()];
                    return;
                }
            }
            Node::Terminal(terminal) => match terminal.inline {
                Some(Inline::Messages(_, _, entry)) => {
                    self.policies[id.index()] = Some(self.policy_count);
                    self.policy(entry);
                }
                Some(Inline::List(list)) if self.offsets[list.index()].is_none() => {
                    self.listed[list.index()] = self.policy_count;
                    for one in graph.modifiers(list) {
                        if let Inline::Messages(_, _, entry) = one {
                            self.policy(*entry);
                        }
                    }
                    self.literal(graph, list);
                }
                _ => {}
            },
        }
        self.nodes += 1;
        self.places[id.index()] = Some(self.nodes);
        self.steps.push(Step::Node(id));
    }

    fn policy(&mut self, entry: NodeId) {
        self.steps.push(Step::Policy(self.policy_count, entry));
        self.policy_count += 1;
    }

    fn argument(&mut self, graph: &Graph, argument: Argument) {
        match argument {
            Argument::Number(_) => {}
            Argument::Literal(id) | Argument::Mask(id) => self.literal(graph, id),
            Argument::Regex(id) => {
                if self.regexes[id.index()].is_none() {
                    self.literal(graph, id);
                    self.regexes[id.index()] = Some(self.regex_count);
                    self.steps.push(Step::Regex(self.regex_count, id));
                    self.regex_count += 1;
                }
            }
        }
    }

    fn literal(&mut self, graph: &Graph, id: LiteralId) {
        if self.offsets[id.index()].is_some() {
            return;
        }
        let offset = self.literals.next_multiple_of(8);
        self.offsets[id.index()] = Some((offset, offset - self.literals));
        self.literals = offset + width(graph.literal(id));
        self.steps.push(Step::Literal(id));
    }

    /// Numbers of regexes and policies.
    pub(super) fn tables(&self) -> (usize, usize) {
        (self.regex_count, self.policy_count)
    }

    /// Number of slots of the op table.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// Where the regex table starts, the policy table, the op table, the nodes and the literals.
    pub(super) fn sections(&self) -> [usize; 5] {
        let policies = HEADER + 2 * self.regex_count;
        let slots = policies + 2 * self.policy_count;
        let nodes = (slots + 2 * self.slots).next_multiple_of(8);
        [HEADER, policies, slots, nodes, nodes + 8 * self.nodes]
    }

    /// The index of a node that has a place.
    pub(super) fn index(&self, id: NodeId) -> usize {
        self.places[id.index()].map_or(0, |from_end| self.nodes - from_end)
    }

    /// The offset of a literal and the padding before it.
    pub(super) fn offset(&self, id: LiteralId) -> (usize, usize) {
        self.offsets[id.index()].unwrap_or_default()
    }

    /// The place of a regular expression in its table.
    pub(super) fn regex(&self, id: LiteralId) -> usize {
        self.regexes[id.index()].unwrap_or_default()
    }

    /// The place of the message filter of a terminal node in its table.
    pub(super) fn policy_of(&self, terminal: NodeId) -> usize {
        self.policies[terminal.index()].unwrap_or_default()
    }

    /// The place of the first message filter of a list of modifiers in its table.
    pub(super) fn first_listed(&self, list: LiteralId) -> usize {
        self.listed[list.index()]
    }

    pub(super) fn size(&self, lowered: &Lowered) -> Size {
        Size {
            total: self.sections()[4] + self.literals,
            nodes: self.nodes,
            literals: self.literals,
            patterns: lowered.patterns.clone(),
        }
    }
}

/// Bytes of a literal, its length word among them.
fn width(literal: &Literal) -> usize {
    match literal {
        Literal::Program(bytes) | Literal::Text(bytes) => 2 + bytes.len(),
        Literal::Mask(bytes) => 4 + bytes.len(),
        Literal::Network(..) => 4,
        Literal::Modifiers(list) => 4 * list.len(),
    }
}
