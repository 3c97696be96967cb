//! Filters on operations that do not have their value, and modifiers that they do not take.

use crate::diag::Code;
use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB408",
    name: "filter-not-applicable",
    title: "a filter or modifier on an operation that has no use for it",
    level: Level::Warning,
    explanation: "A path literal on a name operation compiles and never matches: the requests have \
        no path to compare. An allow with it allows nothing, a deny denies nothing. Use the filter \
        that belongs to the operation: ipc-posix-name for shared memory and semaphores, \
        global-name for mach-lookup, sysctl-name for sysctl-read. In the same way some modifiers are \
        for a few operations: no-sandbox for process-exec, no-times for file-read-metadata.",
    example: Example::new(
        "(version 1)\n(deny default)\n\
         (allow ipc-posix-shm-read-data (literal \"apple.shm.notification_center\"))\n",
        "(version 1)\n(deny default)\n\
         (allow ipc-posix-shm-read-data (ipc-posix-name \"apple.shm.notification_center\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let codes = [Code::FilterNotApplicable, Code::ModifierNotApplicable];
    for warning in context.warnings().filter(|d| codes.contains(&d.code)) {
        if let Some(origin) = warning.origin {
            let finding = out.at(origin, warning.message.clone());
            finding.help.clone_from(&warning.help);
        }
    }
}
