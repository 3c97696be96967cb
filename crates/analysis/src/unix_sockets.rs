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
        if !rule.operations.iter().all(is_network) {
            return vec![rule.clone()];
        }
        let mut ends: BTreeMap<FilterId, Vec<OperationId>> = BTreeMap::new();
        for id in &rule.operations {
            let is_remote = *id == self.outbound || *id == self.network;
            let end = if is_remote { self.remote } else { self.local };
            ends.entry(end).or_default().push(*id);
        }
        let mut is_named = false;
        let each = ends.into_iter().map(|(end, operations)| {
            let mut rule = rule.clone();
            rule.operations = operations;
            for one in &mut rule.filters {
                is_named |= self.name(&mut one.filter, end);
            }
            rule
        });
        let each = each.collect();
        if is_named { each } else { vec![rule.clone()] }
    }

    fn is_any_path(&self, test: &Test) -> bool {
        test.filter == self.path
            && matches!(&test.argument, Argument::Pattern(Pattern::Prefix(text)) if text.is_empty())
    }

    /// Names what asks for any path, and says whether anything does.
    fn name(&self, filter: &mut Filter, end: FilterId) -> bool {
        match filter {
            Filter::Test(test) => {
                let is_any = self.is_any_path(test);
                if is_any {
                    *test = Test {
                        filter: end,
                        argument: Argument::Network(NetworkPattern {
                            protocol: Protocol::Unix,
                            host: Host::Any,
                            port: None,
                        }),
                    };
                }
                is_any
            }
            Filter::Any(inner) | Filter::All(inner) => {
                let mut is_any = false;
                for one in inner {
                    is_any |= self.name(one, end);
                }
                is_any
            }
            Filter::Not(inner) => self.name(inner, end),
        }
    }
}
