//! The fewest rules that would allow what was denied.

use lapbelt_policy::event::Event;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::World;

use crate::atom::Atom;
use crate::denial_rule::{NetworkRules, atom_for};
use crate::ports::any_if_handed_out;
use crate::profile_text;

/// One rule per operation with all the filters its denials need, and a comment naming who asked.
/// Empty if nothing was denied.
pub fn suggest<'e>(events: impl IntoIterator<Item = &'e Event>, world: &World) -> String {
    let mut atoms: Vec<Atom> = Vec::new();
    for event in events
        .into_iter()
        .filter(|event| event.decision == Action::Deny)
    {
        let Some(mut atom) = atom_for(event, world, NetworkRules::Parsed) else {
            continue;
        };
        any_if_handed_out(&mut atom, world);
        match atoms.iter_mut().find(|known| known.same_rule(&atom)) {
            Some(known) => known.needed_by.extend(atom.needed_by),
            None => atoms.push(atom),
        }
    }
    profile_text::rules(&atoms, world)
}

#[cfg(test)]
mod tests {
    use lapbelt_policy::event::OwnedValue;
    use lapbelt_policy::request::{Endpoint, Transport};
    use lapbelt_policy::world::shipped;

    use super::*;

    #[test]
    fn a_listener_may_have_been_handed_a_high_port() {
        let suggested = |world: &str, operation: &str, filter: &str, port: u16| {
            let world = shipped(world).expect("shipped").expect("a good file");
            let endpoint = Endpoint::Internet {
                v6: false,
                transport: Transport::Tcp,
                loopback: true,
                port,
            };
            let filter = world.filter_named(filter).expect("known").id;
            let event = Event {
                time: 0,
                pid: 1,
                process: String::new(),
                operation: world.operation_named(operation).expect("known").id,
                values: vec![(filter, OwnedValue::Endpoint(endpoint, String::new()))],
                decision: Action::Deny,
                rule: None,
                granted: false,
                errno: 1,
                exists: false,
            };
            suggest([&event], &world)
        };
        let (linux, macos) = ("linux", "macos-14.4.1");
        for (world, operation, filter, port, wanted) in [
            (linux, "network-inbound", "local", 0, "localhost:*"),
            (linux, "network-inbound", "local", 59_637, "localhost:59637"),
            (macos, "network-inbound", "local", 59_637, "localhost:*"),
            (macos, "network-inbound", "local", 8_080, "localhost:8080"),
            (macos, "network-bind", "local", 59_637, "localhost:59637"),
            (
                macos,
                "network-outbound",
                "remote",
                59_637,
                "localhost:59637",
            ),
        ] {
            let text = suggested(world, operation, filter, port);
            assert!(text.contains(&format!("\"{wanted}\"")), "{text}");
        }
    }

    #[test]
    fn a_number_is_named_as_the_domain_beside_says() {
        let world = shipped("macos-14.4.1").expect("shipped").expect("good");
        let suggested = |values: &[(&str, i64)]| {
            let filter = |name: &str| world.filter_named(name).expect("known").id;
            let values = values.iter();
            let values = values.map(|(name, number)| (filter(name), OwnedValue::Integer(*number)));
            let event = Event {
                time: 0,
                pid: 1,
                process: String::new(),
                operation: world.operation_named("system-socket").expect("known").id,
                values: values.collect(),
                decision: Action::Deny,
                rule: None,
                granted: false,
                errno: 1,
                exists: true,
            };
            suggest([&event], &world)
        };
        let domain = |domain| suggested(&[("socket-domain", domain), ("socket-protocol", 2)]);
        assert!(domain(32).contains("(socket-protocol SYSPROTO_CONTROL)"));
        assert!(domain(2).contains("(socket-protocol IPPROTO_IGMP)"));
        assert!(domain(17).contains("(socket-protocol 2)"));
        assert!(suggested(&[("socket-protocol", 2)]).contains("(socket-protocol 2)"));
    }
}
