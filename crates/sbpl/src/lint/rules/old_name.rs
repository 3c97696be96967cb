//! Old names of operations, filters and modifiers.

use std::collections::BTreeMap;

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB101",
    name: "old-name",
    title: "an operation, filter or modifier is called by an old name",
    level: Level::Note,
    explanation: "Names change between releases, and the library around a profile keeps the old \
        ones for a while. The current name is the one that logs, denial messages and other \
        profiles use.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow ipc-posix-shm)\n(deny sysctl-read (with no-log))\n",
        "(version 1)\n(deny default)\n(allow ipc-posix-shm*)\n(deny sysctl-read (with no-report))\n",
    ),
    check,
};

/// Other names that are the usual ones.
const USUAL: &[&str] = &[
    "literal",
    "path-literal",
    "mount-relative-literal",
    "process-exec",
    "iokit-user-client-class",
    // One old operation became two; the alias names only one of them.
    "iokit-open",
];

fn check(context: &Context<'_>, out: &mut Sink) {
    let tree = &context.tree;
    let names: BTreeMap<&str, &str> = context.world.alias_names().collect();
    let defined = tree.defined();
    for (id, written) in tree.symbols() {
        let Some(current) = names.get(written) else {
            continue;
        };
        let in_form = tree.parent(id).and_then(|form| tree.head(form));
        let is_word = in_form.is_some_and(|head| {
            // As an operation, as a modifier, or as the head of a filter.
            matches!(head, "allow" | "deny" | "with") || head == written
        });
        if !is_word || USUAL.contains(&written) || defined.contains(written) {
            continue;
        }
        out.at(
            tree.origin(id),
            format!("`{written}` is an old name of `{current}`"),
        )
        .fix(
            format!("write `{current}`"),
            Effect::Keeps,
            Some(context.replacement(id, *current)),
        );
    }
}
