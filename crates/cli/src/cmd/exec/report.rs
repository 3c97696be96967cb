//! The short account of denials at the end of a run: what, by which rule, how often, and the one
//! rule that would allow it.

use lapbelt_learn::denial_rule::is_blank;
use lapbelt_learn::source::Profile;
use lapbelt_learn::suggest::suggest;
use lapbelt_policy::event::Event;
use lapbelt_policy::graph::Source;
use lapbelt_policy::world::World;
use lapbelt_sandbox::denial;

use crate::profile::place;

/// Different denials shown; what made a program fail is most likely among the last.
const SHOWN: usize = 8;

/// Denials of one run, folded.
#[derive(Default)]
pub(super) struct Report {
    /// First of its kind, what denied it, how often.
    kinds: Vec<(Event, String, u64)>,
}

/// What denied an event, as a person would look for it.
pub(super) fn place_of(event: &Event, profile: Option<&Profile>, world: &World) -> String {
    let Some(profile) = profile else {
        return "the profile".to_string();
    };
    if event.rule.is_none() && is_blank(event, world) {
        return "none: what it is about could not be told, or is lapbelt itself".to_string();
    }
    let by_default = || Source::OwnDefault(denial::defaulting(event, world, &profile.policy));
    place(
        &event.rule.map_or_else(by_default, Source::Rule),
        &profile.policy,
        world,
    )
}

impl Report {
    pub(super) fn add(&mut self, event: &Event, rule: String) {
        let same = |known: &&mut (Event, String, u64)| {
            known.0.operation == event.operation && known.0.values == event.values
        };
        match self.kinds.iter_mut().find(same) {
            Some(known) => known.2 += 1,
            None => self.kinds.push((event.clone(), rule, 1)),
        }
    }

    /// The account; `None` if nothing was denied.
    pub(super) fn text(&self, world: &World) -> Option<String> {
        if self.kinds.is_empty() {
            return None;
        }
        let total: u64 = self.kinds.iter().map(|kind| kind.2).sum();
        let calls = if total == 1 { "call" } else { "calls" };
        let mut text = format!("\nlapbelt: the profile denied {total} {calls}:\n");
        let earlier = self.kinds.len().saturating_sub(SHOWN);
        if earlier > 0 {
            text.push_str(&format!(
                "  … {earlier} more, which --violations FILE keeps, then\n"
            ));
        }
        let shown = &self.kinds[earlier..];
        // What differs in values that are not shown is one line.
        let mut lines: Vec<(String, u64)> = Vec::new();
        for (event, rule, count) in shown {
            let asked = denial::asked(event, world);
            let process = denial::escaped(event.process.as_bytes());
            let line = format!("  {asked} — {process}, by {rule}");
            match lines.iter_mut().find(|(known, _)| *known == line) {
                Some(known) => known.1 += count,
                None => lines.push((line, *count)),
            }
        }
        for (line, count) in lines {
            let times = if count == 1 {
                String::new()
            } else {
                format!(" ×{count}")
            };
            text.push_str(&format!("{line}{times}\n"));
        }
        text.push_str(if earlier > 0 {
            "this would allow the last:\n"
        } else {
            "this would allow them:\n"
        });
        for line in suggest(shown.iter().map(|kind| &kind.0), world).lines() {
            text.push_str(&format!("  {line}\n"));
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use lapbelt_policy::event::OwnedValue;
    use lapbelt_policy::request::{Endpoint, Transport};
    use lapbelt_policy::rule::Action;
    use lapbelt_policy::world::{FilterId, OperationId, shipped};

    use super::*;

    fn denied(process: &str, operation: OperationId, values: Vec<(FilterId, OwnedValue)>) -> Event {
        Event {
            time: 0,
            pid: 1,
            process: process.to_owned(),
            operation,
            values,
            decision: Action::Deny,
            rule: None,
            granted: false,
            errno: 1,
            exists: false,
        }
    }

    #[test]
    fn what_reads_the_same_is_one_line() {
        let world = shipped("linux").expect("shipped").expect("a good file");
        let operation = world.operation_named("network-outbound").expect("known").id;
        let filter = |name| world.filter_named(name).expect("known").id;
        let to = Endpoint::Internet {
            transport: Transport::Tcp,
            v6: false,
            loopback: true,
            port: 1,
        };
        let mut report = Report::default();
        for domain in [2, 30, 30] {
            let values = vec![
                (
                    filter("remote"),
                    OwnedValue::Endpoint(to, "127.0.0.1".to_owned()),
                ),
                (filter("socket-domain"), OwnedValue::Integer(domain)),
            ];
            let event = denied("nc", operation, values);
            report.add(&event, "p.sb:2:1".to_owned());
        }
        let text = report.text(&world).expect("a report");
        let line = "\n  network-outbound 127.0.0.1:1 — nc, by p.sb:2:1 ×3\n";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn the_name_of_a_process_adds_no_lines() {
        let world = shipped("linux").expect("shipped").expect("a good file");
        let mut report = Report::default();
        let operation = world.operation_named("system-socket").expect("known").id;
        let event = denied("x\n(allow d*)\x1b[31m", operation, vec![]);
        report.add(&event, "p.sb:2:1".to_owned());
        let text = report.text(&world).expect("a report");
        let line = "\n  system-socket — x\\n(allow d*)\\u{1b}[31m, by p.sb:2:1\n";
        assert!(text.contains(line), "{text}");
    }
}
