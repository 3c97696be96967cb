//! Rules that are never reached.

use lapbelt_policy::graph::Idle;
use lapbelt_policy::rule::Action;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::idle::{IdlePart, label_sources};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: super::NEVER_DECIDES,
    name: "never-decides",
    title: "a rule or filter that never decides anything",
    level: Level::Warning,
    explanation: "Whatever it matches is decided before it is asked: by later rules on the same \
        operations, which are asked first, or because no request can match what it requires. \
        Decided exactly on the policy graph, over every path and name that there can be. A deny \
        that later allows swallow is `deny-swallowed`.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (literal \"/usr/lib/a\"))\n\
         (allow file-read* (subpath \"/usr\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for part in context.idle_parts() {
        if !part
            .whys
            .iter()
            .all(|why| !matches!(why, Idle::Redundant(_)))
            || is_deny_swallowed(context, part)
        {
            continue;
        }
        let impossible = part.whys.iter().all(|why| *why == Idle::Impossible);
        let why = if impossible {
            "no request can match it"
        } else {
            "whatever it matches is decided before it is asked"
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
    use lapbelt_policy::graph::Source;
    let sources = part.sources();
    part.rule.action == Action::Deny
        && part.whys.iter().all(|why| matches!(why, Idle::Shadowed(_)))
        && sources.iter().any(|source| match source {
            Source::Rule(r) => context.rules()[r.rule as usize].action == Action::Allow,
            Source::Implied(_) | Source::OwnDefault(_) => false,
        })
}
