//! `(with no-sandbox)`.

use lapbelt_policy::rule::Action;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB503",
    name: "exec-unsandboxed",
    title: "a rule lets a program run outside the sandbox",
    level: Level::Warning,
    explanation: "`(with no-sandbox)` on process-exec lets what is started leave the sandbox. Who \
        can make that program do something (by arguments, environment or files that it reads) is \
        out. Ping and other small set-user-id tools are the usual reason; make sure that the rule \
        names exactly one, and that nothing in the sandbox can write it.",
    example: Example::new(
        "(version 1)\n(deny default)\n\
         (allow process-exec* (literal \"/sbin/ping\") (with no-sandbox))\n",
        "(version 1)\n(deny default)\n(allow process-exec* (literal \"/sbin/ping\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(modifier) = context.world.modifier_named("no-sandbox") else {
        return;
    };
    for rule in context.rules() {
        let leaves = rule.modifiers.iter().any(|m| m.modifier == modifier.id);
        if leaves
            && rule.action == Action::Allow
            && let Some(origin) = context.place(rule)
        {
            let what = if rule.filters.is_empty() {
                "anything"
            } else {
                "what it names"
            };
            out.at(
                origin,
                format!("{what} is run outside the sandbox by this rule"),
            );
        }
    }
}
