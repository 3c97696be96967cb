//! Which decisions can have let a message be sent.

use std::collections::{BTreeSet, HashMap};

use lapbelt_policy::ask::{Question, parse_value};
use lapbelt_policy::decide::Decider;
use lapbelt_policy::graph::{Graph, Node, NodeId, Source};
use lapbelt_policy::request::{Request, Value};
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{ArgumentKind, FilterId, OperationId, World};

/// The decisions before a message.
#[derive(Default)]
pub(super) struct Opened {
    /// What can have allowed that it be sent, in the order of the rules.
    pub(super) by: Vec<Source>,
    /// What denied an operation that could have allowed it.
    pub(super) denied: Option<(OperationId, Source)>,
}

/// The decisions of the operations to which one of the rules in `about` belongs: for the values of
/// the question if their rules ask for any of those, else whatever the values.
pub(super) fn opened(
    question: &Question<'_>,
    decider: &Decider,
    about: &BTreeSet<u32>,
    world: &World,
) -> Result<Opened, String> {
    let given = question.filters.iter();
    let given = given.map(|(name, value)| parse_value(world, name, value));
    let given: Vec<_> = given.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    // How a path is spelled is not looked into.
    let is_path = |filter: &FilterId| world.filter(*filter).kind == ArgumentKind::PathPattern;
    let given: Vec<(FilterId, Value<'_>)> = given
        .iter()
        .filter(|(filter, _)| !is_path(filter))
        .map(|(filter, value)| (*filter, value.borrow()))
        .collect();
    let graph = decider.graph();
    let mut opened = Opened::default();
    let mut known: HashMap<NodeId, Ends> = HashMap::new();
    for operation in world.operations().iter().filter(|one| one.in_table) {
        let entry = graph.entry(operation.id);
        let ends = known.entry(entry).or_insert_with(|| Ends::of(graph, entry));
        let is_about = |source: &Source| matches!(source, Source::Rule(reference) if about.contains(&reference.rule));
        if !ends.allowed.iter().any(is_about) {
            continue;
        }
        if given.iter().any(|(filter, _)| ends.asked.contains(filter)) {
            let verdict = decider.decide(&Request::of(operation.id, &given));
            match verdict.action {
                Action::Allow => opened.add(verdict.source),
                Action::Deny => {
                    opened.denied.get_or_insert((operation.id, verdict.source));
                }
            }
        } else {
            ends.allowed.iter().for_each(|source| opened.add(*source));
        }
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
