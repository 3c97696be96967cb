//! `{3}`.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::regex_signs::signs;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB307",
    name: "regex-literal-braces",
    title: "`{n}` in a regular expression is only these characters",
    level: Level::Warning,
    explanation: "The expressions of profiles have no counted repetition: braces stand for \
        themselves. Write what is counted as often as it is meant, or `*`, `+` or `?` behind it; \
        where braces are meant, write `\\{`.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (regex #\"^/dev/ttys[0-9]{3}$\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (regex #\"^/dev/ttys[0-9][0-9][0-9]$\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for leaf in context.leaves() {
        let Some(count) = leaf.regex().and_then(count) else {
            continue;
        };
        out.at(
            leaf.origin,
            format!("`{count}` stands for itself here, it counts nothing"),
        )
        .help("write what is counted as often as it is meant");
    }
}

/// The first thing in an expression that other languages would count with.
fn count(source: &str) -> Option<&str> {
    let signs = signs(source);
    let mut open = signs
        .iter()
        .skip(1)
        .filter(|one| one.is_plain() && one.c == '{');
    open.find_map(|sign| {
        let (inner, _) = source[sign.at + 1..].split_once('}')?;
        let is_count = |c: char| c.is_ascii_digit() || c == ',';
        let counts = inner.starts_with(|c: char| c.is_ascii_digit()) && inner.chars().all(is_count);
        counts.then(|| &source[sign.at..sign.at + inner.len() + 2])
    })
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn only_counts_are_found() {
        for (source, found) in [
            ("^/dev/ttys[0-9]{3}$", Some("{3}")),
            ("a{2,}b{4}", Some("{2,}")),
            ("a{1,2}", Some("{1,2}")),
            (r"a\{3\}", None),
            ("[{3}]", None),
            ("[]{3}]", None),
            ("{3}", None),
            ("/{name}/{b{2}", Some("{2}")),
            ("a{x}", None),
            ("a{3", None),
        ] {
            assert_eq!(count(source), found, "{source}");
        }
    }
}
