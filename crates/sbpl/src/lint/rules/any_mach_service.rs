//! Talking to every service.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::Probe;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB510",
    name: "any-mach-service",
    title: "a rule lets every Mach service be looked up",
    level: Level::Warning,
    explanation: "Services run outside the sandbox and do things on behalf of their callers; most \
        escapes from profiles went through one that the profile did not need to reach. Name the \
        services with global-name; a denied lookup is logged with its name.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow mach-lookup)\n",
        "(version 1)\n(deny default)\n\
         (allow mach-lookup (global-name \"com.apple.system.opendirectoryd.libinfo\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    if let Some(rule) = probe.allowed_by("mach-lookup", Some("lapbelt.sample"))
        && let Some(origin) = probe.rule(rule).origin
    {
        out.at(origin, "this rule lets every Mach service be looked up")
            .help("name the services with `(global-name \"…\")`");
    }
}
