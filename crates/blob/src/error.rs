//! Why bytes are no compiled profile.

use crate::bytes::{ClaimError, ReadError};

/// What is wrong with the bytes, where, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They end too early.
    #[error(transparent)]
    Short(#[from] ReadError),
    /// Bytes with two owners, or none.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A value that the format or the world does not have.
    #[error("at byte {offset}: expected {expected}, found {found}")]
    Unexpected {
        /// Where, from the start of the file.
        offset: usize,
        /// What should be there.
        expected: String,
        /// What is.
        found: String,
    },
    /// No known layout reads them.
    #[error("no known layout reads these bytes\n{}", list(.0))]
    NoLayout(Vec<Rejection>),
}

/// A layout with what spoke against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Name of the layout.
    pub layout: &'static str,
    /// What it failed on.
    pub error: Box<DecodeError>,
}

fn list(rejections: &[Rejection]) -> String {
    let lines = rejections
        .iter()
        .map(|one| format!("  {}: {}", one.layout, one.error));
    lines.collect::<Vec<_>>().join("\n")
}

/// A value found where another was expected.
pub(crate) fn unexpected(
    offset: usize,
    expected: impl Into<String>,
    found: impl ToString,
) -> DecodeError {
    DecodeError::Unexpected {
        offset,
        expected: expected.into(),
        found: found.to_string(),
    }
}
