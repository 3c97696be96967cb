//! Unfiltered rules that do not override filtered ones.

use lapbelt_policy::rule::Action;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB406",
    name: "unfiltered-loses",
    title: "a later rule without filters does not override an earlier one with filters",
    level: Level::Warning,
    explanation: "A rule without filters says what happens when no rule with filters matches, \
        wherever it stands: `(deny network-outbound)` after \
        `(allow network-outbound (remote ip \"localhost:*\"))` leaves localhost allowed. To take \
        the earlier rule back, take it out, or deny with a filter that matches what it matches. If \
        the exception is meant, put the unfiltered rule first, where it reads as it works. Where \
        the rule does decide something else, or everything else is allowed, it is only a note.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow network-outbound (remote ip \"localhost:*\"))\n\
         (deny network-outbound)\n",
        "(version 1)\n(deny default)\n(deny network-outbound)\n\
         (allow network-outbound (remote ip \"localhost:*\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let root = context.world.root();
    let rules = context.rules();
    for (at, rule) in rules.iter().enumerate() {
        let Some(origin) = context.place(rule).filter(|_| rule.filters.is_empty()) else {
            continue;
        };
        for operation in rule.operations.iter().filter(|o| **o != root) {
            let mut earlier = rules[..at].iter().rev();
            let stands = earlier.find(|other| {
                other.action != rule.action
                    && !other.filters.is_empty()
                    && other.operations.contains(operation)
            });
            let Some(stands) = stands else { continue };
            let name = context.operation_name(*operation);
            let (verb, stays) = match rule.action {
                Action::Deny => ("deny", "allows"),
                Action::Allow => ("allow", "denies"),
            };
            let finding = out.at(
                origin,
                format!("this does not {verb} every `{name}`: an earlier rule with filters still {stays} some"),
            );
            finding
                .label(stands.origin, "this one goes first, though it is earlier")
                .help("put the rule without filters before the exceptions, or take them out");
            // One that has an effect besides may be there for it, with the others as exceptions.
            let mut idle = context.idle_parts().iter();
            let in_vain = idle.any(|part| part.is_whole && part.origin == origin);
            if rule.action == Action::Allow || !in_vain || !context.denies_by_default() {
                finding.level(Level::Note);
            }
            break;
        }
    }
}
