//! `(allow default)`.

use lapbelt_policy::rule::Action;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB411",
    name: "allow-default",
    title: "whatever the profile does not mention is allowed",
    level: Level::Note,
    explanation: "A profile that allows by default refuses only what somebody thought of, and every \
        new system brings operations that nobody did. What it leaves open is not found one by one \
        by the lints on dangerous rules. Start from `(deny default)`; `lapbelt workflow` learns \
        what a program needs.",
    example: Example::new(
        "(version 1)\n(allow default)\n(deny network*)\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr/lib\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let root = context.world.root();
    for rule in context.rules() {
        if rule.action == Action::Allow
            && rule.filters.is_empty()
            && rule.operations.contains(&root)
            && let Some(origin) = context.place(rule)
        {
            out.at(origin, "whatever the profile does not mention is allowed")
                .help("start from `(deny default)` and allow what is needed");
        }
    }
}
