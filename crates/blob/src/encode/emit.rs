//! Writing the profile.

use super::buffer::{Buffer, Write};
use super::error::{EncodeError, Problem};
use super::graph::{Argument, Graph, Inline, Literal, LiteralId, Node, NodeId, Question, Terminal};
use super::lower::Lowered;
use super::place::{Plan, Step};
use super::size::NODES;
use crate::decode::{INLINE, OTHER_FORM};
use crate::layout::MESSAGE_FILTERS;

/// Writes a profile.
///
/// # Errors
/// Numbers that do not fit where they belong.
pub(super) fn emit(
    lowered: &Lowered,
    plan: &Plan,
    buffer: Buffer,
) -> Result<(Vec<u8>, Vec<Write>), EncodeError> {
    let [regexes, policies, slots, nodes, literals] = plan.sections();
    let mut emitter = Emitter {
        graph: &lowered.graph,
        plan,
        buffer,
        nodes,
        literals,
    };
    emitter.header()?;
    for step in &plan.steps {
        match *step {
            Step::Literal(id) => emitter.literal(id),
            Step::Regex(at, id) => {
                let reference = emitter.reference(id);
                emitter.word(regexes + 2 * at, reference);
            }
            Step::Policy(at, entry) => emitter.word(policies + 2 * at, emitter.index(entry)),
            Step::Node(id) => emitter.node(id),
            Step::Slot(at, entry) => emitter.word(slots + 2 * at, emitter.index(entry)),
        }
    }
    emitter.buffer.make_immutable();
    Ok(emitter.buffer.finish())
}

struct Emitter<'a> {
    graph: &'a Graph,
    plan: &'a Plan,
    buffer: Buffer,
    /// Where the nodes start.
    nodes: usize,
    /// Where the literals start.
    literals: usize,
}

fn too(problem: Problem) -> EncodeError {
    EncodeError {
        problem,
        rule: None,
        origin: None,
    }
}

impl Emitter<'_> {
    fn header(&mut self) -> Result<(), EncodeError> {
        let (regexes, policies) = self.plan.tables();
        if self.plan.nodes > NODES {
            return Err(too(Problem::TooManyNodes(self.plan.nodes)));
        }
        let operations = match u8::try_from(self.plan.slots()) {
            Ok(count @ 1..) => count,
            _ => return Err(too(Problem::Operations(self.plan.slots()))),
        };
        let word = |count: usize| u16::try_from(count).map_err(|_| too(Problem::TooManyEntries));
        let (regexes, policies) = (word(regexes)?, word(policies)?);
        let kind = if policies == 0 { 0 } else { MESSAGE_FILTERS };
        let mut header = Vec::new();
        for word in [kind, self.plan.nodes as u16] {
            header.extend(word.to_le_bytes());
        }
        // Variables, states and a zero byte follow the operations; then profiles.
        header.extend([operations, 0, 0, 0, 0, 0]);
        for word in [regexes, policies] {
            header.extend(word.to_le_bytes());
        }
        self.buffer.write(0, &header);
        Ok(())
    }

    fn word(&mut self, at: usize, word: u16) {
        self.buffer.write(at, &word.to_le_bytes());
    }

    /// The index of a node. The number of nodes has been checked.
    fn index(&self, id: NodeId) -> u16 {
        self.plan.index(id) as u16
    }

    /// How a literal is referred to. Offsets have been checked.
    fn reference(&self, id: LiteralId) -> u16 {
        (self.plan.offset(id).0 / 8) as u16
    }

    /// Writes the padding before a literal, and the literal.
    fn literal(&mut self, id: LiteralId) {
        let (offset, padding) = self.plan.offset(id);
        let at = self.literals + offset;
        if padding > 0 {
            self.buffer.write(at - padding, &[0; 8][..padding]);
        }
        match self.graph.literal(id) {
            // Lengths have been checked where literals are made.
            Literal::Program(bytes) | Literal::Text(bytes) => {
                self.word(at, bytes.len() as u16);
                self.buffer.write(at + 2, bytes);
            }
            Literal::Mask(bytes) => {
                self.buffer.write(at, &[1]);
                self.buffer.write(at + 1, &[0]);
                self.word(at + 2, bytes.len() as u16);
                self.buffer.write(at + 4, bytes);
            }
            Literal::Network(host, port) => {
                self.word(at, *host);
                self.word(at + 2, *port);
            }
            Literal::Modifiers(list) => {
                let mut policy = self.plan.first_listed(id);
                for (index, one) in list.iter().enumerate() {
                    let bytes = self.inline(one, policy);
                    self.buffer.write(at + 4 * index, &bytes);
                    policy += usize::from(matches!(one, Inline::Messages(..)));
                }
            }
        }
    }

    fn node(&mut self, id: NodeId) {
        let bytes = match self.graph.node(id) {
            Node::Question(question, matched, unmatched) => {
                let edges = self.graph.edges(*question, *matched, *unmatched);
                self.question(*question, edges)
            }
            Node::Terminal(terminal) => self.terminal(id, terminal),
        };
        let at = self.nodes + 8 * usize::from(self.index(id));
        self.buffer.write(at, &bytes);
    }

    fn question(&self, question: Question, (matched, unmatched): (NodeId, NodeId)) -> [u8; 8] {
        let (form, argument) = match question.argument {
            Argument::Number(number) => (0, number),
            Argument::Literal(id) => (0, self.reference(id)),
            Argument::Mask(id) => (OTHER_FORM, self.reference(id)),
            Argument::Regex(id) => (OTHER_FORM, self.plan.regex(id) as u16),
        };
        let [a, b] = argument.to_le_bytes();
        let [c, d] = self.index(matched).to_le_bytes();
        let [e, f] = self.index(unmatched).to_le_bytes();
        [0, question.filter | form, a, b, c, d, e, f]
    }

    fn terminal(&self, id: NodeId, terminal: &Terminal) -> [u8; 8] {
        let (flag, inline) = match &terminal.inline {
            None => (0, [0; 4]),
            Some(Inline::List(list)) => {
                // Their number has been checked where the list is made.
                let count = self.graph.modifiers(*list).len() as u8;
                let [a, b] = self.reference(*list).to_le_bytes();
                (0, [count, 0, a, b])
            }
            Some(one) => (INLINE, self.inline(one, self.plan.policy_of(id))),
        };
        let [a, b, c, _] = (terminal.flags | flag).to_le_bytes();
        let [d, e, f, g] = inline;
        [1, a, b, c, d, e, f, g]
    }

    /// A modifier as it stands in a node and in a list.
    fn inline(&self, inline: &Inline, policy: usize) -> [u8; 4] {
        let (modifier, operation, argument) = match *inline {
            Inline::Number(modifier, value) => (modifier, 0, value),
            Inline::Text(modifier, text) => (modifier, 0, self.reference(text)),
            Inline::Messages(modifier, operation, _) => (modifier, operation, policy as u16),
            // None stands in another.
            Inline::List(_) => return [0; 4],
        };
        let [a, b] = argument.to_le_bytes();
        [modifier, operation, a, b]
    }
}
