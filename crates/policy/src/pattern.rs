//! Patterns over paths and names.

pub mod regex;

use regex::{Regex, RegexError, Syntax};

/// A pattern as a profile wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// The text itself.
    Literal(Vec<u8>),
    /// Any text that starts so.
    Prefix(Vec<u8>),
    /// The path itself or anything below it, on a component boundary.
    Subpath(Vec<u8>),
    /// A regular expression, searched for anywhere unless anchored.
    Regex(Regex),
}

impl Pattern {
    /// Whether `text` is in the pattern's language. Never allocates.
    pub fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Literal(literal) => text == literal,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Subpath(base) => match text.strip_prefix(base.as_slice()) {
                Some(rest) => rest.is_empty() || rest[0] == b'/' || base.ends_with(b"/"),
                None => false,
            },
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// The pattern in lower case, as compiled profiles of some worlds hold patterns of paths.
    ///
    /// # Errors
    /// If it is an expression that needs too large an automaton in lower case.
    pub fn in_lower_case(&self) -> Result<Self, RegexError> {
        Ok(match self {
            Self::Literal(text) => Self::Literal(text.to_ascii_lowercase()),
            Self::Prefix(text) => Self::Prefix(text.to_ascii_lowercase()),
            Self::Subpath(text) => Self::Subpath(text.to_ascii_lowercase()),
            Self::Regex(regex) => Self::Regex(regex.in_lower_case()?),
        })
    }

    /// The pattern for a text in any case: it accepts what the pattern in lower case accepts of the
    /// text in lower case.
    ///
    /// # Errors
    /// If it needs too large an automaton.
    pub fn in_either_case(&self) -> Result<Self, RegexError> {
        let exact = |text: &[u8], end: Vec<Syntax>| {
            let bytes = text.iter().copied().map(Syntax::Byte);
            let parts = [Syntax::Start].into_iter().chain(bytes).chain(end);
            Regex::in_either_case(Syntax::Sequence(parts.collect()))
        };
        let regex = match self {
            Self::Literal(text) => exact(text, vec![Syntax::End]),
            Self::Prefix(text) => exact(text, Vec::new()),
            Self::Subpath(text) if text.ends_with(b"/") => exact(text, Vec::new()),
            Self::Subpath(text) => {
                let ends = vec![Syntax::End, Syntax::Byte(b'/')];
                exact(text, vec![Syntax::Alternation(ends)])
            }
            Self::Regex(regex) => Regex::in_either_case(Syntax::parse(regex.source())?),
        };
        regex.map(Self::Regex)
    }
}
