//! Nothing about `default`.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB412",
    name: "no-default",
    title: "the profile does not say what happens to what it does not mention",
    level: Level::Note,
    explanation: "Without a rule on `default` everything unmentioned is denied. It is the right \
        choice, but a reader must know it: write `(deny default)`. It may stand anywhere.",
    example: Example::new(
        "(version 1)\n(allow file-read* (subpath \"/usr/lib\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr/lib\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let root = context.world.root();
    let subject = context.subject;
    let says = |rule: &lapbelt_policy::rule::Rule| rule.operations.contains(&root);
    if context.rules().is_empty()
        || subject.lacks_version
        || !subject.missing_imports.is_empty()
        || context.rules().iter().any(says)
    {
        return;
    }
    out.at(context.start(), "the profile has no rule on `default`")
        .help("write `(deny default)`, which is what holds anyway");
}
