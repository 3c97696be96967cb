//! Regular expressions of SBPL, compiled to a dense automaton.

mod parse;
mod syntax;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::{Anchored, Input};

pub use syntax::Syntax;

/// Most bytes of automaton one expression may need; above it the expression is refused.
const SIZE_LIMIT: usize = 8 << 20;

/// A compiled expression. Two are equal when their source texts are.
#[derive(Clone)]
pub struct Regex {
    source: Arc<str>,
    automaton: Arc<dense::DFA<Vec<u32>>>,
}

/// Why an expression was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", self.offset.map_or_else(String::new, |at| format!(" (at byte {at})")))]
pub struct RegexError {
    /// What is wrong.
    pub message: String,
    /// Byte offset in the expression, where known.
    pub offset: Option<usize>,
}

impl Regex {
    /// Compiles an SBPL regular expression.
    ///
    /// # Errors
    /// An expression that is ill-formed, with the offset, or that needs too large an automaton.
    pub fn new(source: &str) -> Result<Self, RegexError> {
        let error = |message: String| RegexError {
            message,
            offset: None,
        };
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .utf8(false)
                    .which_captures(WhichCaptures::None)
                    .nfa_size_limit(Some(SIZE_LIMIT)),
            )
            .build_from_hir(&parse::parse(source)?)
            .map_err(|e| error(e.to_string()))?;
        let automaton = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .start_kind(StartKind::Unanchored)
                    .dfa_size_limit(Some(SIZE_LIMIT))
                    .determinize_size_limit(Some(SIZE_LIMIT)),
            )
            .build_from_nfa(&nfa)
            .map_err(|e| error(e.to_string()))?;
        Ok(Self {
            source: source.into(),
            automaton: Arc::new(automaton),
        })
    }

    /// The expression as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Bytes its automaton occupies.
    pub fn size(&self) -> usize {
        self.automaton.memory_usage()
    }

    /// The automaton that searches for it. A state after a match is one step late.
    pub(crate) fn automaton(&self) -> &dense::DFA<Vec<u32>> {
        &self.automaton
    }

    /// Whether the expression is found anywhere in `text`. Never allocates.
    pub fn is_match(&self, text: &[u8]) -> bool {
        let input = Input::new(text).anchored(Anchored::No).earliest(true);
        matches!(self.automaton.try_search_fwd(&input), Ok(Some(_)))
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Regex({:?})", self.source)
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
