//! A sandbox inside the sandbox.

use lapbelt_policy::rule::Action;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB511",
    name: "nested-sandbox",
    title: "a rule lets sandbox-exec be run inside this sandbox",
    level: Level::Warning,
    explanation: "A process that has a profile cannot be given another: sandbox-exec inside a \
        sandbox ends with \"sandbox_apply: Operation not permitted\". Build tools that bring their \
        own (SwiftPM, Homebrew, Nix, Bazel) need it switched off when they run in here, as with \
        `swift build --disable-sandbox`. Letting sandbox-exec leave the sandbox would only open a \
        way out.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow process-exec* (literal \"/usr/bin/sandbox-exec\"))\n",
        "(version 1)\n(deny default)\n(allow process-exec* (literal \"/usr/bin/swift\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for leaf in context.leaves() {
        if leaf.path() == Some(b"/usr/bin/sandbox-exec")
            && leaf.rule.action == Action::Allow
            && (leaf.rule.operations.iter())
                .any(|id| context.operation_name(*id).starts_with("process-exec"))
        {
            out.at(leaf.origin, "sandbox-exec fails inside a sandbox")
                .help("switch off the inner sandbox of the tool that calls it");
        }
    }
}
