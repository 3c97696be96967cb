//! Running any program.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::Probe;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB502",
    name: "exec-anything",
    title: "a rule lets any program be run",
    level: Level::Note,
    explanation: "What is run stays in the sandbox, but it brings its own abilities: an \
        interpreter, a debugger, a program that the user's other folders hold. Name the programs, \
        or at least the folders that nobody but the system writes.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow process-exec*)\n",
        "(version 1)\n(deny default)\n(allow process-exec* (subpath \"/usr/bin\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    let anywhere = Some("/private/tmp/lapbelt-sample");
    if let Some(rule) = probe.allowed_by("process-exec*", anywhere)
        && probe.is_everywhere(rule, "process-exec*")
        && let Some(origin) = probe.rule(rule).origin
    {
        out.at(origin, "this rule lets any program be run")
            .help("name the programs or folders: `(subpath \"/usr/bin\")`");
    }
}
