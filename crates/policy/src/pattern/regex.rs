//! Regular expressions of SBPL, compiled to an automaton.

mod automaton;
mod lower;
mod nodes;
mod syntax;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub(crate) use automaton::{Automaton, State};
use nodes::Nodes;
pub use syntax::Syntax;

/// A compiled expression. Two are equal when their source texts are.
#[derive(Clone)]
pub struct Regex {
    source: Arc<[u8]>,
    automaton: Arc<Automaton>,
}

/// Why an expression was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// It is ill-formed.
    #[error("{message} (at byte {offset})")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Byte offset in the expression.
        offset: usize,
    },
    /// Its automaton would be too large, or take too long to make.
    #[error(
        "its automaton would be too large (more than {} steps); say it more simply",
        automaton::MAX_STEPS
    )]
    TooLarge,
}

impl Regex {
    /// Compiles an SBPL regular expression.
    ///
    /// # Errors
    /// An expression that is ill-formed, with the offset, or that needs too large an automaton.
    pub fn new(source: impl AsRef<[u8]>) -> Result<Self, RegexError> {
        let source = source.as_ref();
        let nodes = Nodes::new(&Syntax::parse(source)?);
        let automaton = Automaton::new(&nodes).map_err(|_| RegexError::TooLarge)?;
        Ok(Self {
            source: source.into(),
            automaton: Arc::new(automaton),
        })
    }

    /// The expression in lower case, as [`Syntax::in_lower_case`] says; as it is written, where that
    /// says the same.
    ///
    /// # Errors
    /// If that needs too large an automaton.
    pub fn in_lower_case(&self) -> Result<Self, RegexError> {
        let lower = Syntax::parse(&self.source)?.in_lower_case();
        let written = self.source.to_ascii_lowercase();
        if Syntax::parse(&written).as_ref() == Ok(&lower) {
            return Self::new(written);
        }
        Self::new(lower.text())
    }

    /// An expression for a text in any case, as [`Syntax::in_either_case`] says.
    ///
    /// # Errors
    /// If that needs too large an automaton.
    pub(super) fn in_either_case(syntax: Syntax) -> Result<Self, RegexError> {
        Self::new(syntax.in_either_case().text())
    }

    /// The expression as written.
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// The expression as written, if it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.source).ok()
    }

    /// Bytes its automaton occupies.
    pub fn size(&self) -> usize {
        self.automaton.size()
    }

    /// Steps it took to make the automaton: nodes looked at, and entries of its table.
    pub fn steps(&self) -> usize {
        self.automaton.steps()
    }

    /// The automaton that searches for it.
    pub(crate) fn automaton(&self) -> &Automaton {
        &self.automaton
    }

    /// Whether the expression is found anywhere in `text`. Never allocates.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.automaton.is_match(text)
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Regex(\"{}\")", self.source.escape_ascii())
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.hash(state);
    }
}
