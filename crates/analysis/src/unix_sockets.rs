//! Unix sockets without a path, which compiled profiles ask for by any path.

use std::collections::BTreeMap;

use lapbelt_policy::filter::{Argument, Filter, Host, NetworkPattern, Protocol, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Policy, Rule};
use lapbelt_policy::world::{FilterId, OperationId, World};

/// The policy with `(remote unix-socket)` or `(local unix-socket)` in the place of any path in rules
/// of the network; `None` if there is none. It decides the same, and may compile to other bytes: the
/// parts of a condition are put in order by what is asked.
pub fn unix_sockets(policy: &Policy, world: &World) -> Option<Policy> {
    let id = |name| world.filter_named(name).map(|filter| filter.id);
    let ends = Ends {
        path: id("path")?,
        local: id("local")?,
        remote: id("remote")?,
        outbound: world.operation_named("network-outbound")?.id,
        network: world.operation_named("network*")?.id,
    };
    let rules = policy.rules.iter().map(|rule| ends.named(rule, world));
    let rules: Vec<Rule> = rules.collect::<Vec<_>>().concat();
    (rules != policy.rules).then(|| Policy {
        rules,
        ..policy.clone()
    })
}

struct Ends {
    path: FilterId,
    local: FilterId,
    remote: FilterId,
    outbound: OperationId,
    network: OperationId,
}

impl Ends {
    /// A rule, taken apart if its operations are about either end.
    fn named(&self, rule: &Rule, world: &World) -> Vec<Rule> {
        let is_network = |id: &OperationId| world.falls_back_to(*id, self.network);
        let asks = rule.filters.iter().any(|one| self.asks(&one.filter));
        if !asks || !rule.operations.iter().all(is_network) {
            return vec![rule.clone()];
        }
        let mut ends: BTreeMap<FilterId, Vec<OperationId>> = BTreeMap::new();
        for id in &rule.operations {
            let is_remote = *id == self.outbound || *id == self.network;
            let end = if is_remote { self.remote } else { self.local };
            ends.entry(end).or_default().push(*id);
        }
        let each = ends.into_iter().map(|(end, operations)| {
            let mut rule = rule.clone();
            rule.operations = operations;
            for one in &mut rule.filters {
                self.name(&mut one.filter, end);
            }
            rule
        });
        each.collect()
    }

    fn is_any_path(&self, test: &Test) -> bool {
        test.filter == self.path
            && matches!(&test.argument, Argument::Pattern(Pattern::Prefix(text)) if text.is_empty())
    }

    fn asks(&self, filter: &Filter) -> bool {
        match filter {
            Filter::Test(test) => self.is_any_path(test),
            Filter::Any(inner) | Filter::All(inner) => inner.iter().any(|one| self.asks(one)),
            Filter::Not(inner) => self.asks(inner),
        }
    }

    fn name(&self, filter: &mut Filter, end: FilterId) {
        match filter {
            Filter::Test(test) if self.is_any_path(test) => {
                *test = Test {
                    filter: end,
                    argument: Argument::Network(NetworkPattern {
                        protocol: Protocol::Unix,
                        host: Host::Any,
                        port: None,
                    }),
                };
            }
            Filter::Test(_) => {}
            Filter::Any(inner) | Filter::All(inner) => {
                inner.iter_mut().for_each(|one| self.name(one, end));
            }
            Filter::Not(inner) => self.name(inner, end),
        }
    }
}
