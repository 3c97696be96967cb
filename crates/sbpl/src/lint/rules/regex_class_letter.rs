//! `\d`, `\w` and `\s`.

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::regex_signs::signs;
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
        let (mut mended, mut first, mut can_mend) = (String::new(), None, true);
        for sign in signs(source) {
            let known = CLASSES.iter().find(|(letter, _)| *letter == sign.c);
            match known.filter(|_| sign.is_escaped) {
                Some((letter, meant)) => {
                    first = first.or(Some(*letter));
                    can_mend &= !sign.in_class && !meant.is_empty();
                    mended.push_str(meant);
                }
                None => mended.push_str(sign.text),
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
