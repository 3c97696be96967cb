//! Shell patterns in a literal or subpath.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB206",
    name: "glob-in-path",
    title: "`*` or `?` in a path that is no regular expression",
    level: Level::Warning,
    explanation: "literal, prefix and subpath take a path as it is; `*` in one is the character, \
        not \"anything\", so the rule matches nothing that exists. Write a regular expression: \
        `[^/]*` is what `*` is in a shell.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/Users/*/Library/Fonts\"))\n",
        "(version 1)\n(deny default)\n\
         (allow file-read* (regex #\"^/Users/[^/]*/Library/Fonts(/|$)\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for (leaf, text) in context.paths() {
        let sign = text.iter().find(|byte| matches!(byte, b'*' | b'?'));
        if let Some(sign) = sign.copied().map(char::from) {
            out.at(leaf.origin, format!("`{sign}` stands for itself in a path"))
                .help("write `(regex #\"^…\")`, with `[^/]*` for any name");
        }
    }
}
