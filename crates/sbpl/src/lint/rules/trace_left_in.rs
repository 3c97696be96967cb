//! `(trace …)`.

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB008",
    name: "trace-left-in",
    title: "`(trace …)` was left in the profile",
    level: Level::Warning,
    explanation: "`(trace \"FILE\")` is a tool for writing profiles: older systems write a rule to \
        the file for whatever the profile would refuse, and current ones take the form without \
        effect. It has no place in a profile that is meant to protect. `lapbelt trace` learns \
        rules without it.",
    example: Example::new(
        "(version 1)\n(trace \"/tmp/trace.sb\")\n(deny default)\n",
        "(version 1)\n(deny default)\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let tree = &context.tree;
    if tree.defined().contains("trace") {
        return;
    }
    for form in tree
        .forms()
        .filter(|form| tree.head(*form) == Some("trace"))
    {
        let edit = tree.is_top_level(form).then(|| context.removal(form));
        out.at(
            tree.origin(form),
            "`(trace …)` has no place in a profile in use",
        )
        .fix("take it out", Effect::Keeps, edit);
    }
}
