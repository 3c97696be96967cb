//! Paths that end in a slash.

use lapbelt_policy::pattern::Pattern;

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::{Example, Lint};
use crate::print::quote;

pub(super) static LINT: Lint = Lint {
    code: "LB202",
    name: "trailing-slash",
    title: "a literal or subpath that ends in a slash",
    level: Level::Warning,
    explanation: "The kernel's paths never end in a slash, but for the root itself. A literal with \
        one never matches, and a subpath with one does not match the folder itself, so that its \
        contents can be read and it cannot be listed. Often the slash comes in by a parameter: \
        give it without.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/opt/tool/\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/opt/tool\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for (leaf, text) in context.paths() {
        let what = match leaf.pattern() {
            Some(Pattern::Literal(_)) => "never matches",
            Some(Pattern::Subpath(_)) => "does not match the folder itself",
            _ => continue,
        };
        let trimmed = text.trim_ascii_end();
        let trimmed = match trimmed.iter().rposition(|byte| *byte != b'/') {
            Some(last) if trimmed.ends_with(b"/") => &trimmed[..=last],
            _ => continue,
        };
        let shown = String::from_utf8_lossy(trimmed);
        let edit = leaf
            .string
            .map(|id| context.replacement(id, quote(trimmed)));
        out.at(
            leaf.origin,
            format!("the path ends in a slash, so it {what}"),
        )
        .help(format!("write `{shown}`"))
        .fix(format!("write `{shown}`"), Effect::Changes, edit);
    }
}
