//! What stays allowed under `(deny default)`.

use lapbelt_policy::graph::{Node, Source};
use lapbelt_policy::rule::{Action, Version};

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::listed;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB413",
    name: "left-allowed",
    title: "operations newer than the profile's version stay allowed under `(deny default)`",
    level: Level::Note,
    explanation: "Operations that came after a version of the language keep an own default of \
        allow in profiles of that version, so that old profiles go on working; neither \
        `(deny default)` nor a deny of their wildcard reaches them. Under version 1 a program may \
        still make hard links, clone files, map what it may read as code, make code at run time, \
        ask whether files exist and open IOKit services, as the bytes that 14.4.1 compiles show. A \
        deny by name takes it back. Only those six are looked at, of some sixty.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr/lib\"))\n",
        "(version 1)\n(deny default)\n(deny file-link file-clone file-map-executable)\n\
         (deny file-test-existence iokit-open-service dynamic-code-generation)\n\
         (allow file-read* (subpath \"/usr/lib\"))\n",
    ),
    check,
};

/// What matters most of what came later.
const LATER: &[&str] = &[
    "file-link",
    "file-clone",
    "file-map-executable",
    "file-test-existence",
    "iokit-open-service",
    "dynamic-code-generation",
];

fn check(context: &Context<'_>, out: &mut Sink) {
    let (Some(policy), Some(decider)) = (context.policy(), context.decider()) else {
        return;
    };
    let root = context.world.root();
    let denies = policy
        .rules
        .iter()
        .rfind(|rule| rule.filters.is_empty() && rule.operations.contains(&root));
    let Some(rule) = denies.filter(|rule| rule.action == Action::Deny) else {
        return;
    };
    let Some(origin) = context.place(rule) else {
        return;
    };
    let open: Vec<&str> = LATER
        .iter()
        .filter_map(|name| context.world.operation_named(name))
        .filter(|operation| operation.enforced || !context.asks_some_only())
        .filter(|operation| {
            let graph = decider.graph();
            matches!(
                graph.node(graph.entry(operation.id)),
                Node::Terminal {
                    action: Action::Allow,
                    source: Source::OwnDefault(id),
                } if id != root
            )
        })
        .map(|operation| operation.name.as_str())
        .collect();
    if open.is_empty() {
        return;
    }
    let number = match policy.version {
        Version::V1 => 1,
        Version::V2 => 2,
        Version::V3 => 3,
    };
    let message = format!(
        "version {number} leaves {} allowed",
        listed(open.iter().copied())
    );
    out.at(origin, message).help(format!(
        "where that matters, add `(deny {})`",
        open.join(" ")
    ));
}
