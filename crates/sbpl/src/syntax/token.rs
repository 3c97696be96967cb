//! Tokens and spans.

/// A range of bytes of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte, counted from 0.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The part of `text` it covers; empty if it does not fit the text.
    pub fn slice(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or("")
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Blanks, line ends, a byte order mark.
    Whitespace,
    /// `; …` or `#! …` up to the line end.
    LineComment,
    /// `#| … |#`, nesting.
    BlockComment,
    /// What templates have that a C compiler reads before anyone reads SBPL: a line of its
    /// preprocessor, `#if …`, or an end of the raw string around the text, `R"(` and `)"`.
    Directive,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `#(`
    VectorOpen,
    /// `'`
    Quote,
    /// `` ` ``
    Quasiquote,
    /// `,`
    Unquote,
    /// `,@`
    UnquoteSplicing,
    /// `"…"` with escapes.
    String,
    /// `#"…"`: no escapes, ends at the next quote.
    RawString,
    /// An integer or a decimal fraction.
    Number,
    /// `#t` or `#f`.
    Boolean,
    /// `#\x`
    Character,
    /// A lone `.`.
    Dot,
    /// Any other word.
    Symbol,
    /// A word that starts with `#` and has no meaning.
    Unknown,
}

impl TokenKind {
    /// Whether it is blank or comment.
    pub fn is_trivia(self) -> bool {
        matches!(
            self,
            Self::Whitespace | Self::LineComment | Self::BlockComment | Self::Directive
        )
    }
}

/// A token: a kind and the bytes it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}
