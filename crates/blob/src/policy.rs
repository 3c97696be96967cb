//! A compiled profile as a policy graph, so that it is asked and compared as its source is.

mod arguments;
mod messages;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use arguments::form;
pub use arguments::{bit_value, value_bit};
use lapbelt_policy::filter::{Filter, Test};
use lapbelt_policy::graph::{Graph, GraphBuilder, NodeId, Outcome, Source, Written};
use lapbelt_policy::rule::{Rule, RuleRef};
use lapbelt_policy::world::{OperationId, Part, World};

use crate::decode::{Argument, Blob, LiteralAt, MessageFilter, Node, NodeIndex, Profile};
use crate::regex::TooLong;
use crate::strings::ConvertError;

/// Most nodes of a graph: sets of numbers and of patterns become chains.
const MAX_NODES: usize = 1_000_000;

/// A compiled profile as a policy.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What it decides; paths in lower case where the world's compiler makes them so.
    pub graph: Graph,
    /// One for each terminal node that a decision can end in: its decision, its modifiers and the
    /// operations that lead to it. The graph's sources name them. What filters lead to it only the
    /// graph says.
    pub rules: Vec<Rule>,
    /// The terminal node of each rule.
    pub nodes: Vec<NodeIndex>,
    /// The same graph node by node as the file has it.
    pub written: Written,
    /// Patterns with a variable, and its name. Its value is not in the file: the graph takes `${NAME}`
    /// for it, and so does not decide as the profile does.
    pub variables: BTreeMap<LiteralAt, String>,
}

impl Compiled {
    /// The names of variables in patterns, one for each.
    pub fn variable_names(&self) -> Vec<String> {
        let names: BTreeSet<&String> = self.variables.values().collect();
        names.into_iter().cloned().collect()
    }
}

/// Why a compiled profile has no policy graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A matching program without patterns that say the same.
    #[error("at byte {}: {error}", at.0)]
    Pattern {
        /// The literal.
        at: LiteralAt,
        /// Why.
        error: ConvertError,
    },
    /// A regular expression without text that says the same.
    #[error("at byte {}: {error}", at.0)]
    Regex {
        /// The literal.
        at: LiteralAt,
        /// Why.
        error: TooLong,
    },
    /// The slots of the file are not the operations of the world.
    #[error("{0} does not say which operations the slots are")]
    NoOperations(String),
    /// The graph grew beyond its limit.
    #[error("the policy graph has more than {MAX_NODES} nodes")]
    TooBig,
}

/// The policy graph of one profile of a file, in the world it was decoded in.
///
/// # Errors
/// If a pattern cannot be said as a profile says it, all is too big, or the world lacks operations.
pub fn compiled(blob: &Blob, profile: &Profile, world: &World) -> Result<Compiled, PolicyError> {
    if world.is_without(Part::Operations) {
        return Err(PolicyError::NoOperations(world.id().to_owned()));
    }
    let mut building = Building {
        blob,
        world,
        builder: GraphBuilder::default(),
        made: HashMap::new(),
        order: Vec::new(),
        tests: HashMap::new(),
        rules: Vec::new(),
        nodes: Vec::new(),
        variables: BTreeMap::new(),
        asked: Vec::new(),
        shared: HashSet::new(),
        messages: 0,
    };
    for &entry in &profile.entries {
        building.node(entry)?;
    }
    building.add_messages()?;
    let mut slots = profile.entries.iter();
    let mut entries = Vec::new();
    for operation in world.operations() {
        let slot = if operation.in_table {
            slots.next()
        } else {
            None
        };
        entries.push(match slot {
            Some(entry) => building.made[entry],
            None => {
                let action = messages::own_default(world, operation.id);
                let source = Source::OwnDefault(operation.id);
                building.builder.decide(action, source)
            }
        });
    }
    building.operations(profile);
    let written = building.written(profile)?;
    Ok(Compiled {
        graph: building.builder.finish(entries, world),
        rules: building.rules,
        nodes: building.nodes,
        written,
        variables: building.variables,
    })
}

struct Building<'b> {
    blob: &'b Blob,
    world: &'b World,
    builder: GraphBuilder,
    made: HashMap<NodeIndex, NodeId>,
    /// The nodes made, each after those it leads to.
    order: Vec<NodeIndex>,
    /// Tests that say what a filter node says: any of them matches.
    tests: HashMap<(u16, Argument), Vec<Test>>,
    rules: Vec<Rule>,
    nodes: Vec<NodeIndex>,
    variables: BTreeMap<LiteralAt, String>,
    /// By number of a rule, the message filters that what it allows must pass.
    asked: Vec<(u32, &'b [MessageFilter])>,
    /// Nodes walked for message filters so far.
    messages: usize,
    /// Nodes that are those of message filters as well.
    shared: HashSet<NodeIndex>,
}

impl Building<'_> {
    /// Makes a node and all it leads to; a decoded file has no way back to where it started.
    fn node(&mut self, start: NodeIndex) -> Result<(), PolicyError> {
        let mut open = vec![start];
        while let Some(&index) = open.last() {
            if self.made.contains_key(&index) {
                open.pop();
                continue;
            }
            let blob = self.blob;
            let node = match blob.node(index) {
                Node::Terminal(_) => self.terminal(index)?,
                Node::Filter {
                    filter,
                    argument,
                    matched,
                    unmatched,
                } => match (self.made.get(matched), self.made.get(unmatched)) {
                    (Some(&matched), Some(&unmatched)) => {
                        let mut next = unmatched;
                        for test in self.tests(*filter, *argument)?.iter().rev() {
                            next = self.builder.ask(test, matched, next);
                        }
                        next
                    }
                    (one, other) => {
                        open.extend(one.is_none().then_some(*matched));
                        open.extend(other.is_none().then_some(*unmatched));
                        continue;
                    }
                },
            };
            if self.builder.len() > MAX_NODES {
                return Err(PolicyError::TooBig);
            }
            self.made.insert(index, node);
            self.order.push(index);
            open.pop();
        }
        Ok(())
    }

    fn terminal(&mut self, index: NodeIndex) -> Result<NodeId, PolicyError> {
        let blob = self.blob;
        let Node::Terminal(terminal) = blob.node(index) else {
            unreachable!("asked for terminal nodes only");
        };
        let number = self.rules.len() as u32;
        if !terminal.message_filters.is_empty() {
            self.asked.push((number, &terminal.message_filters));
        }
        self.rules.push(Rule {
            action: terminal.action,
            operations: Vec::new(),
            filters: Vec::new(),
            modifiers: terminal.modifiers.clone(),
            origin: None,
        });
        self.nodes.push(index);
        let source = Source::Rule(RuleRef {
            rule: number,
            filter: None,
        });
        Ok(self.builder.decide(terminal.action, source))
    }

    /// Notes at each terminal which operations lead to it.
    fn operations(&mut self, profile: &Profile) {
        let numbers: HashMap<NodeIndex, usize> = self.nodes.iter().copied().zip(0..).collect();
        let in_table = self.world.operations().iter().filter(|o| o.in_table);
        let mut by_entry: BTreeMap<NodeIndex, Vec<OperationId>> = BTreeMap::new();
        for (operation, entry) in in_table.zip(&profile.entries) {
            by_entry.entry(*entry).or_default().push(operation.id);
        }
        // For each node the entry it was seen from last.
        let mut seen = vec![None; self.blob.nodes.len()];
        for (entry, operations) in by_entry {
            let mut open = vec![entry];
            while let Some(index) = open.pop() {
                if seen[usize::from(index.0)] == Some(entry) {
                    continue;
                }
                seen[usize::from(index.0)] = Some(entry);
                match self.blob.node(index) {
                    Node::Filter {
                        matched, unmatched, ..
                    } => open.extend([*matched, *unmatched]),
                    Node::Terminal(_) => {
                        if let Some(number) = numbers.get(&index) {
                            self.rules[*number].operations.extend(&operations);
                        }
                    }
                }
            }
        }
        self.rules
            .iter_mut()
            .for_each(|rule| rule.operations.sort());
    }

    /// See [`Compiled::written`].
    fn written(&mut self, profile: &Profile) -> Result<Written, PolicyError> {
        let mut written = Written::compiled();
        let mut nodes: HashMap<NodeIndex, NodeId> = HashMap::new();
        for index in std::mem::take(&mut self.order) {
            let node = match self.blob.node(index) {
                Node::Terminal(_) => {
                    let at = self.nodes.iter().position(|node| *node == index);
                    let rule = &self.rules[at.expect("each terminal node has a rule")];
                    written.decide(&Outcome::of(rule, self.world))
                }
                Node::Filter {
                    filter,
                    argument,
                    matched,
                    unmatched,
                } => {
                    let tests = self.tests(*filter, *argument)?;
                    let form = form(&tests, *argument);
                    written.ask_as(form, tests, nodes[matched], nodes[unmatched])
                }
            };
            if self.shared.contains(&index) {
                written.share(node);
            }
            nodes.insert(index, node);
        }
        let mut slots = profile.entries.iter();
        let mut entries = Vec::new();
        for operation in self.world.operations() {
            let slot = operation.in_table.then(|| slots.next()).flatten();
            entries.push(match slot {
                Some(entry) => nodes[entry],
                None => {
                    let action = messages::own_default(self.world, operation.id);
                    written.decide(&Outcome::plain(action))
                }
            });
        }
        Ok(written.finish(entries))
    }

    /// Any of several tests as one filter.
    fn any(tests: &[Test]) -> Filter {
        match tests {
            [one] => Filter::Test(one.clone()),
            many => Filter::Any(many.iter().cloned().map(Filter::Test).collect()),
        }
    }
}
