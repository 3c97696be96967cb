//! A policy that is asked about.

use std::borrow::Cow;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::filter::{Argument, Test};
use lapbelt_policy::graph::{Canon, Graph, GraphBuilder, Node, NodeId, Outcome, Source, Written};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::RegexError;
use lapbelt_policy::request::Request;
use lapbelt_policy::rule::{ModifierArgument, Rule};
use lapbelt_policy::world::{ArgumentKind, OperationId, World};

/// A policy made ready for questions about all of it.
#[derive(Debug)]
pub struct Subject<'p> {
    rules: &'p [Rule],
    world: &'p World,
    decider: Decider,
    canon: Canon,
    entries: Vec<NodeId>,
    written: Option<Written>,
}

impl<'p> Subject<'p> {
    /// The graph of rules in a world, which its sources name.
    pub fn of_rules(graph: Graph, rules: &'p [Rule], world: &'p World) -> Self {
        Self::new(graph, rules, world, None)
    }

    /// The graph of a compiled profile, with the rules that its sources name, and its nodes as they
    /// were written.
    pub fn of_bytes(graph: Graph, rules: &'p [Rule], written: Written, world: &'p World) -> Self {
        Self::new(graph, rules, world, Some(written))
    }

    fn new(graph: Graph, rules: &'p [Rule], world: &'p World, written: Option<Written>) -> Self {
        let mut canon = Canon::default();
        let entries = canon.add_graph(&graph, rules, world);
        Self {
            rules,
            world,
            decider: Decider::of(graph, rules),
            canon,
            entries,
            written,
        }
    }

    /// Its graph as a compiler wrote it down, if one did; else in canonical form.
    pub fn written(&self) -> Cow<'_, Written> {
        match &self.written {
            Some(written) => Cow::Borrowed(written),
            None => Cow::Owned(Written::of_canon(&self.canon, &self.entries)),
        }
    }

    /// Its world.
    pub fn world(&self) -> &'p World {
        self.world
    }

    /// Its graph.
    pub fn graph(&self) -> &Graph {
        self.decider.graph()
    }

    /// What it decides, in canonical form.
    pub fn canon(&self) -> &Canon {
        &self.canon
    }

    /// Where the decision of an operation starts in [`Self::canon`]. Panics on an operation of
    /// another world.
    pub fn entry(&self, operation: OperationId) -> NodeId {
        self.entries[usize::from(operation.0)]
    }

    /// The entries of all operations, in the order of their numbers.
    pub fn entries(&self) -> &[NodeId] {
        &self.entries
    }

    /// Decides one request, with who said so.
    pub fn decide(&self, request: &Request<'_>) -> (Outcome, Source) {
        let verdict = self.decider.decide(request);
        let outcome = match verdict.source {
            Source::Rule(reference) => {
                Outcome::of(&self.rules[reference.rule as usize], self.world)
            }
            Source::Implied(_) | Source::OwnDefault(_) => Outcome::plain(verdict.action),
        };
        (outcome, verdict.source)
    }

    /// Decides a message after what a source allowed, with which rule of its message filter said so.
    pub fn decide_message(&self, after: &Source, message: &Request<'_>) -> (Outcome, Source) {
        let Some(filter) = self.decider.messages(after) else {
            return self.decide(message);
        };
        let verdict = filter.decide(message);
        let rule = match (after, verdict.source) {
            (Source::Rule(outer), Source::Rule(inner)) => {
                let rules = self.rules[outer.rule as usize].message_filter();
                rules.and_then(|rules| rules.get(inner.rule as usize))
            }
            _ => None,
        };
        let outcome = rule.map(|rule| Outcome::of(rule, self.world));
        (
            outcome.unwrap_or(Outcome::plain(verdict.action)),
            verdict.source,
        )
    }

    /// The rules of each message filter, as outcomes have them, with the entry of each operation
    /// in a canon of its own.
    pub(crate) fn message_filters(&self) -> Vec<(Vec<Rule>, Canon, Vec<NodeId>)> {
        let mut found = Vec::new();
        for (rule, graph) in self.graph().message_filters() {
            for modifier in Outcome::of(&self.rules[rule as usize], self.world).modifiers {
                if let Some(ModifierArgument::MessageFilter(rules)) = modifier.argument {
                    let mut canon = Canon::default();
                    let entries = canon.add_graph(graph, &rules, self.world);
                    found.push((rules, canon, entries));
                }
            }
        }
        found
    }

    /// The same policy with paths as a compiled profile of its world holds them; what is asked of it
    /// must have paths in lower case then, if the world folds them.
    #[must_use]
    pub fn with_folded_paths(&self) -> Self {
        self.with_paths(|pattern| pattern.in_lower_case())
    }

    /// The same policy for paths in any case, as they are before its world folds them.
    #[must_use]
    pub(crate) fn with_paths_in_either_case(&self) -> Self {
        self.with_paths(|pattern| pattern.in_either_case())
    }

    /// The same policy with patterns of paths changed, if its world folds them.
    fn with_paths(&self, changed: impl Fn(&Pattern) -> Result<Pattern, RegexError>) -> Self {
        Self::new(
            graph_with_paths(self.graph(), self.world, &changed),
            self.rules,
            self.world,
            self.written.clone(),
        )
    }
}

/// A graph, with its message filters, with patterns of paths changed.
fn graph_with_paths(
    graph: &Graph,
    world: &World,
    changed: &impl Fn(&Pattern) -> Result<Pattern, RegexError>,
) -> Graph {
    let mut builder = GraphBuilder::default();
    let mut nodes: Vec<NodeId> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        nodes.push(match *node {
            Node::Terminal { action, source } => builder.decide(action, source),
            Node::Test {
                test,
                matched,
                unmatched,
            } => {
                let at = |id: NodeId| nodes[id.0 as usize];
                let test = with_path(graph.test(test), world, changed);
                builder.ask(&test, at(matched), at(unmatched))
            }
        });
    }
    for (rule, messages) in graph.message_filters() {
        builder.message_filter(rule, graph_with_paths(messages, world, changed));
    }
    let entries = graph.entries().iter().map(|entry| nodes[entry.0 as usize]);
    builder.finish(entries.collect(), world)
}

fn with_path(
    test: &Test,
    world: &World,
    changed: &impl Fn(&Pattern) -> Result<Pattern, RegexError>,
) -> Test {
    let is_path = world.filter(test.filter).kind == ArgumentKind::PathPattern;
    let mut test = test.clone();
    if let Argument::Pattern(pattern) = &mut test.argument
        && is_path
        && world.folds_paths()
        // What has no such form does not compile either.
        && let Ok(other) = changed(pattern)
    {
        *pattern = other;
    }
    test
}
