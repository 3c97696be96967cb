//! Paths with `..`, `.` or `//`.

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::{Example, Lint};
use crate::print::quote;

pub(super) static LINT: Lint = Lint {
    code: "LB204",
    name: "unnormalised-path",
    title: "a path with `..`, `.` or `//` in it",
    level: Level::Warning,
    explanation: "The kernel asks for resolved paths, which have neither `.` nor `..` nor an empty \
        component, so a rule with one never matches. Often a parameter ends in a slash and is put \
        before text that starts with one.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (literal \"/opt//tool/./config\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (literal \"/opt/tool/config\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for (leaf, text) in context.paths() {
        let Some(inner) = text.strip_prefix(b"/") else {
            continue;
        };
        // A slash at the end is another lint's.
        let inner = inner.strip_suffix(b"/").unwrap_or(inner);
        let odd = |part: &&[u8]| matches!(*part, b"" | b"." | b"..");
        let mut parts = inner.split(|byte| *byte == b'/');
        if inner.is_empty() {
            continue;
        }
        let Some(part) = parts.find(odd) else {
            continue;
        };
        let what = match part {
            b"" => "an empty component (`//`)",
            b"." => "a `.`",
            _ => "a `..`",
        };
        let climbs = inner.split(|byte| *byte == b'/').any(|part| part == b"..");
        let kept = inner.split(|byte| *byte == b'/').filter(|part| !odd(part));
        let mended = kept.fold(Vec::new(), |path, part| [&path[..], b"/", part].concat());
        // What `..` leads to depends on links.
        let edit = leaf.string.filter(|_| !climbs);
        let edit = edit.map(|id| context.replacement(id, quote(&mended)));
        out.at(
            leaf.origin,
            format!("the path has {what} and never matches"),
        )
        .help("write the resolved path")
        .fix(
            format!("write `{}`", String::from_utf8_lossy(&mended)),
            Effect::Changes,
            edit,
        );
    }
}
