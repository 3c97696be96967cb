//! Operations that reach beyond the program.

use std::collections::BTreeMap;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::{Probe, listed};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB501",
    name: "privileged-operation",
    title: "a rule allows operations that change the system or take over other processes",
    level: Level::Warning,
    explanation: "Task ports and the host port give control over other processes and the machine; \
        loading kernel extensions, mounting, rebooting, setting the clock or firmware variables \
        change it for everybody. Ordinary permissions still apply, but a sandbox is there for the \
        day when the program runs as more than it should. The profile is asked about each; rules \
        with filters of their own, and `(allow default)`, are not found.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow mach-priv* system*)\n",
        "(version 1)\n(deny default)\n(allow system-socket)\n",
    ),
    check,
};

const OPERATIONS: &[&str] = &[
    "mach-priv-host-port",
    "mach-priv-task-port",
    "system-kext-load",
    "system-kext-unload",
    "system-reboot",
    "system-set-time",
    "system-swap",
    "system-acct",
    "system-kas-info",
    "system-privilege",
    "system-suspend-resume",
    "nvram-set",
    "nvram-delete",
    "file-mount",
    "file-mount-update",
    "file-chroot",
    "system-nfssvc",
];

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    let mut open: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for operation in OPERATIONS {
        if let Some(rule) = probe.allowed_by(operation, None) {
            open.entry(rule).or_default().push(operation);
        }
    }
    for (rule, operations) in open {
        if let Some(origin) = probe.rule(rule).origin {
            let shown = operations.len().min(5);
            let more = operations.len() - shown;
            let mut names = listed(operations[..shown].iter().copied());
            if more > 0 {
                names = format!("{} and {more} more", operations[..shown].join(", "));
            }
            out.at(origin, format!("this rule allows {names}"))
                .help("name the single operations that are needed, with filters");
        }
    }
}
