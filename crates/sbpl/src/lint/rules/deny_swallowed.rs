//! Denials that a wider allow takes back.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::idle::label_sources;
use crate::lint::rules::never_decides::is_deny_swallowed;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB407",
    name: "deny-swallowed",
    title: "a deny that later, wider allows take back entirely",
    level: Level::Warning,
    explanation: "Among the rules of one operation the last match wins, so an allow that matches \
        all that an earlier deny does leaves nothing of it. Put the deny after the allow. Decided \
        exactly on the policy graph.",
    example: Example::new(
        "(version 1)\n(deny default)\n(deny file-read* (subpath \"/Users/me/.ssh\"))\n\
         (allow file-read* (subpath \"/Users/me\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/Users/me\"))\n\
         (deny file-read* (subpath \"/Users/me/.ssh\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for part in context.idle_parts() {
        if is_deny_swallowed(context, part) {
            let message = format!(
                "{} denies nothing: a later allow takes all of it back",
                part.name()
            );
            let finding = out.at(part.origin, message);
            finding.help("put the deny after the allow");
            label_sources(context, part, finding);
        }
    }
}
