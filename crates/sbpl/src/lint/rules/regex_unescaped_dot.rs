//! A dot that stands for any character.

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
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
    let bytes = source.as_bytes();
    let (mut out, mut class, mut at) = (String::new(), false, 0);
    let word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    for (index, c) in source.char_indices() {
        if index < at {
            out.push(c);
            continue;
        }
        match c {
            '\\' => at = index + 2,
            '[' => class = true,
            ']' => class = false,
            '.' if !class => {
                let before = index.checked_sub(1).and_then(|i| bytes.get(i));
                let escaped_before = index >= 2 && bytes[index - 2] == b'\\';
                let starts = before == Some(&b'/');
                if (word(before) && !escaped_before || starts) && word(bytes.get(index + 1)) {
                    out.push('\\');
                }
            }
            _ => {}
        }
        out.push(c);
    }
    out
}
