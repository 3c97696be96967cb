//! Patterns over paths and names.

pub mod regex;

use regex::{Regex, RegexError};

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
}
