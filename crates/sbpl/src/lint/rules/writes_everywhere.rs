//! Writing anywhere, and raw disks.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::Probe;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB507",
    name: "writes-everywhere",
    title: "a rule lets files be written anywhere",
    level: Level::Warning,
    explanation: "Only ordinary permissions are left: every file of the user can be changed or \
        encrypted, and code put where it will be run. Name the folders that the program writes; \
        `lapbelt workflow` finds them.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-write* (subpath \"/\"))\n",
        "(version 1)\n(deny default)\n(allow file-write* (subpath \"/Users/me/project\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    if let Some(rule) = probe.allowed_by("file-write-create", Some("/lapbelt-sample"))
        && probe.is_everywhere(rule, "file-write-create")
        && let Some(origin) = probe.rule(rule).origin
    {
        out.at(origin, "this rule lets files be written anywhere")
            .help("name the folders that are to be written");
    }
}
