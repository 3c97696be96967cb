//! `\d`, `\w` and `\s`.

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB305",
    name: "regex-class-letter",
    title: "`\\d`, `\\w`, `\\s` or `\\b` in a regular expression is only the letter",
    level: Level::Warning,
    explanation: "The expressions of profiles are POSIX-like: a backslash takes the meaning from \
        what follows and gives none, so `\\d` is the letter d. Write `[0-9]`, `[A-Za-z0-9_]` or \
        `[[:space:]]`.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (regex #\"^/opt/tool-\\d+$\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (regex #\"^/opt/tool-[0-9]+$\"))\n",
    ),
    check,
};

const CLASSES: &[(char, &str)] = &[
    ('d', "[0-9]"),
    ('D', "[^0-9]"),
    ('w', "[A-Za-z0-9_]"),
    ('W', "[^A-Za-z0-9_]"),
    ('s', "[[:space:]]"),
    ('S', "[^[:space:]]"),
    ('b', ""),
];

fn check(context: &Context<'_>, out: &mut Sink) {
    for leaf in context.leaves() {
        let Some(source) = leaf.regex() else { continue };
        let (mut mended, mut first, mut class, mut can_mend) = (String::new(), None, false, true);
        let mut rest = source.chars();
        while let Some(c) = rest.next() {
            class = match c {
                '[' => true,
                ']' => false,
                _ => class,
            };
            let escaped = if c == '\\' { rest.next() } else { None };
            let known = escaped.and_then(|e| CLASSES.iter().find(|(letter, _)| *letter == e));
            match (known, escaped) {
                (Some((letter, meant)), _) => {
                    first = first.or(Some(*letter));
                    can_mend &= !class && !meant.is_empty();
                    mended.push_str(meant);
                }
                (None, Some(other)) => mended.extend(['\\', other]),
                (None, None) => mended.push(c),
            }
        }
        let Some(letter) = first else { continue };
        let raw = leaf
            .string
            .filter(|id| can_mend && context.tree.is_raw(*id));
        let edit = raw.map(|id| context.replacement(id, format!("#\"{mended}\"")));
        out.at(
            leaf.origin,
            format!("`\\{letter}` is the letter `{letter}` here, no class"),
        )
        .help("write the class in brackets, such as `[0-9]`")
        .fix(format!("write `{mended}`"), Effect::Changes, edit);
    }
}
