//! Which decisions can have let a message be sent.

use std::collections::{BTreeSet, HashMap};

use lapbelt_policy::ask::{Question, parse_value};
use lapbelt_policy::decide::Decider;
use lapbelt_policy::graph::{Graph, Node, NodeId, Source};
use lapbelt_policy::request::{Request, Value};
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{ArgumentKind, FilterId, Operation, OperationId, World};

/// The decisions before a message.
#[derive(Default)]
pub(super) struct Opened {
    /// What can have allowed that it be sent, in the order of the rules.
    pub(super) by: Vec<Source>,
    /// What denied an operation that could have allowed it.
    pub(super) denied: Option<(OperationId, Source)>,
}

/// The operations that let a message be sent, by the first words of its own.
const LET_SEND: &[(&str, &[&str])] = &[
    ("iokit-", &["iokit-open-user-client", "iokit-open-service"]),
    ("mach-", &["mach-lookup", "mach-bootstrap"]),
    ("xpc-", &["mach-lookup", "mach-bootstrap"]),
];

/// The decisions of the operations that let `message` be sent, or to which one of the rules in
/// `about` belongs: for the values of the question if their rules ask for any of those, else
/// whatever the values. What no rule says counts if no rule allows anything.
pub(super) fn opened(
    question: &Question<'_>,
    message: &Operation,
    decider: &Decider,
    about: &BTreeSet<u32>,
    world: &World,
) -> Result<Opened, String> {
    let given = question.filters.iter();
    let given = given.map(|(name, value)| parse_value(world, name, value));
    let given: Vec<_> = given.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    let takes = |operation: &Operation, filter: FilterId| {
        let category = &world.filter(filter).category;
        operation.categories.is_empty() || operation.categories.contains(category)
    };
    let of_first: Vec<FilterId> = (given.iter())
        .map(|(filter, _)| *filter)
        .filter(|filter| !takes(message, *filter))
        .collect();
    // How a path is spelled is not looked into.
    let is_path = |filter: &FilterId| world.filter(*filter).kind == ArgumentKind::PathPattern;
    let given: Vec<(FilterId, Value<'_>)> = given
        .iter()
        .filter(|(filter, _)| !is_path(filter))
        .map(|(filter, value)| (*filter, value.borrow()))
        .collect();
    let mut families = LET_SEND.iter();
    let family = families.find(|(first, _)| message.name.starts_with(first));
    let lets_send = |operation: &Operation| {
        family.is_some_and(|(_, names)| names.contains(&operation.name.as_str()))
            && of_first.iter().all(|filter| takes(operation, *filter))
    };
    let graph = decider.graph();
    let mut opened = Opened::default();
    let mut by_default = Vec::new();
    let mut known: HashMap<NodeId, Ends> = HashMap::new();
    for operation in world.operations().iter().filter(|one| one.in_table) {
        let entry = graph.entry(operation.id);
        let ends = known.entry(entry).or_insert_with(|| Ends::of(graph, entry));
        let is_about = |source: &Source| matches!(source, Source::Rule(reference) if about.contains(&reference.rule));
        let is_about = ends.allowed.iter().any(is_about);
        if !is_about && !lets_send(operation) {
            continue;
        }
        let asks = given.iter().any(|(filter, _)| ends.asked.contains(filter));
        let mut allowed = ends.allowed.clone();
        if asks || allowed.is_empty() {
            let verdict = decider.decide(&Request::of(operation.id, &given));
            allowed = Vec::new();
            match verdict.action {
                Action::Allow => allowed.push(verdict.source),
                Action::Deny => {
                    let denied = (operation.id, verdict.source);
                    opened.denied.get_or_insert(denied);
                }
            }
        }
        for source in allowed {
            match source {
                Source::Rule(_) => opened.add(source),
                _ if is_about => opened.add(source),
                _ => by_default.push(source),
            }
        }
    }
    if opened.by.is_empty() {
        by_default.into_iter().for_each(|source| opened.add(source));
    }
    let order = |source: &Source| rule(source).unwrap_or(u32::MAX);
    opened.by.sort_by_key(order);
    Ok(opened)
}

impl Opened {
    fn add(&mut self, source: Source) {
        if !self.by.iter().any(|own| rule(own) == rule(&source)) {
            self.by.push(source);
        }
    }
}

/// A source but for which of its rule's filters matched.
fn rule(source: &Source) -> Result<u32, Source> {
    match source {
        Source::Rule(reference) => Ok(reference.rule),
        other => Err(*other),
    }
}

/// What a graph can end in, and asks before.
#[derive(Default)]
struct Ends {
    allowed: Vec<Source>,
    asked: BTreeSet<FilterId>,
}

impl Ends {
    fn of(graph: &Graph, entry: NodeId) -> Self {
        let mut ends = Self::default();
        let mut seen = vec![false; graph.nodes().len()];
        let mut open = vec![entry];
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut seen[at.0 as usize], true) {
                continue;
            }
            match graph.node(at) {
                Node::Terminal {
                    action: Action::Allow,
                    source,
                } => ends.allowed.push(source),
                Node::Terminal { .. } => {}
                Node::Test {
                    test,
                    matched,
                    unmatched,
                } => {
                    ends.asked.insert(graph.test(test).filter);
                    open.extend([unmatched, matched]);
                }
            }
        }
        ends
    }
}
