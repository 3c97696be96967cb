//! Cuts a text into tokens.

use std::ops::Range;

use super::literal;
use super::token::{Span, Token, TokenKind};

/// Cuts `text` into tokens; concatenated they are the text again.
pub fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut starts_line = true;
    let wrapping = cpp_string(text);
    while start < text.len() {
        let rest = &text[start..];
        let mut marks = wrapping.iter().flatten();
        let mark = marks.find(|mark| mark.start == start);
        let directive = || directive_length(rest).filter(|_| starts_line);
        let (kind, length) = match mark.map(|mark| mark.len()).or_else(directive) {
            Some(length) => (TokenKind::Directive, length),
            None => next(rest),
        };
        starts_line =
            kind == TokenKind::Whitespace && (starts_line || rest[..length].contains('\n'));
        tokens.push(Token {
            kind,
            span: Span {
                start,
                end: start + length,
            },
        });
        start += length;
    }
    tokens
}

/// Both ends of the raw string of C++ that the whole text stands in, `R"MARK(` and `)MARK"`, as
/// templates have them that a compiler includes.
fn cpp_string(text: &str) -> Option<[Range<usize>; 2]> {
    let body = text.trim_matches(is_blank);
    let (mark, _) = body.strip_prefix("R\"")?.split_once('(')?;
    if mark.len() > 16 || mark.contains(|c: char| is_blank(c) || matches!(c, ')' | '\\')) {
        return None;
    }
    let inner = body.strip_suffix(&format!("){mark}\""))?;
    let start = text.len() - text.trim_start_matches(is_blank).len();
    let opened = start + mark.len() + 3;
    let closing = start + inner.len();
    let end = start + body.len();
    (opened <= closing).then_some([start..opened, closing..end])
}

/// Length of a line of a C preprocessor.
fn directive_length(rest: &str) -> Option<usize> {
    const WORDS: &[&str] = &[
        "if", "ifdef", "ifndef", "elif", "else", "endif", "include", "define", "undef", "error",
        "pragma",
    ];
    let line = rest.strip_prefix('#')?.trim_start_matches([' ', '\t']);
    let word = &line[..until(line, |c| !c.is_ascii_alphabetic())];
    let ends = !line[word.len()..].starts_with(|c: char| !is_blank(c) && c != '"' && c != '(');
    (WORDS.contains(&word) && ends).then(|| until(rest, |c| c == '\n'))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c' | '\u{feff}')
}

fn is_delimiter(c: char) -> bool {
    is_blank(c) || matches!(c, '(' | ')' | '"' | ';')
}

/// Kind and length of the first token of a text that is not empty.
fn next(rest: &str) -> (TokenKind, usize) {
    let mut chars = rest.chars();
    let first = chars.next().unwrap_or(' ');
    match first {
        c if is_blank(c) => (TokenKind::Whitespace, until(rest, |c| !is_blank(c))),
        ';' => (TokenKind::LineComment, until(rest, |c| c == '\n')),
        '(' => (TokenKind::Open, 1),
        ')' => (TokenKind::Close, 1),
        '\'' => (TokenKind::Quote, 1),
        '`' => (TokenKind::Quasiquote, 1),
        ',' if rest.starts_with(",@") => (TokenKind::UnquoteSplicing, 2),
        ',' => (TokenKind::Unquote, 1),
        '"' => (TokenKind::String, string_length(rest)),
        '#' => sharp(rest),
        _ => {
            let length = until(rest, is_delimiter);
            (word(&rest[..length]), length)
        }
    }
}

/// Bytes before the first character that `stop` accepts.
fn until(rest: &str, stop: impl Fn(char) -> bool) -> usize {
    rest.find(stop).unwrap_or(rest.len())
}

fn word(text: &str) -> TokenKind {
    if text == "." {
        TokenKind::Dot
    } else if literal::number(text).is_some() {
        TokenKind::Number
    } else {
        TokenKind::Symbol
    }
}

/// Length of `"…"`, or of everything if it is never closed.
fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn sharp(rest: &str) -> (TokenKind, usize) {
    match rest.as_bytes().get(1) {
        Some(b'(') => (TokenKind::VectorOpen, 2),
        Some(b'"') => {
            let end = rest[2..].find('"').map_or(rest.len(), |at| at + 3);
            (TokenKind::RawString, end)
        }
        Some(b'|') => {
            let length = block_comment_length(rest).unwrap_or(rest.len());
            (TokenKind::BlockComment, length)
        }
        Some(b'!') => (TokenKind::LineComment, until(rest, |c| c == '\n')),
        Some(b'\\') => {
            let Some(c) = rest[2..].chars().next() else {
                return (TokenKind::Unknown, 2);
            };
            let one = 2 + c.len_utf8();
            let more = if is_delimiter(c) {
                0
            } else {
                until(&rest[one..], is_delimiter)
            };
            (TokenKind::Character, one + more)
        }
        _ => {
            let length = until(rest, is_delimiter);
            let kind = match &rest[..length] {
                "#t" | "#f" => TokenKind::Boolean,
                text if literal::number(text).is_some() => TokenKind::Number,
                _ => TokenKind::Unknown,
            };
            (kind, length)
        }
    }
}

/// Length of `#|…|#`; `None` if it is never closed.
pub(super) fn block_comment_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (2, 1u32);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"|#") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else if bytes[at..].starts_with(b"#|") {
            depth += 1;
            at += 2;
        } else {
            at += 1;
        }
    }
    None
}
