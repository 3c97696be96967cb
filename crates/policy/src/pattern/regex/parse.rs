//! The syntax of SBPL regular expressions.
//!
//! ```text
//! alternation = sequence { "|" sequence }
//! sequence    = { repeated }
//! repeated    = atom { "*" | "+" | "?" }
//! atom        = "(" alternation ")" | "[" class "]" | "." | "^" | "$" | "\" BYTE | BYTE
//! ```
//!
//! It works on bytes. There is no counted repetition, `{` and `}` stand for themselves; a backslash
//! takes the meaning from the byte after it and gives none; a second repetition sign repeats the
//! whole before it. Within a class, `]` first and `-` first or last stand for themselves.

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, Look, Repetition};

use super::RegexError;

/// How deep groups may nest: the parser and the compiler recurse that far.
const MAX_DEPTH: usize = 100;

/// Parses an expression.
pub(super) fn parse(source: &str) -> Result<Hir, RegexError> {
    let mut parser = Parser {
        source: source.as_bytes(),
        at: 0,
        depth: 0,
    };
    let hir = parser.alternation()?;
    match parser.peek() {
        None => Ok(hir),
        Some(_) => Err(error("`)` without `(`", parser.at)),
    }
}

struct Parser<'a> {
    source: &'a [u8],
    at: usize,
    depth: usize,
}

fn error(message: &str, offset: usize) -> RegexError {
    RegexError {
        message: message.to_owned(),
        offset: Some(offset),
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// The next byte, or an error at `start` that says what lacks its end.
    fn next(&mut self, unfinished: &str, start: usize) -> Result<u8, RegexError> {
        let byte = self.peek().ok_or_else(|| error(unfinished, start))?;
        self.at += 1;
        Ok(byte)
    }

    fn alternation(&mut self) -> Result<Hir, RegexError> {
        let mut branches = vec![self.sequence()?];
        while self.eat(b'|') {
            branches.push(self.sequence()?);
        }
        Ok(Hir::alternation(branches))
    }

    fn sequence(&mut self) -> Result<Hir, RegexError> {
        let mut parts = Vec::new();
        while let Some(byte) = self.peek() {
            if matches!(byte, b'|' | b')') {
                break;
            }
            let atom = self.atom(byte)?;
            parts.push(self.repeated(atom));
        }
        Ok(Hir::concat(parts))
    }

    /// The atom with the repetition signs after it. Signs in a row make one: `a+?` is `(a+)?`.
    fn repeated(&mut self, atom: Hir) -> Hir {
        let mut bounds: Option<(u32, Option<u32>)> = None;
        while let Some(next) = self.peek().and_then(|sign| match sign {
            b'*' => Some((0, None)),
            b'+' => Some((1, None)),
            b'?' => Some((0, Some(1))),
            _ => None,
        }) {
            self.at += 1;
            bounds = Some(match bounds {
                None => next,
                Some((min, max)) => (min.min(next.0), max.and(next.1)),
            });
        }
        match bounds {
            None => atom,
            Some((min, max)) => Hir::repetition(Repetition {
                min,
                max,
                greedy: true,
                sub: Box::new(atom),
            }),
        }
    }

    fn atom(&mut self, byte: u8) -> Result<Hir, RegexError> {
        let start = self.at;
        self.at += 1;
        Ok(match byte {
            b'(' => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(error("groups nest too deep", start));
                }
                let inner = self.alternation()?;
                if !self.eat(b')') {
                    return Err(error("`(` without `)`", start));
                }
                self.depth -= 1;
                inner
            }
            b'[' => Hir::class(Class::Bytes(self.class(start)?)),
            b'.' => Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(
                0, 0xff,
            )]))),
            b'^' => Hir::look(Look::Start),
            b'$' => Hir::look(Look::End),
            b'*' | b'+' | b'?' => return Err(error("nothing before the sign to repeat", start)),
            b'\\' => Hir::literal([self.next("nothing after the backslash", start)?]),
            byte => Hir::literal([byte]),
        })
    }

    /// A class, after its `[` at `start`.
    fn class(&mut self, start: usize) -> Result<ClassBytes, RegexError> {
        const UNFINISHED: &str = "`[` without `]`";
        let negated = self.eat(b'^');
        let mut class = ClassBytes::empty();
        let mut first = true;
        loop {
            let at = self.at;
            let byte = self.next(UNFINISHED, start)?;
            if byte == b']' && !first {
                break;
            }
            first = false;
            if byte == b'[' && self.peek() == Some(b':') {
                named(self.name(at)?, at)?
                    .iter()
                    .for_each(|range| class.push(*range));
                continue;
            }
            let low = self.member(byte, start)?;
            let dash_and_more = self.peek() == Some(b'-')
                && self
                    .source
                    .get(self.at + 1)
                    .is_some_and(|after| *after != b']');
            let high = if dash_and_more {
                self.at += 1;
                let byte = self.next(UNFINISHED, start)?;
                self.member(byte, start)?
            } else {
                low
            };
            if low > high {
                return Err(error("a range whose end is before its start", at));
            }
            class.push(ClassBytesRange::new(low, high));
        }
        if negated {
            class.negate();
        }
        Ok(class)
    }

    /// A byte of a class that starts at `start`, unescaped.
    fn member(&mut self, byte: u8, start: usize) -> Result<u8, RegexError> {
        if byte == b'\\' {
            self.next("`[` without `]`", start)
        } else {
            Ok(byte)
        }
    }

    /// The name in `[:name:]`, whose `[` at `start` has been read.
    fn name(&mut self, start: usize) -> Result<&[u8], RegexError> {
        let rest = &self.source[self.at + 1..];
        let length = rest
            .windows(2)
            .position(|pair| pair == b":]")
            .ok_or_else(|| error("`[:` without `:]`", start))?;
        self.at += 1 + length + 2;
        Ok(&rest[..length])
    }
}

/// The ASCII members of a named class.
fn named(name: &[u8], offset: usize) -> Result<Vec<ClassBytesRange>, RegexError> {
    let ranges: &[(u8, u8)] = match name {
        b"alpha" => &[(b'A', b'Z'), (b'a', b'z')],
        b"digit" => &[(b'0', b'9')],
        b"alnum" => &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
        b"upper" => &[(b'A', b'Z')],
        b"lower" => &[(b'a', b'z')],
        b"space" => &[(b'\t', b'\r'), (b' ', b' ')],
        b"blank" => &[(b'\t', b'\t'), (b' ', b' ')],
        b"punct" => &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
        b"print" => &[(b' ', b'~')],
        b"graph" => &[(b'!', b'~')],
        b"cntrl" => &[(0, 0x1f), (0x7f, 0x7f)],
        b"xdigit" => &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')],
        _ => return Err(error("unknown class name", offset)),
    };
    Ok(ranges
        .iter()
        .map(|(low, high)| ClassBytesRange::new(*low, *high))
        .collect())
}
