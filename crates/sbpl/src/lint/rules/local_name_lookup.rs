//! `local-name` on mach-lookup.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB409",
    name: "local-name-lookup",
    title: "`local-name` on mach-lookup never matches a lookup through launchd",
    level: Level::Note,
    explanation: "Services that launchd registers are asked by global-name. A rule with local-name \
        compiles, and on 14.4.1 no lookup of such a service was seen to match it. Write \
        global-name.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow mach-lookup (local-name \"com.example.helper\"))\n",
        "(version 1)\n(deny default)\n(allow mach-lookup (global-name \"com.example.helper\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(lookup) = context.world.operation_named("mach-lookup") else {
        return;
    };
    for leaf in context.leaves() {
        if context.world.filter(leaf.test.filter).name == "local-name"
            && leaf.rule.operations.contains(&lookup.id)
            && !has_global_name(context, leaf)
        {
            out.at(
                leaf.origin,
                "`local-name` matches no lookup through launchd",
            )
            .help("write `global-name`");
        }
    }
}

/// Whether the profile names the service by global-name as well, to be sure.
fn has_global_name(context: &Context<'_>, leaf: &crate::lint::leaf::Leaf<'_>) -> bool {
    context.leaves().iter().any(|other| {
        context.world.filter(other.test.filter).name == "global-name"
            && other.test.argument == leaf.test.argument
    })
}
