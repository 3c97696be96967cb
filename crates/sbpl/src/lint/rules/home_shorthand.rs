//! `~` and `$HOME`.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB205",
    name: "home-shorthand",
    title: "`~` or `$HOME` in a path",
    level: Level::Warning,
    explanation: "No shell reads a profile: `~` and `$HOME` are ordinary characters in it and stand \
        for nothing. Pass the folder with `-D HOME=\"$HOME\"` and write \
        `(string-append (param \"HOME\") \"/.config\")`.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"~/.config\"))\n",
        "(version 1)\n(deny default)\n(define home (param \"HOME\"))\n\
         (if home (allow file-read* (subpath (string-append home \"/.config\"))))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for leaf in context.leaves() {
        if context.world.filter(leaf.test.filter).name != "path" {
            continue;
        }
        let text = match (leaf.path(), leaf.regex()) {
            (Some(text), _) => text,
            (None, Some(source)) => source.trim_start_matches('^').as_bytes(),
            (None, None) => continue,
        };
        let shorthand = if text == b"~" || text.starts_with(b"~/") {
            "~"
        } else if text.starts_with(b"$HOME") || text.starts_with(b"\\$HOME") {
            "$HOME"
        } else {
            continue;
        };
        out.at(
            leaf.origin,
            format!("`{shorthand}` stands for nothing in a profile, and this never matches"),
        )
        .help("write `(string-append (param \"HOME\") \"/…\")` and pass -D HOME=\"$HOME\"");
    }
}
