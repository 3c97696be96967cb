//! Operations that decide nothing any more.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB102",
    name: "no-effect-operation",
    title: "a rule names an operation that is known and decides nothing",
    level: Level::Note,
    explanation: "Current systems still accept some operations of older ones without ever asking \
        for them, so that old profiles go on working. A rule on one neither allows nor denies \
        anything.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow mach-per-user-lookup)\n",
        "(version 1)\n(deny default)\n",
    ),
    check,
};

/// The names that the prelude binds to an operation without effect.
const NAMES: &[&str] = &[
    "ipc-posix-shm-read-metadata",
    "mach-per-user-lookup",
    "system-chud",
    "qtn-download",
];

fn check(context: &Context<'_>, out: &mut Sink) {
    let tree = &context.tree;
    for (id, name) in tree.symbols() {
        let rule = tree.parent(id).and_then(|form| tree.head(form));
        if NAMES.contains(&name)
            && matches!(rule, Some("allow" | "deny"))
            && context.world.operation_named(name).is_none()
        {
            out.at(
                tree.origin(id),
                format!("`{name}` is accepted and decides nothing"),
            );
        }
    }
}
