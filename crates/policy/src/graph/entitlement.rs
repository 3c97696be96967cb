//! Which entitlement each test of a value is about.
//!
//! In a graph as rules and compilers have it, one test loads an entitlement by its name and those
//! asked after it look at the value that was loaded. So the same test means something else by where
//! it was come from; here each gets the name.

use std::collections::HashMap;

use super::{Graph, Node, NodeId, TestId};
use crate::filter::{Argument, Filter, Test};
use crate::pattern::Pattern;
use crate::world::{FilterId, World};

/// The filter that loads an entitlement.
const LOAD: &str = "%entitlement-load";
/// The filters that look at the value of one.
const VALUES: [&str; 2] = ["%entitlement-boolean", "%entitlement-string"];

/// The filter that loads an entitlement by its name, for one that looks at its value.
pub(crate) fn loads(filter: FilterId, world: &World) -> Option<FilterId> {
    let looks = VALUES.contains(&world.filter(filter).name.as_str());
    let load = looks.then(|| world.filter_named(LOAD))??;
    Some(load.id)
}

/// The entitlement that a test loads, if it does.
fn loaded<'t>(test: &'t Test, world: &World) -> Option<&'t [u8]> {
    match &test.argument {
        Argument::Text(name) | Argument::Pattern(Pattern::Literal(name)) => {
            (world.filter(test.filter).name == LOAD).then_some(name)
        }
        _ => None,
    }
}

/// A test of the value of an entitlement; another test as it is.
fn of_entitlement(test: &Test, name: &[u8], world: &World) -> Test {
    let mut test = test.clone();
    if loads(test.filter, world).is_some() && test.argument.entitlement().is_none() {
        test.argument = Argument::Entitlement {
            name: name.to_vec(),
            value: Box::new(test.argument),
        };
    }
    test
}

/// The graph in which tests of values have the name of the entitlement. A node that is come to with
/// different ones becomes several.
pub(super) fn with_entitlements(graph: Graph, world: &World) -> Graph {
    let looks = |test: &Test| loads(test.filter, world).is_some();
    if !graph.tests.iter().any(looks) {
        return graph;
    }
    let cares = cares(&graph, world);
    let place = |at: NodeId, entitlement: Option<TestId>| -> Place {
        (at, entitlement.filter(|_| cares[at.0 as usize]))
    };
    let mut changed = Graph::default();
    let mut made: HashMap<Place, NodeId> = HashMap::new();
    for entry in &graph.entries {
        let start = place(*entry, None);
        let mut open = vec![start];
        while let Some(&(at, entitlement)) = open.last() {
            let node = match graph.node(at) {
                terminal @ Node::Terminal { .. } => changed.add_node(terminal),
                Node::Test {
                    test: id,
                    matched,
                    unmatched,
                } => {
                    let test = graph.test(id);
                    let next = match loaded(test, world) {
                        Some(_) => Some(id),
                        None => entitlement,
                    };
                    let both = [place(matched, next), place(unmatched, entitlement)];
                    let missing = both.iter().filter(|place| !made.contains_key(place));
                    let count = open.len();
                    open.extend(missing);
                    if open.len() > count {
                        continue;
                    }
                    let name = entitlement.and_then(|load| loaded(graph.test(load), world));
                    let test = name.map_or(test.clone(), |name| of_entitlement(test, name, world));
                    let test = changed.add_test(&test);
                    let [matched, unmatched] = both.map(|place| made[&place]);
                    changed.add_node(Node::Test {
                        test,
                        matched,
                        unmatched,
                    })
                }
            };
            made.insert((at, entitlement), node);
            open.pop();
        }
        changed.entries.push(made[&start]);
    }
    changed.messages = graph.messages;
    changed
}

/// A node, and the test that loaded an entitlement on the way to it.
type Place = (NodeId, Option<TestId>);

/// For each node, whether a value is looked at from there on before another is loaded.
fn cares(graph: &Graph, world: &World) -> Vec<bool> {
    let mut cares: Vec<bool> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        cares.push(match *node {
            Node::Terminal { .. } => false,
            Node::Test {
                test,
                matched,
                unmatched,
            } => {
                let test = graph.test(test);
                loads(test.filter, world).is_some()
                    || cares[unmatched.0 as usize]
                    || (loaded(test, world).is_none() && cares[matched.0 as usize])
            }
        });
    }
    cares
}

impl Filter {
    /// Whether it looks at the value of an entitlement that it does not load: of which one depends on
    /// what is asked before it.
    pub fn looks_at_unloaded(&self, world: &World) -> bool {
        let loaded = self.with_entitlements(world);
        let mut tests = loaded.tests().into_iter();
        tests.any(|test| {
            loads(test.filter, world).is_some() && test.argument.entitlement().is_none()
        })
    }

    /// The filter in which tests of the values of entitlements have the name of the entitlement
    /// that is loaded before them.
    pub(crate) fn with_entitlements(&self, world: &World) -> Self {
        self.after_loading(&mut None, world)
    }

    fn after_loading<'f>(&'f self, entitlement: &mut Option<&'f [u8]>, world: &World) -> Self {
        match self {
            Self::Test(test) => {
                let made = match *entitlement {
                    Some(name) => of_entitlement(test, name, world),
                    None => test.clone(),
                };
                *entitlement = loaded(test, world).or(*entitlement);
                Self::Test(made)
            }
            Self::All(parts) => Self::All(
                parts
                    .iter()
                    .map(|part| part.after_loading(entitlement, world))
                    .collect(),
            ),
            Self::Any(parts) => Self::Any(
                parts
                    .iter()
                    .map(|part| part.after_loading(&mut entitlement.clone(), world))
                    .collect(),
            ),
            Self::Not(inner) => Self::Not(Box::new(
                inner.after_loading(&mut entitlement.clone(), world),
            )),
        }
    }
}
