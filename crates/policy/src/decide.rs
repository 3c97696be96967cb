//! Deciding a request by the policy graph: pure, and without allocating.

mod switch;

use std::collections::{BTreeMap, HashMap};

use crate::filter::{Argument, Test};
use crate::graph::{Graph, Node, NodeId, Source, lower};
use crate::request::{Request, Value};
use crate::rule::{Action, Modifier, Policy, Rule};
use crate::world::{FilterId, OperationId, World};
use switch::Switch;

/// Shortest run of pattern tests on one filter that is worth a [`Switch`].
const SWITCH_FROM: usize = 4;

/// Longest run that others may share the end of, so that they take no more room together than so
/// many times the graph.
const LONG: usize = 32;

/// A decision with what made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Allow or deny.
    pub action: Action,
    /// The rule, or the world's default.
    pub source: Source,
}

#[derive(Clone, Debug)]
enum Step {
    Terminal(Verdict),
    Test {
        test: Test,
        matched: u32,
        unmatched: u32,
    },
    /// A run of pattern tests on one filter, asked all at once.
    Switch {
        filter: FilterId,
        switch: Switch,
        unmatched: u32,
    },
}

/// A policy made ready for deciding.
#[derive(Clone, Debug)]
pub struct Decider {
    graph: Graph,
    steps: Vec<Step>,
    entries: Vec<u32>,
    modifiers: Vec<Vec<Modifier>>,
    messages: BTreeMap<u32, Decider>,
}

impl Decider {
    /// Prepares a policy of a world.
    pub fn new(policy: &Policy, world: &World) -> Self {
        Self::of(lower(policy, world), &policy.rules)
    }

    /// Prepares a graph with the rules that its sources name. Panics if a source names none.
    pub fn of(graph: Graph, rules: &[Rule]) -> Self {
        let mut building = Building {
            graph: &graph,
            is_entry: vec![false; graph.nodes().len()],
            led_to: vec![0; graph.nodes().len()],
            steps: Vec::new(),
            made: HashMap::new(),
        };
        for entry in graph.entries() {
            building.is_entry[entry.0 as usize] = true;
        }
        for node in graph.nodes() {
            if let Node::Test {
                matched, unmatched, ..
            } = node
            {
                building.led_to[matched.0 as usize] += 1;
                building.led_to[unmatched.0 as usize] += 1;
            }
        }
        let entries = graph
            .entries()
            .iter()
            .map(|entry| building.step(*entry))
            .collect();
        let steps = building.steps;
        let modifiers = rules.iter().map(|rule| rule.modifiers.clone()).collect();
        let messages = graph
            .message_filters()
            .map(|(rule, inner)| {
                let rules = rules[rule as usize].message_filter().unwrap_or_default();
                (rule, Self::of(inner.clone(), rules))
            })
            .collect();
        Self {
            graph,
            steps,
            entries,
            modifiers,
            messages,
        }
    }

    /// The policy graph behind it.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Whether the decision of a request was come to past a test of a filter that the request has
    /// no value of. Panics on an operation of another world.
    pub fn lacks(&self, request: &Request<'_>, filter: FilterId) -> bool {
        if request.get(filter).next().is_some() {
            return false;
        }
        let mut at = self.graph.entry(request.operation);
        while let Node::Test {
            test,
            matched,
            unmatched,
        } = self.graph.nodes()[at.0 as usize]
        {
            let test = self.graph.test(test);
            if test.filter == filter {
                return true;
            }
            let holds = request.get(test.filter).any(|v| test.argument.accepts(v));
            at = if holds { matched } else { unmatched };
        }
        false
    }

    /// Decides a request. Panics on an operation of another world.
    pub fn decide(&self, request: &Request<'_>) -> Verdict {
        let mut at = self.entries[usize::from(request.operation.0)];
        loop {
            at = match &self.steps[at as usize] {
                Step::Terminal(verdict) => return *verdict,
                Step::Test {
                    test,
                    matched,
                    unmatched,
                } => {
                    let holds = request.get(test.filter).any(|v| test.argument.accepts(v));
                    if holds { *matched } else { *unmatched }
                }
                Step::Switch {
                    filter,
                    switch,
                    unmatched,
                } => switch.find(request.get(*filter)).unwrap_or(*unmatched),
            };
        }
    }

    /// The decision of an operation that does not depend on the request; `None` if it does. What the
    /// system adds makes no difference where it decides as all the rest.
    pub fn always(&self, operation: OperationId) -> Option<Action> {
        let mut added = None;
        let mut at = self.graph.entry(operation);
        loop {
            match self.graph.node(at) {
                Node::Terminal { action, .. } => {
                    return (added.is_none() || added == Some(action)).then_some(action);
                }
                Node::Test {
                    matched, unmatched, ..
                } => match self.graph.node(matched) {
                    Node::Terminal {
                        action,
                        source: Source::Implied(_),
                    } if added.is_none() || added == Some(action) => {
                        added = Some(action);
                        at = unmatched;
                    }
                    _ => return None,
                },
            }
        }
    }

    /// Decides the messages that follow what a source allowed: the rules of its message filter.
    /// `None` if it has none; then all messages are allowed.
    pub fn messages(&self, source: &Source) -> Option<&Self> {
        match source {
            Source::Rule(reference) => self.messages.get(&reference.rule),
            Source::Implied(_) | Source::OwnDefault(_) => None,
        }
    }

    /// The modifiers of the rule that decided; empty for implied rules and own defaults.
    pub fn modifiers(&self, source: &Source) -> &[Modifier] {
        match source {
            Source::Rule(reference) => &self.modifiers[reference.rule as usize],
            Source::Implied(_) | Source::OwnDefault(_) => &[],
        }
    }
}

impl Argument {
    /// Whether a value of a request is what the argument asks for. Kinds that do not fit each
    /// other never match: the compiler accepts such filters and the kernel finds nothing to compare
    /// (a path literal on a name operation, kernel-checked on 14.4.1).
    pub fn accepts(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Pattern(pattern), Value::Text(text)) => pattern.matches(text),
            (Self::Pattern(pattern), Value::Aliased(one, other)) => {
                pattern.matches(one) || pattern.matches(other)
            }
            (Self::Text(wanted), Value::Text(text)) => wanted == text,
            (Self::Text(wanted), Value::Aliased(one, other)) => wanted == one || wanted == other,
            (Self::Integer(wanted), Value::Integer(number)) => *wanted == number,
            (Self::Bits(wanted), Value::Bits(bits)) => bits & wanted == *wanted,
            (Self::Bool(wanted), Value::Bool(flag)) => *wanted == flag,
            (Self::Network(pattern), Value::Endpoint(endpoint)) => pattern.matches(endpoint),
            (
                Self::Entitlement {
                    name,
                    value: wanted,
                },
                Value::Entitlement { name: own, value },
            ) => name == own && wanted.accepts(value.borrow()),
            _ => false,
        }
    }
}

struct Building<'g> {
    graph: &'g Graph,
    is_entry: Vec<bool>,
    /// How many edges lead to each node.
    led_to: Vec<u32>,
    steps: Vec<Step>,
    made: HashMap<NodeId, u32>,
}

impl Building<'_> {
    /// The step that decides from a node on. Iterative along `unmatched`, the long direction:
    /// chains are as long as the profile has rules.
    fn step(&mut self, start: NodeId) -> u32 {
        let mut pending = vec![start];
        while let Some(&id) = pending.last() {
            if self.made.contains_key(&id) {
                pending.pop();
                continue;
            }
            let run = self.run(id);
            let mut needs: Vec<NodeId> = run.members.iter().map(|m| m.1).collect();
            needs.extend(run.rest);
            needs.retain(|need| !self.made.contains_key(need));
            if needs.is_empty() {
                let step = self.make(id, &run);
                self.made.insert(id, self.steps.len() as u32);
                self.steps.push(step);
                pending.pop();
            } else {
                pending.extend(needs);
            }
        }
        self.made[&start]
    }

    /// The pattern tests on one filter that follow each other from a node on. A run ends where
    /// another operation enters, so that wildcards share their part, and a long one where other
    /// nodes lead into it: each of those starts a run of its own.
    fn run(&self, start: NodeId) -> Run<'_> {
        let mut run = Run {
            members: Vec::new(),
            rest: None,
        };
        let mut at = start;
        while let Node::Test {
            test,
            matched,
            unmatched,
        } = self.graph.node(at)
        {
            let test = self.graph.test(test);
            let first = run.members.first().map(|member| member.0);
            let fits = match first {
                None => true,
                Some(first) => {
                    first.filter == test.filter
                        && matches!(first.argument, Argument::Pattern(_))
                        && matches!(test.argument, Argument::Pattern(_))
                        && !self.is_entry[at.0 as usize]
                        && (run.members.len() < LONG || self.led_to[at.0 as usize] == 1)
                }
            };
            if !fits {
                break;
            }
            run.members.push((test, matched));
            run.rest = Some(unmatched);
            at = unmatched;
        }
        if run.members.len() < SWITCH_FROM && run.members.len() > 1 {
            run.members.truncate(1);
            if let Node::Test { unmatched, .. } = self.graph.node(start) {
                run.rest = Some(unmatched);
            }
        }
        run
    }

    fn make(&self, id: NodeId, run: &Run<'_>) -> Step {
        let (Some(rest), Some((first, matched))) = (run.rest, run.members.first()) else {
            return match self.graph.node(id) {
                Node::Terminal { action, source } => Step::Terminal(Verdict { action, source }),
                Node::Test { .. } => unreachable!("a test node starts a run of at least itself"),
            };
        };
        let unmatched = self.made[&rest];
        if run.members.len() == 1 {
            return Step::Test {
                test: (*first).clone(),
                matched: self.made[matched],
                unmatched,
            };
        }
        let members = run
            .members
            .iter()
            .filter_map(|(test, matched)| match &test.argument {
                Argument::Pattern(pattern) => Some((pattern, self.made[matched])),
                _ => None,
            });
        Step::Switch {
            filter: first.filter,
            switch: Switch::new(members),
            unmatched,
        }
    }
}

struct Run<'g> {
    members: Vec<(&'g Test, NodeId)>,
    rest: Option<NodeId>,
}
