//! Rules to graph, with the precedence of the language.
//!
//! Each operation has filtered rules, newest first, then one unconditional entry: its newest
//! unfiltered rule, else its own default, else the list of the operation it falls back to.

use super::entitlement::with_entitlements;
use super::{Graph, Node, NodeId, Source};
use crate::added::{Added, added};
use crate::filter::{Argument, Filter, Protocol, Test};
use crate::pattern::Pattern;
use crate::rule::{Action, Policy, Rule, RuleRef, Version};
use crate::world::{FilterId, OperationId, World};

/// One operation's rules while they are collected.
#[derive(Clone, Default)]
struct Rules<'a> {
    /// Oldest first.
    filtered: Vec<(&'a Filter, Action, Source)>,
    unconditional: Option<(Action, Source)>,
}

/// Builds the graph of a policy in a world.
pub fn lower(policy: &Policy, world: &World) -> Graph {
    let added = added(policy, world);
    rules(&policy.rules, policy.version, &added, world)
}

/// Builds the graph of the rules of a message filter that stands by itself.
pub fn lower_messages(messages: &[Rule], world: &World) -> Graph {
    rules(messages, Version::V1, &[], world)
}

fn rules(rules: &[Rule], version: Version, added: &[Added], world: &World) -> Graph {
    let mut table = vec![Rules::default(); world.operations().len()];
    for (index, rule) in rules.iter().enumerate() {
        let reference = |filter| {
            Source::Rule(RuleRef {
                rule: index as u32,
                filter,
            })
        };
        for operation in &rule.operations {
            let rules = &mut table[usize::from(operation.0)];
            if rule.filters.is_empty() {
                rules.unconditional = Some((rule.action, reference(None)));
            }
            // As the system's compiler does, the first is asked first.
            for (at, filter) in rule.filters.iter().enumerate().rev() {
                rules
                    .filtered
                    .push((&filter.filter, rule.action, reference(Some(at as u32))));
            }
        }
    }
    for rule in added {
        let source = Source::Implied(rule.number);
        table[usize::from(rule.operation.0)]
            .filtered
            .push((&rule.filter, rule.action, source));
    }
    let path = world.layout().and_then(|_| world.filter_named("path"));
    let mut lowering = Lowering {
        any_path: path.map(|filter| filter.id),
        graph: Graph::default(),
        entries: vec![None; table.len()],
        table,
        version,
        world,
    };
    let entries = world
        .operations()
        .iter()
        .map(|o| lowering.entry(o.id))
        .collect();
    lowering.graph.entries = entries;
    for (index, rule) in rules.iter().enumerate() {
        if let Some(inner) = rule.message_filter() {
            let inner = self::rules(inner, version, &[], world);
            lowering.graph.messages.insert(index as u32, inner);
        }
    }
    with_entitlements(lowering.graph, world)
}

struct Lowering<'a> {
    graph: Graph,
    /// The filter of paths, where any unix socket is known by having one: a compiled profile says
    /// so.
    any_path: Option<FilterId>,
    entries: Vec<Option<NodeId>>,
    table: Vec<Rules<'a>>,
    version: Version,
    world: &'a World,
}

/// Whether a test is for a unix socket, whatever its path.
fn is_any_unix_socket(test: &Test) -> bool {
    matches!(&test.argument, Argument::Network(pattern) if pattern.protocol == Protocol::Unix)
}

impl Lowering<'_> {
    fn entry(&mut self, id: OperationId) -> NodeId {
        let at = usize::from(id.0);
        if let Some(node) = self.entries[at] {
            return node;
        }
        let operation = self.world.operation(id);
        let own = operation.own_default(self.version);
        let mut node = match (self.table[at].unconditional, own, operation.parent) {
            (Some((action, source)), _, _) => {
                self.graph.add_node(Node::Terminal { action, source })
            }
            (None, None, Some(parent)) => self.entry(parent),
            (None, own, _) => {
                let action = own.unwrap_or(Action::Deny);
                self.graph.add_node(Node::Terminal {
                    action,
                    source: Source::OwnDefault(id),
                })
            }
        };
        for (filter, action, source) in std::mem::take(&mut self.table[at].filtered) {
            let matched = self.graph.add_node(Node::Terminal { action, source });
            node = self.filter(filter, matched, node);
        }
        self.entries[at] = Some(node);
        node
    }

    /// A node that goes to `matched` if the filter holds and to `unmatched` if not.
    fn filter(&mut self, filter: &Filter, matched: NodeId, unmatched: NodeId) -> NodeId {
        match filter {
            Filter::Test(test) => {
                let compiled = self.any_path.filter(|_| is_any_unix_socket(test));
                let test = match compiled {
                    Some(filter) => self.graph.add_test(&Test {
                        filter,
                        argument: Argument::Pattern(Pattern::Prefix(Vec::new())),
                    }),
                    None => self.graph.add_test(test),
                };
                self.graph.add_node(Node::Test {
                    test,
                    matched,
                    unmatched,
                })
            }
            Filter::Any(parts) => parts
                .iter()
                .rev()
                .fold(unmatched, |next, part| self.filter(part, matched, next)),
            Filter::All(parts) => parts
                .iter()
                .rev()
                .fold(matched, |next, part| self.filter(part, next, unmatched)),
            Filter::Not(inner) => self.filter(inner, unmatched, matched),
        }
    }
}
