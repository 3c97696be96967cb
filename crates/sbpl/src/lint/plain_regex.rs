//! Regular expressions that say no more than a literal, a prefix or a subpath does.

use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;

use super::regex_signs::signs;

/// Makes the pattern of a plain text.
type Make = fn(Vec<u8>) -> Pattern;

/// Endings after the plain text, with what the whole then is.
const ENDINGS: &[(&str, Make)] = &[
    ("", Pattern::Prefix),
    (".*", Pattern::Prefix),
    (".*$", Pattern::Prefix),
    ("(.*)", Pattern::Prefix),
    ("(.*)$", Pattern::Prefix),
    ("$", Pattern::Literal),
    ("(/|$)", Pattern::Subpath),
    ("($|/)", Pattern::Subpath),
    ("(/.*)?$", Pattern::Subpath),
    ("(/.*|$)", Pattern::Subpath),
    ("($|/.*)", Pattern::Subpath),
    ("(|/.*)$", Pattern::Subpath),
];

/// The plain pattern that matches exactly what an expression does.
pub(super) fn plain(regex: &Regex) -> Option<Pattern> {
    let rest = regex.text()?.strip_prefix('^')?;
    let (text, rest) = literal(rest);
    let (_, make) = ENDINGS.iter().find(|(ending, _)| *ending == rest)?;
    let pattern = make(text.clone());
    let sensible = match &pattern {
        Pattern::Subpath(text) => !text.is_empty() && !text.ends_with(b"/"),
        _ => !text.is_empty(),
    };
    (sensible && agree(regex, &pattern, &text)).then_some(pattern)
}

/// The text that an expression has to start with when it is anchored: its literal characters before
/// the first sign that means more, unescaped, and what is left.
pub(super) fn literal(source: &str) -> (Vec<u8>, &str) {
    let (mut text, signs) = (String::new(), signs(source));
    for (index, sign) in signs.iter().enumerate() {
        // A sign after it makes it repeated or optional.
        let after = signs.get(index + 1);
        let is_repeated = after.is_some_and(|one| one.is_plain() && "*+?".contains(one.c));
        let means_more = sign.is_plain() && ".*+?()[|^$\\".contains(sign.c);
        if means_more || is_repeated {
            return (text.into_bytes(), &source[sign.at..]);
        }
        text.push(sign.c);
    }
    (text.into_bytes(), "")
}

/// Whether both say the same of texts at and around the boundary: a guard against an ending that
/// would be read wrongly above.
fn agree(regex: &Regex, pattern: &Pattern, text: &[u8]) -> bool {
    let mut samples: Vec<Vec<u8>> = vec![Vec::new(), text[..text.len() - 1].to_vec()];
    for before in [&b""[..], b"/", b"x", b"\n"] {
        for after in [&b""[..], b"/", b"/x", b"x", b"\n", b"//", b"/x/y\n"] {
            samples.push([before, text, after].concat());
        }
    }
    let doubled = text.to_ascii_uppercase();
    samples.push(doubled);
    samples
        .iter()
        .all(|sample| regex.is_match(sample) == pattern.matches(sample))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> Option<Pattern> {
        plain(&Regex::new(source).expect("a good expression"))
    }

    #[test]
    fn finds_what_is_plain() {
        assert_eq!(of("^/a\\.b$"), Some(Pattern::Literal(b"/a.b".to_vec())));
        assert_eq!(of("^/a/"), Some(Pattern::Prefix(b"/a/".to_vec())));
        assert_eq!(of("^/a/.*"), Some(Pattern::Prefix(b"/a/".to_vec())));
        assert_eq!(of("^/a($|/)"), Some(Pattern::Subpath(b"/a".to_vec())));
    }

    #[test]
    fn leaves_alone_what_is_not() {
        for source in [
            "/a$",
            "^/a.b$",
            "^/a+$",
            "^/a|/b$",
            "^/a/(/|$)",
            "^/[ab]$",
            "^/a$|x",
            "^/é*",
        ] {
            assert_eq!(of(source), None, "{source}");
        }
    }
}
