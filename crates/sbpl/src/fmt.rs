//! The house style for SBPL text: two columns of indent, 100 columns of width, comments where they
//! were, and nothing changed but white space.
//!
//! A list on one line that fits stays on one line; one that its author broke, or that does not
//! fit, gets a line for each part. What a text means is a matter of its tokens, so [`format()`]
//! compares those before and after and gives nothing out if one differs.

mod align;
mod layout;
mod measure;
mod parts;
mod style;

use crate::syntax::{self, Parse, SyntaxError, TokenKind};

/// Columns that a line should not exceed.
pub const WIDTH: usize = 100;

/// Why a text was not formatted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It is not well formed; the first finding.
    #[error("{0}")]
    Syntax(#[from] SyntaxError),
    /// A defect of the formatter, found before any harm was done: the result would not read as the
    /// same tokens.
    #[error("the formatted text would not mean the same")]
    Changed,
}

/// Formats a text. Line ends are those that the text has mostly; a byte order mark is dropped.
///
/// # Errors
/// A text that is not well formed. Lines of a C preprocessor, as templates have them, are kept.
pub fn format(text: &str) -> Result<String, FormatError> {
    let parse = syntax::parse(text);
    if let Some(error) = parse.errors().first() {
        return Err(error.clone().into());
    }
    let newline = newline(text);
    let lines = layout::lines(&parse);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in align::aligned(lines) {
        out.push_str(&line);
        out.push_str(newline);
    }
    let again = syntax::parse(&out);
    if tokens(&parse).ne(tokens(&again)) {
        return Err(FormatError::Changed);
    }
    Ok(out)
}

/// The line end that the text has mostly.
fn newline(text: &str) -> &'static str {
    let all = text.matches('\n').count();
    let long = text.matches("\r\n").count();
    if long * 2 > all { "\r\n" } else { "\n" }
}

/// Everything but white space. A comment ends where its text does.
fn tokens(parse: &Parse) -> impl Iterator<Item = (TokenKind, &str)> {
    let tokens = parse.tokens().iter();
    tokens
        .filter(|token| token.kind != TokenKind::Whitespace)
        .map(|token| {
            let text = token.span.slice(parse.text());
            match token.kind {
                TokenKind::LineComment | TokenKind::Directive => (token.kind, text.trim_end()),
                kind => (kind, text),
            }
        })
}
