//! Rules to nodes.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use lapbelt_policy::added::inferred;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::origin::Origin;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Action, Policy, Rule, Version};
use lapbelt_policy::world::{FilterId, InferredRule, InferredValue, OperationId, World};

use super::error::{EncodeError, Problem};
use super::fidelity::{Derived, Fidelity, Reason};
use super::filters::alternatives;
use super::graph::{
    Argument as Stored, Graph, Literal, LiteralId, Node, NodeId, Question, Terminal,
};
use super::lists::{Asked, Lists};
use super::size::PatternSize;
use super::{DENY, REPORT};

/// A policy as nodes, with where each operation starts.
pub(super) struct Lowered {
    pub(super) graph: Graph,
    /// By slot of the op table.
    pub(super) entries: Vec<NodeId>,
    pub(super) fidelity: Fidelity,
    pub(super) patterns: Vec<PatternSize>,
    /// By literal: the rule that it was first made for.
    pub(super) literals: Vec<Option<u32>>,
}

/// Makes the nodes of a policy.
///
/// # Errors
/// What no node can hold, with the rule.
pub(super) fn lower(policy: &Policy, world: &World) -> Result<Lowered, EncodeError> {
    let mut lowering = Lowering {
        world,
        policy,
        graph: Graph::default(),
        derived: Vec::new(),
        noted: BTreeSet::new(),
        patterns: Vec::new(),
        literals: Vec::new(),
    };
    let entries = lowering.profile()?;
    let Lowering {
        graph,
        mut derived,
        patterns,
        literals,
        ..
    } = lowering;
    derived.sort_by_key(|one| (one.rule, one.reason));
    Ok(Lowered {
        graph,
        entries,
        fidelity: Fidelity { derived },
        patterns,
        literals,
    })
}

pub(super) struct Lowering<'a> {
    pub(super) world: &'a World,
    pub(super) policy: &'a Policy,
    pub(super) graph: Graph,
    derived: Vec<Derived>,
    noted: BTreeSet<(Reason, Option<u32>)>,
    pub(super) patterns: Vec<PatternSize>,
    literals: Vec<Option<u32>>,
}

impl<'a> Lowering<'a> {
    fn profile(&mut self) -> Result<Vec<NodeId>, EncodeError> {
        let mut lists = Lists::new(self.world);
        for (index, rule) in self.policy.rules.iter().enumerate() {
            self.rule(&mut lists, rule, index as u32)?;
        }
        let mut masks = Vec::new();
        if self.policy.implied {
            self.implied(&mut lists);
            masks = self.inferred(&mut lists);
        }
        if self.policy.version == Version::V3 {
            self.note(Reason::Version3, None);
        }
        let mut entries = Entries {
            known: vec![None; self.world.operations().len()],
            lists,
            masks,
        };
        let in_table = self.world.operations().iter().filter(|o| o.in_table);
        in_table.map(|o| self.entry(o.id, &mut entries)).collect()
    }

    fn rule(
        &mut self,
        lists: &mut Lists<'a>,
        rule: &'a Rule,
        index: u32,
    ) -> Result<(), EncodeError> {
        let end = self.terminal(rule, index)?;
        let filters = rule.filters.iter().map(|one| &one.filter);
        if filters.clone().any(|one| one.looks_at_unloaded(self.world)) {
            self.note(Reason::Unloaded, Some(index));
        }
        let tests = filters.flat_map(Filter::tests);
        let asked: BTreeSet<FilterId> = tests.map(|test| test.filter).collect();
        for operation in &rule.operations {
            let applies = |filter: &FilterId| self.world.has_values(*operation, *filter);
            if !asked.iter().all(applies) {
                self.note(Reason::NotApplicable, Some(index));
            }
            let filters = rule.filters.iter().map(|one| Asked {
                filter: Cow::Borrowed(&one.filter),
                rule: Some(index),
            });
            lists.add(*operation, end, filters);
        }
        Ok(())
    }

    /// The rules that the system's own library appends.
    fn implied(&mut self, lists: &mut Lists<'a>) {
        for rule in self.world.implied() {
            let end = self.plain(rule.action);
            let asked = asked_by_system(rule.filter, Argument::Integer(rule.value));
            lists.add(rule.operation, end, std::iter::once(asked));
        }
    }

    /// The rules that the system's compiler adds where the profile calls for them. Masks are given
    /// back: they are put before all rules of their operation in the end.
    fn inferred(&mut self, lists: &mut Lists<'a>) -> Vec<Mask> {
        let mut masks: Vec<Mask> = Vec::new();
        let world = self.world;
        for rule in inferred(self.policy, world) {
            match &rule.value {
                InferredValue::Name(name) => {
                    let end = self.plain(rule.action);
                    let literal = Pattern::Literal(name.clone().into_bytes());
                    let asked = asked_by_system(rule.filter, Argument::Pattern(literal));
                    lists.add(rule.operation, end, std::iter::once(asked));
                }
                InferredValue::Bit(bit) => match masks.iter_mut().find(|m| m.is_for(rule)) {
                    Some(mask) => mask.bits.push(*bit),
                    None => masks.push(Mask::of(rule, *bit)),
                },
            }
        }
        if !masks.is_empty() {
            // Witnesses have no rule but one over the first of these.
            let shown: Vec<_> = world.inferred().iter().filter_map(|r| r.needs).collect();
            let unshown = |rule: &Rule| rule.operations.iter().any(|o| !shown.contains(o));
            for (index, rule) in self.policy.rules.iter().enumerate() {
                if rule.action == Action::Allow && unshown(rule) {
                    self.note(Reason::SystemCalls, Some(index as u32));
                }
            }
        }
        masks
    }

    /// Where an operation starts: its rules, newest first, then what is unconditional.
    fn entry(&mut self, id: OperationId, entries: &mut Entries<'a>) -> Result<NodeId, EncodeError> {
        if let Some(node) = entries.known[usize::from(id.0)] {
            return Ok(node);
        }
        let operation = self.world.operation(id);
        let own = operation.own_default(self.policy.version);
        let list = entries.lists.take(id);
        let mut node = match (list.unconditional, own, operation.parent) {
            (Some(node), ..) => node,
            (None, None, Some(parent)) => self.entry(parent, entries)?,
            (None, own, _) => self.plain(own.unwrap_or(Action::Deny)),
        };
        let mut asked = HashMap::new();
        for (at, entry) in list.entries.iter().enumerate() {
            let parts: Vec<_> = entry.alternatives.iter().map(Asked::part).collect();
            for (filter, rule) in alternatives(&parts) {
                // Within one entry, the question about any of its filters notes it.
                match asked.insert(filter, (at, rule)) {
                    Some((before, other)) if before != at => {
                        self.note(Reason::Repeated, rule.or(other));
                    }
                    _ => {}
                }
            }
            node = self.any(&parts, entry.end, node)?;
        }
        let masks: Vec<Mask> = entries
            .masks
            .iter()
            .filter(|m| m.operation == id)
            .cloned()
            .collect();
        for mask in masks {
            node = self.mask(&mask, node)?;
        }
        entries.known[usize::from(id.0)] = Some(node);
        Ok(node)
    }

    /// A mask of inferred values. Its decision is a node of its own, as in all witnesses.
    fn mask(&mut self, mask: &Mask, unmatched: NodeId) -> Result<NodeId, EncodeError> {
        let terminal = Node::Terminal(Terminal {
            flags: flags(mask.action),
            inline: None,
        });
        if *self.graph.node(unmatched) == terminal {
            return Ok(unmatched);
        }
        let bits = bits(mask.bits.iter().copied());
        let literal = self.literal(Literal::Mask(bits), None);
        let matched = self.graph.add_alone(terminal);
        let filter = self.filter_number(mask.filter, None)?;
        let argument = Stored::Mask(literal);
        let question = Question { filter, argument };
        Ok(self.graph.question(question, matched, unmatched))
    }

    /// The decision of an action without modifiers.
    fn plain(&mut self, action: Action) -> NodeId {
        self.graph.terminal(Terminal {
            flags: flags(action),
            inline: None,
        })
    }

    /// The message filter of a rule: where each operation that it is about starts. One without rules
    /// is about all of them, which come to their own defaults.
    pub(super) fn messages(
        &mut self,
        rules: &'a [Rule],
        outer: u32,
    ) -> Result<Vec<(OperationId, NodeId)>, EncodeError> {
        let mut lists = Lists::new(self.world);
        let mut operations: BTreeSet<OperationId> = BTreeSet::new();
        let opens_iokit =
            |id: &OperationId| self.world.operation(*id).name == "iokit-open-user-client";
        let of = &self.policy.rules[outer as usize];
        if !of.filters.is_empty() || !of.operations.iter().all(opens_iokit) {
            self.note(Reason::MessageFilter, Some(outer));
        }
        for rule in rules {
            if rule.message_filter().is_some() {
                return Err(self.error(Problem::NestedMessageFilter, Some(outer)));
            }
            self.rule(&mut lists, rule, outer)?;
            operations.extend(&rule.operations);
            let is_iokit = |id: &OperationId| self.world.operation(*id).name.starts_with("iokit-");
            let refuses = rule.action == Action::Deny && rule.operations.iter().all(is_iokit);
            if !rule.filters.is_empty() || !refuses {
                self.note(Reason::MessageFilter, Some(outer));
            }
        }
        if operations.is_empty() {
            self.note(Reason::MessageFilter, Some(outer));
            let all = self.world.operations().iter();
            let first = all.filter(|one| !one.in_table && one.parent.is_none());
            operations.extend(first.map(|one| one.id));
        }
        let mut entries = Entries {
            known: vec![None; self.world.operations().len()],
            lists,
            masks: Vec::new(),
        };
        let each = operations.into_iter();
        each.map(|id| Ok((id, self.entry(id, &mut entries)?)))
            .collect()
    }

    /// A literal for a rule.
    pub(super) fn literal(&mut self, literal: Literal, rule: Option<u32>) -> LiteralId {
        let id = self.graph.add_literal(literal);
        if id.index() == self.literals.len() {
            self.literals.push(rule);
        }
        id
    }

    /// Notes what no witness shows, once a rule.
    pub(super) fn note(&mut self, reason: Reason, rule: Option<u32>) {
        if self.noted.insert((reason, rule)) {
            let origin = self.origin(rule);
            self.derived.push(Derived {
                reason,
                rule,
                origin,
            });
        }
    }

    pub(super) fn error(&self, problem: Problem, rule: Option<u32>) -> EncodeError {
        let own = rule.and_then(|at| self.policy.rules.get(at as usize));
        let part = own.and_then(|own| problem.place(own, self.world));
        EncodeError {
            problem,
            rule,
            origin: part.or_else(|| self.origin(rule)),
        }
    }

    fn origin(&self, rule: Option<u32>) -> Option<Origin> {
        let rule = rule.and_then(|at| self.policy.rules.get(at as usize));
        rule.and_then(|rule| rule.origin)
    }
}

/// Where operations start, as far as that is known, and what it is made of.
struct Entries<'a> {
    known: Vec<Option<NodeId>>,
    lists: Lists<'a>,
    masks: Vec<Mask>,
}

/// Inferred values of one filter of an operation.
#[derive(Clone)]
struct Mask {
    action: Action,
    operation: OperationId,
    filter: FilterId,
    bits: Vec<u16>,
}

impl Mask {
    fn of(rule: &InferredRule, bit: u16) -> Self {
        Self {
            action: rule.action,
            operation: rule.operation,
            filter: rule.filter,
            bits: vec![bit],
        }
    }

    fn is_for(&self, rule: &InferredRule) -> bool {
        (self.action, self.operation, self.filter) == (rule.action, rule.operation, rule.filter)
    }
}

/// Flags of an action without modifiers: what is refused is reported.
pub(super) fn flags(action: Action) -> u32 {
    match action {
        Action::Allow => 0,
        Action::Deny => DENY | REPORT,
    }
}

/// A set of numbers as bits, least significant first, as short as can be.
pub(super) fn bits(numbers: impl Iterator<Item = u16>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in numbers {
        let at = usize::from(number / 8);
        if bytes.len() <= at {
            bytes.resize(at + 1, 0);
        }
        bytes[at] |= 1 << (number % 8);
    }
    bytes
}

fn asked_by_system<'a>(filter: FilterId, argument: Argument) -> Asked<'a> {
    Asked {
        filter: Cow::Owned(Filter::Test(Test { filter, argument })),
        rule: None,
    }
}
