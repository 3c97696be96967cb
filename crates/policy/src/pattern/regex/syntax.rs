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
//! whole before it, and one with nothing before it repeats nothing. Within a class, `]` first and `-` first or last stand for themselves.

use super::RegexError;

/// How deep groups may nest: the parser and all that walk an expression recurse that far.
const MAX_DEPTH: usize = 100;

/// An expression as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// One after the other.
    Sequence(Vec<Syntax>),
    /// Either of them.
    Alternation(Vec<Syntax>),
    /// Repeated.
    Repeat {
        /// What.
        inner: Box<Syntax>,
        /// True if it may be left out: `*` and `?`.
        optional: bool,
        /// True if it may stand more than once: `*` and `+`.
        many: bool,
    },
    /// A byte.
    Byte(u8),
    /// Any byte.
    Any,
    /// A byte of a class.
    Class {
        /// True if the byte is of none of the ranges.
        negated: bool,
        /// First and last byte of each range, in the order they are written.
        ranges: Vec<(u8, u8)>,
    },
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
}

impl Syntax {
    /// Parses an expression.
    ///
    /// # Errors
    /// An expression that is ill-formed, with the offset.
    pub fn parse(source: impl AsRef<[u8]>) -> Result<Self, RegexError> {
        Parser::new(source.as_ref()).whole()
    }

    /// Where the first sign of repetition stands that has nothing before it, in an expression that
    /// parses. What a system takes it for is not known; here it is nothing.
    pub fn repeats_nothing(source: impl AsRef<[u8]>) -> Option<usize> {
        let mut parser = Parser::new(source.as_ref());
        parser.whole().ok()?;
        parser.repeats_nothing
    }
}

struct Parser<'a> {
    source: &'a [u8],
    at: usize,
    depth: usize,
    repeats_nothing: Option<usize>,
}

fn error(message: &str, offset: usize) -> RegexError {
    RegexError::Syntax {
        message: message.to_owned(),
        offset,
    }
}

impl<'a> Parser<'a> {
    fn new(source: &'a [u8]) -> Self {
        Self {
            source,
            at: 0,
            depth: 0,
            repeats_nothing: None,
        }
    }

    fn whole(&mut self) -> Result<Syntax, RegexError> {
        let syntax = self.alternation()?;
        match self.peek() {
            None => Ok(syntax),
            Some(_) => Err(error("`)` without `(`", self.at)),
        }
    }

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

    fn alternation(&mut self) -> Result<Syntax, RegexError> {
        let mut branches = vec![self.sequence()?];
        while self.eat(b'|') {
            branches.push(self.sequence()?);
        }
        Ok(match branches.len() {
            1 => branches.remove(0),
            _ => Syntax::Alternation(branches),
        })
    }

    fn sequence(&mut self) -> Result<Syntax, RegexError> {
        let mut parts = Vec::new();
        while let Some(byte) = self.peek() {
            if matches!(byte, b'|' | b')') {
                break;
            }
            let atom = self.atom(byte)?;
            parts.push(self.repeated(atom));
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Syntax::Sequence(parts),
        })
    }

    /// The atom with the repetition signs after it. Signs in a row make one: `a+?` is `(a+)?`.
    fn repeated(&mut self, atom: Syntax) -> Syntax {
        let mut signs: Option<(bool, bool)> = None;
        while let Some(next) = self.peek().and_then(|sign| match sign {
            b'*' => Some((true, true)),
            b'+' => Some((false, true)),
            b'?' => Some((true, false)),
            _ => None,
        }) {
            self.at += 1;
            let (optional, many) = signs.unwrap_or_default();
            signs = Some((optional | next.0, many | next.1));
        }
        match signs {
            None => atom,
            Some((optional, many)) => Syntax::Repeat {
                inner: Box::new(atom),
                optional,
                many,
            },
        }
    }

    fn atom(&mut self, byte: u8) -> Result<Syntax, RegexError> {
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
            b'[' => self.class(start)?,
            b'.' => Syntax::Any,
            b'^' => Syntax::Start,
            b'$' => Syntax::End,
            // Programs ship profiles with `*/name`, which run: a system takes them somehow.
            b'*' | b'+' | b'?' => {
                self.repeats_nothing.get_or_insert(start);
                Syntax::Sequence(Vec::new())
            }
            b'\\' => Syntax::Byte(self.next("nothing after the backslash", start)?),
            byte => Syntax::Byte(byte),
        })
    }

    /// A class, after its `[` at `start`.
    fn class(&mut self, start: usize) -> Result<Syntax, RegexError> {
        const UNFINISHED: &str = "`[` without `]`";
        let negated = self.eat(b'^');
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        let mut first = true;
        loop {
            let at = self.at;
            let byte = self.next(UNFINISHED, start)?;
            if byte == b']' && !first {
                break;
            }
            first = false;
            if byte == b'[' && self.peek() == Some(b':') {
                ranges.extend(named(self.name(at)?, at)?);
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
            ranges.push((low, high));
        }
        Ok(Syntax::Class { negated, ranges })
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
fn named(name: &[u8], offset: usize) -> Result<&'static [(u8, u8)], RegexError> {
    Ok(match name {
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
    })
}
