//! A dot that stands for any character.

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::regex_signs::{Sign, signs};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB303",
    name: "regex-unescaped-dot",
    title: "a dot within a name in a regular expression stands for any character",
    level: Level::Note,
    explanation: "`com.apple.foo` as an expression also matches `comXappleXfoo`. Write `\\.` for a \
        dot, in a raw string (`#\"…\"`), which keeps the backslash.",
    example: Example::new(
        "(version 1)\n(deny default)\n\
         (allow mach-lookup (global-name-regex #\"^com.example.helper[0-9]+$\"))\n",
        "(version 1)\n(deny default)\n\
         (allow mach-lookup (global-name-regex #\"^com\\.example\\.helper[0-9]+$\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for leaf in context.leaves() {
        let Some(source) = leaf.regex() else { continue };
        let mended = escaped(source);
        if mended == source {
            continue;
        }
        // In an ordinary string the backslash was most likely there and got lost.
        let raw = leaf.string.filter(|id| context.tree.is_raw(*id));
        let ordinary = leaf.string.is_some() && raw.is_none();
        if ordinary && super::regex_lost_backslash::lost(context, leaf).is_some() {
            continue;
        }
        let edit = raw.map(|id| context.replacement(id, format!("#\"{mended}\"")));
        out.at(leaf.origin, "a dot stands for any character here")
            .help("write `\\.` for a dot, in a raw string")
            .fix(format!("write `{mended}`"), Effect::Changes, edit);
    }
}

/// The expression with a backslash before each dot that stands between two letters or digits, or
/// between a slash and a letter, and is not repeated.
fn escaped(source: &str) -> String {
    let word =
        |sign: &Sign<'_>| sign.is_plain() && (sign.c.is_ascii_alphanumeric() || sign.c == '_');
    let (mut out, signs) = (String::new(), signs(source));
    for (index, sign) in signs.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| &signs[index]);
        let is_within = before.is_some_and(|one| word(one) || one.c == '/')
            && signs.get(index + 1).is_some_and(word);
        if sign.c == '.' && sign.is_plain() && is_within {
            out.push('\\');
        }
        out.push_str(sign.text);
    }
    out
}
