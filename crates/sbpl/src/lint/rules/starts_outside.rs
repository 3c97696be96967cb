//! Having others do it.

use std::collections::BTreeMap;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::{Probe, listed};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB509",
    name: "starts-outside",
    title: "a rule lets programs be started or steered outside the sandbox",
    level: Level::Warning,
    explanation: "job-creation hands jobs to launchd, lsopen has LaunchServices open a program, \
        and an Apple event tells another program what to do: none of them runs in this sandbox. \
        Apple events can be bound to one destination: \
        `(allow appleevent-send (appleevent-destination \"com.apple.finder\"))`. The others have \
        no filter and are best left out.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow appleevent-send lsopen)\n",
        "(version 1)\n(deny default)\n(allow appleevent-send\n    \
         (appleevent-destination \"com.apple.systemevents\"))\n",
    ),
    check,
};

const OPERATIONS: &[(&str, &str)] = &[
    ("appleevent-send", "Apple events to any program"),
    ("job-creation", "launchd jobs"),
    ("lsopen", "opening programs by LaunchServices"),
];

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    let mut open: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for (operation, what) in OPERATIONS {
        let target = (*operation == "appleevent-send").then_some("lapbelt.sample");
        if let Some(rule) = probe.allowed_by(operation, target) {
            open.entry(rule).or_default().push(what);
        }
    }
    for (rule, what) in open {
        if let Some(origin) = probe.rule(rule).origin {
            out.at(origin, format!("this rule allows {}", listed(what)));
        }
    }
}
