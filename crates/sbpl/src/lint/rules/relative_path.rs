//! Paths that do not start at the root.

use lapbelt_policy::pattern::Pattern;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB203",
    name: "relative-path",
    title: "a path that does not start with a slash",
    level: Level::Warning,
    explanation: "A profile knows no current folder. The kernel's paths are absolute, so a relative \
        one never matches; but every path starts with nothing, so an empty subpath or prefix, as an \
        empty parameter makes it, matches all. Pass the folder as a parameter and put the path \
        together: `(string-append (param \"PROJECT\") \"/src\")`.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"src\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/Users/me/project/src\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for (leaf, text) in context.paths() {
        if text.is_empty() {
            let message = match leaf.pattern() {
                Some(Pattern::Subpath(_)) => "an empty subpath matches every path",
                Some(Pattern::Prefix(_)) => "an empty prefix matches every path",
                _ => "an empty path never matches",
            };
            out.at(leaf.origin, message);
        } else if !text.starts_with(b"/") && !text.starts_with(b"~") && !text.starts_with(b"$") {
            let shown = String::from_utf8_lossy(text);
            out.at(
                leaf.origin,
                format!("`{shown}` is no absolute path and never matches"),
            );
        }
    }
}
