//! Rules that are never reached.

use lapbelt_policy::graph::Idle;
use lapbelt_policy::rule::Action;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::idle::{IdlePart, label_sources};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB401",
    name: "never-decides",
    title: "a rule or filter that never decides anything",
    level: Level::Warning,
    explanation: "Whatever it matches is decided the other way before it is asked, by later rules \
        on the same operations, or no request can match what it requires. Decided exactly on the \
        policy graph, over every path and name that there can be. A deny that later allows swallow \
        is `deny-swallowed`; a rule that others only repeat is `redundant-rule`.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (literal \"/opt/secret/a\"))\n\
         (deny file-read* (subpath \"/opt/secret\"))\n",
        "(version 1)\n(deny default)\n(deny file-read* (subpath \"/opt/secret\"))\n\
         (allow file-read* (literal \"/opt/secret/a\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for part in context.idle_parts() {
        if is_deny_swallowed(context, part) {
            continue;
        }
        let impossible = part.whys.iter().all(|why| *why == Idle::Impossible);
        let why = if impossible && !part.has_stand_in() {
            "no request can match it"
        } else if part.is_overruled(context) {
            "later rules decide the other way first"
        } else {
            continue;
        };
        let finding = out.at(
            part.origin,
            format!("{} never decides anything: {why}", part.name()),
        );
        label_sources(context, part, finding);
    }
}

/// A deny that only later allows keep from deciding.
pub(super) fn is_deny_swallowed(context: &Context<'_>, part: &IdlePart<'_>) -> bool {
    part.rule.action == Action::Deny && part.is_overruled(context)
}
