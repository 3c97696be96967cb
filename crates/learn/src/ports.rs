//! Ports that the system hands out, as `*`: they differ from run to run.

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::filter::{Argument, Filter};
use lapbelt_policy::request::Endpoint;
use lapbelt_policy::world::{OperationId, World};

use crate::atom::Atom;

/// Where Linux starts to hand out ports, unless told otherwise (ip(7), `ip_local_port_range`).
const HANDED_OUT_FROM: u16 = 32_768;

/// High ports that operations met, run by run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ports {
    runs: Vec<BTreeSet<(OperationId, u16)>>,
}

impl Ports {
    /// Adds the ports of one run.
    pub(crate) fn add<'e>(&mut self, events: impl Iterator<Item = &'e Event>) {
        let ports = events.flat_map(|event| {
            event.values.iter().filter_map(|(_, value)| match value {
                OwnedValue::Endpoint(Endpoint::Internet { port, .. }, _)
                    if *port >= HANDED_OUT_FROM =>
                {
                    Some((event.operation, *port))
                }
                _ => None,
            })
        });
        self.runs.push(ports.collect());
    }

    /// The ports that one run alone met, of operations for which several runs met such ports.
    fn varying(&self) -> BTreeSet<(OperationId, u16)> {
        let mut runs_of: BTreeMap<(OperationId, u16), Vec<usize>> = BTreeMap::new();
        for (run, ports) in self.runs.iter().enumerate() {
            for port in ports {
                runs_of.entry(*port).or_default().push(run);
            }
        }
        let lone = runs_of.iter().filter(|(_, runs)| runs.len() == 1);
        let mut by_operation: BTreeMap<OperationId, BTreeSet<usize>> = BTreeMap::new();
        for ((operation, _), runs) in lone.clone() {
            by_operation.entry(*operation).or_default().extend(runs);
        }
        let varies = |operation: &OperationId| by_operation[operation].len() > 1;
        lone.map(|(port, _)| *port)
            .filter(|(operation, _)| varies(operation))
            .collect()
    }

    /// Replaces varying ports in rules by any port.
    pub(crate) fn generalise(&self, atoms: &mut [Atom]) {
        let varying = self.varying();
        for atom in atoms {
            let operation = atom.operation;
            if let Some(filter) = &mut atom.filter {
                replace(filter, &|port| varying.contains(&(operation, port)));
            }
        }
    }
}

/// Puts any port in the place of one that the system may have handed out to a listener. On Linux it
/// is known which it has, and told as port 0; the log of macOS does not show whether the program
/// chose it.
pub(crate) fn any_if_handed_out(atom: &mut Atom, world: &World) {
    if world.id() != "linux"
        && world.operation(atom.operation).name == "network-inbound"
        && let Some(filter) = &mut atom.filter
    {
        replace(filter, &|port| port >= HANDED_OUT_FROM);
    }
}

fn replace(filter: &mut Filter, varies: &dyn Fn(u16) -> bool) {
    match filter {
        Filter::Any(parts) | Filter::All(parts) => {
            parts.iter_mut().for_each(|part| replace(part, varies));
        }
        Filter::Not(inner) => replace(inner, varies),
        Filter::Test(test) => {
            if let Argument::Network(pattern) = &mut test.argument
                && pattern.port.is_some_and(|port| varies(port.get()))
            {
                pattern.port = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use lapbelt_policy::filter::{Host, NetworkPattern, Protocol, Test};
    use lapbelt_policy::request::Transport;
    use lapbelt_policy::rule::Action;
    use lapbelt_policy::world::{FilterId, OperationId};

    use super::*;

    const REMOTE: FilterId = FilterId(9);

    fn event(port: u16) -> Event {
        let endpoint = Endpoint::Internet {
            v6: false,
            transport: Transport::Tcp,
            loopback: true,
            port,
        };
        Event {
            time: 0,
            pid: 1,
            process: String::new(),
            operation: OperationId(112),
            values: vec![(REMOTE, OwnedValue::Endpoint(endpoint, String::new()))],
            decision: Action::Deny,
            rule: None,
            granted: true,
            errno: 0,
            exists: false,
        }
    }

    fn rule(port: u16) -> Atom {
        let pattern = NetworkPattern {
            protocol: Protocol::Ip,
            host: Host::Localhost,
            port: NonZeroU16::new(port),
        };
        let test = Test {
            filter: REMOTE,
            argument: Argument::Network(pattern),
        };
        Atom::allow(OperationId(112), Some(Filter::Test(test)))
    }

    /// Which of the ports are still named after runs that met these.
    fn named(runs: &[&[u16]], ports: &[u16]) -> Vec<u16> {
        let mut known = Ports::default();
        for run in runs {
            let events: Vec<Event> = run.iter().map(|port| event(*port)).collect();
            known.add(events.iter());
        }
        let mut atoms: Vec<Atom> = ports.iter().map(|port| rule(*port)).collect();
        known.generalise(&mut atoms);
        let kept = atoms
            .iter()
            .zip(ports)
            .filter(|(atom, port)| **atom == rule(**port));
        kept.map(|(_, port)| *port).collect()
    }

    #[test]
    fn ports_of_one_run_alone_become_any_port() {
        assert_eq!(
            named(&[&[40_001, 80], &[51_234, 80]], &[40_001, 51_234, 80]),
            [80]
        );
    }

    #[test]
    fn ports_that_come_again_stay() {
        assert_eq!(named(&[&[40_001], &[40_001]], &[40_001]), [40_001]);
        assert_eq!(
            named(&[&[40_001, 40_002]], &[40_001, 40_002]),
            [40_001, 40_002]
        );
    }
}
