//! Message filters as rules.

use std::collections::{HashMap, HashSet};

use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::graph::{
    Canon, GraphBuilder, Messages, NodeId, Outcome, Written, differences, lower_messages,
    raise_messages, settle_messages,
};
use lapbelt_policy::rule::{Action, Modifier, ModifierArgument, Rule, RuleFilter, Version};
use lapbelt_policy::world::{ModifierKind, OperationId, World};

use super::arguments::form;
use super::{Building, PolicyError};
use crate::decode::{MessageFilter, Node, NodeIndex, Terminal};

/// Most nodes that may be walked for all message filters of a profile, and what the graph of one
/// counts as: it has an entry for each operation.
const MAX_WALKED: usize = 1_000_000;
const GRAPH: usize = 200;

/// The first of the users that rules which decide nothing ask for.
const IDLE: i64 = 2_000;

impl Building<'_> {
    /// Gives the rules that were made their message filters.
    pub(super) fn add_messages(&mut self) -> Result<(), PolicyError> {
        let asked = std::mem::take(&mut self.asked);
        let mut all: Vec<&[MessageFilter]> = Vec::new();
        for (_, filters) in &asked {
            self.messages += GRAPH * filters.len();
            self.walk()?;
            if !all.contains(filters) {
                all.push(filters);
            }
        }
        let rules = self.message_rules(&all)?;
        let mut known: HashMap<_, Vec<&[MessageFilter]>> = HashMap::new();
        let mut modifiers = self.world.modifiers().iter();
        let own = modifiers.find(|one| one.kind == ModifierKind::MessageFilter);
        for (number, filters) in asked {
            let at = all.iter().position(|one| *one == filters);
            let mut rules = rules[at.expect("each is among all")].clone();
            let rule = &self.rules[number as usize];
            // Another rule would be one with this that decides the same and says the same of messages,
            // and one list of several modifiers with arguments with another.
            let is_flag =
                |one: &Modifier| self.world.modifier(one.modifier).kind == ModifierKind::Flag;
            let (flags, mut others): (Vec<_>, Vec<_>) =
                rule.modifiers.iter().cloned().partition(is_flag);
            let is_list = filters.len() + others.len() > 1;
            let alone = (!is_list).then_some((rule.action, flags));
            others.sort_by_key(|one| one.modifier);
            let key = (alone, others, rules.clone());
            let alike = known.entry(key).or_default();
            if !alike.contains(&filters) {
                alike.push(filters);
            }
            let before = alike.iter().position(|one| *one == filters);
            let apart = before.and_then(|before| before.checked_sub(1));
            rules.extend(apart.and_then(|number| self.idle_rule(filters, number)));
            let graph = lower_messages(&rules, self.world);
            self.builder.message_filter(number, graph);
            let modifiers = own.map(|own| Modifier {
                modifier: own.id,
                argument: Some(ModifierArgument::MessageFilter(rules)),
            });
            self.rules[number as usize].modifiers.extend(modifiers);
        }
        Ok(())
    }

    /// A rule of a message filter that decides nothing: of several the one with a number. `None` in a
    /// world without users.
    fn idle_rule(&self, filters: &[MessageFilter], number: usize) -> Option<Rule> {
        // Others may fall back to what is before the last.
        let about = filters.last()?;
        let filter = self.world.filter_named("uid")?.id;
        let users = (IDLE..).map(|user| Test {
            filter,
            argument: Argument::Integer(user),
        });
        let is_asked = |test: &Test| self.tests.values().flatten().any(|one| one == test);
        let test = users.filter(|test| !is_asked(test)).nth(number)?;
        let test = Filter::Test(test);
        let not = Filter::Not(Box::new(test.clone()));
        let entry = self.blob.policies[usize::from(about.policy)];
        let action = match self.blob.node(entry) {
            Node::Terminal(terminal) if terminal.action == Action::Deny => Action::Allow,
            _ => Action::Deny,
        };
        Some(Rule {
            action,
            operations: vec![about.operation],
            filters: vec![RuleFilter {
                filter: Filter::All(vec![test, not]),
                origin: None,
            }],
            modifiers: Vec::new(),
            origin: None,
        })
    }

    /// Rules that decide as message filters do, as a person would write them if such are found and
    /// shown to decide so, oldest first for each operation.
    fn message_rules(&mut self, all: &[&[MessageFilter]]) -> Result<Vec<Vec<Rule>>, PolicyError> {
        let (written, places) = self.messages_written(all)?;
        if let Some(settled) = settle_messages(&written, &places, self.world) {
            let mut both = settled.iter().zip(&places);
            if both.all(|(rules, place)| decide_alike(&written, place, rules, self.world)) {
                return Ok(settled);
            }
        }
        let each = all.iter().map(|filters| self.rules_by_themselves(filters));
        each.collect()
    }

    /// As [`Self::message_rules`], of those of one rule.
    fn rules_by_themselves(&mut self, filters: &[MessageFilter]) -> Result<Vec<Rule>, PolicyError> {
        let (written, places) = self.messages_written(&[filters])?;
        let place = &places[0];
        let written = written.finish(place.entries.clone());
        if let Ok(raised) = raise_messages(&written, &place.about, self.world)
            && decide_alike(&written, place, &raised, self.world)
        {
            return Ok(raised);
        }
        let mut plain = Vec::new();
        for filter in filters {
            let entry = self.blob.policies[usize::from(filter.policy)];
            plain.extend(self.rules_of(filter.operation, entry)?);
        }
        Ok(plain)
    }

    /// Message filters as they stand in the file, and where.
    fn messages_written(
        &mut self,
        all: &[&[MessageFilter]],
    ) -> Result<(Written, Vec<Messages>), PolicyError> {
        let mut written = Written::compiled();
        let mut nodes = HashMap::new();
        let mut places = Vec::new();
        for filters in all {
            let mut entries: Vec<NodeId> = Vec::new();
            for operation in self.world.operations() {
                let from = before(self.world, operation.id).find_map(|id| {
                    let named = filters.iter().find(|filter| filter.operation == id);
                    let own = || self.world.operation(id).own_default(Version::V1);
                    named
                        .map(Start::Named)
                        .or_else(|| own().map(Start::Default))
                });
                entries.push(match from.unwrap_or(Start::Default(Action::Deny)) {
                    Start::Named(filter) => {
                        let entry = self.blob.policies[usize::from(filter.policy)];
                        self.write(entry, &mut written, &mut nodes)?
                    }
                    Start::Default(action) => written.decide(&Outcome::plain(action)),
                });
            }
            let about = filters.iter().map(|filter| filter.operation).collect();
            places.push(Messages { entries, about });
        }
        self.write_equals(&mut written, &nodes)?;
        Ok((written.finish(Vec::new()), places))
    }

    /// Writes the nodes of the profile itself that are equal to some that are written, but were not
    /// when equal nodes were joined. They are told by its rules, as are those that both have.
    fn write_equals(
        &mut self,
        written: &mut Written,
        nodes: &HashMap<NodeIndex, NodeId>,
    ) -> Result<(), PolicyError> {
        let blob = self.blob;
        let equals = |at: &NodeIndex| match blob.node(*at) {
            Node::Filter {
                filter,
                argument,
                matched,
                unmatched,
            } => Some((
                *filter,
                *argument,
                *nodes.get(matched)?,
                *nodes.get(unmatched)?,
            )),
            Node::Terminal(_) => None,
        };
        let is_own: HashSet<NodeIndex> = self.order.iter().copied().collect();
        // How many there are of those that are equal, and of them only in message filters.
        let mut known: HashMap<_, (usize, usize)> = HashMap::new();
        for at in nodes.keys() {
            let Some(one) = equals(at) else { continue };
            let (all, apart) = known.entry(one).or_default();
            *all += 1;
            *apart += usize::from(!is_own.contains(at));
        }
        let own = self.order.iter();
        let own = own.filter_map(|at| Some((nodes.get(at).copied(), equals(at)?)));
        let own: Vec<_> = own.collect();
        let shared = nodes.keys().filter(|at| is_own.contains(at));
        self.shared.extend(shared);
        for (both, one) in own {
            let (all, apart) = known.get(&one).copied().unwrap_or_default();
            let at = match both {
                Some(_) if all <= 1 => continue,
                None if apart == 0 => continue,
                Some(at) => at,
                None => {
                    let (filter, argument, matched, unmatched) = one;
                    let tests = self.tests(filter, argument)?;
                    let form = form(&tests, argument);
                    written.ask_as(form, tests, matched, unmatched)
                }
            };
            written.pin(at);
        }
        Ok(())
    }

    /// Writes a node and all it leads to.
    fn write(
        &mut self,
        start: NodeIndex,
        written: &mut Written,
        nodes: &mut HashMap<NodeIndex, NodeId>,
    ) -> Result<NodeId, PolicyError> {
        let mut open = vec![start];
        while let Some(&index) = open.last() {
            self.walk()?;
            if nodes.contains_key(&index) {
                open.pop();
                continue;
            }
            let blob = self.blob;
            let node = match blob.node(index) {
                Node::Terminal(terminal) => {
                    let rule = rule(terminal, Vec::new(), Vec::new());
                    written.decide(&Outcome::of(&rule, self.world))
                }
                Node::Filter {
                    filter,
                    argument,
                    matched,
                    unmatched,
                } => match (nodes.get(matched), nodes.get(unmatched)) {
                    (Some(&matched), Some(&unmatched)) => {
                        let tests = self.tests(*filter, *argument)?;
                        let form = form(&tests, *argument);
                        written.ask_as(form, tests, matched, unmatched)
                    }
                    (one, other) => {
                        open.extend(one.is_none().then_some(*matched));
                        open.extend(other.is_none().then_some(*unmatched));
                        continue;
                    }
                },
            };
            nodes.insert(index, node);
        }
        Ok(nodes[&start])
    }

    /// Counts a node that is walked.
    fn walk(&mut self) -> Result<(), PolicyError> {
        self.messages += 1;
        match self.messages > MAX_WALKED {
            true => Err(PolicyError::TooBig),
            false => Ok(()),
        }
    }

    /// Rules that decide an operation as the nodes from `entry` on do, oldest first.
    fn rules_of(
        &mut self,
        operation: OperationId,
        entry: NodeIndex,
    ) -> Result<Vec<Rule>, PolicyError> {
        let mut rules = Vec::new();
        // What must hold to come to a node; what was not met is decided by rules before.
        let mut open: Vec<(NodeIndex, Vec<Filter>)> = vec![(entry, Vec::new())];
        while let Some((index, held)) = open.pop() {
            self.walk()?;
            let blob = self.blob;
            match blob.node(index) {
                Node::Filter {
                    filter,
                    argument,
                    matched,
                    unmatched,
                } => {
                    let tests = self.tests(*filter, *argument)?;
                    if !tests.is_empty() {
                        let mut and = held.clone();
                        and.push(Self::any(&tests));
                        open.push((*matched, and));
                    }
                    // The last pushed is the next walked: the older rules are.
                    open.push((*unmatched, held));
                }
                Node::Terminal(terminal) => {
                    let filter = match <[Filter; 1]>::try_from(held) {
                        Ok([one]) => Some(one),
                        Err(held) if held.is_empty() => None,
                        Err(held) => Some(Filter::All(held)),
                    };
                    let filters = filter.map(|filter| RuleFilter {
                        filter,
                        origin: None,
                    });
                    let filters = filters.into_iter().collect();
                    rules.push(rule(terminal, vec![operation], filters));
                }
            }
        }
        Ok(rules)
    }
}

/// Where an operation of a message filter starts.
enum Start<'b> {
    /// Where the filter about it, or about what it falls back to, does.
    Named(&'b MessageFilter),
    /// It has a default of its own, or comes to one.
    Default(Action),
}

fn rule(terminal: &Terminal, operations: Vec<OperationId>, filters: Vec<RuleFilter>) -> Rule {
    Rule {
        action: terminal.action,
        operations,
        filters,
        modifiers: terminal.modifiers.clone(),
        origin: None,
    }
}

/// Whether rules of a message filter are shown to decide as it does.
fn decide_alike(written: &Written, place: &Messages, rules: &[Rule], world: &World) -> bool {
    let written = written.clone().finish(place.entries.clone());
    let (stands, decisions) = GraphBuilder::of_written(&written, world);
    let graph = lower_messages(rules, world);
    let mut plain = [Canon::default(), Canon::default()];
    let entries = [
        plain[0].add_graph(&stands, &decisions, world),
        plain[1].add_graph(&graph, rules, world),
    ];
    let mut canon = Canon::default();
    let [some, others] =
        [0, 1].map(|at| canon.add_changed(&plain[at], &entries[at], Test::clone, Outcome::clone));
    let messages = world.operations().iter().filter(|one| !one.in_table);
    messages.map(|one| usize::from(one.id.0)).all(|at| {
        let filter = |id| world.filter(id);
        differences(&canon, some[at], others[at], None, filter).is_ok_and(|found| found.is_empty())
    })
}

/// What an operation without a slot comes to if no rule names it: that of the nearest operation
/// before it that has an own default.
pub(super) fn own_default(world: &World, operation: OperationId) -> Action {
    let own = |id| world.operation(id).own_default(Version::V1);
    before(world, operation)
        .find_map(own)
        .unwrap_or(Action::Deny)
}

/// An operation and those that it falls back to, nearest first.
fn before(world: &World, operation: OperationId) -> impl Iterator<Item = OperationId> {
    std::iter::successors(Some(operation), |id| world.operation(*id).parent)
}
