//! Regular expressions as trees, kept small, and their text in SBPL.

use std::ops::Deref;
use std::rc::Rc;

use crate::byte_set::ByteSet;

/// A regular expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Expression {
    /// Matches nothing.
    Never,
    /// A byte of a set.
    Byte(ByteSet),
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
    /// One after the other; of none, the empty text.
    Sequence(Vec<Part>),
    /// Any of at least two.
    Any(Vec<Part>),
    /// None or more.
    Star(Part),
    /// One or more.
    Plus(Part),
    /// None or one.
    Optional(Part),
}

/// A part of an expression, that knows how deep it nests and how long it is: what walks expressions
/// recurses, and meets what is shared as often as it stands there, so that neither may be great.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    depth: u32,
    length: u32,
    expression: Rc<Expression>,
}

impl Part {
    fn new(expression: Expression) -> Self {
        Self {
            depth: expression.depth(),
            length: expression.length(),
            expression: Rc::new(expression),
        }
    }
}

impl Deref for Part {
    type Target = Expression;

    fn deref(&self) -> &Expression {
        &self.expression
    }
}

impl Expression {
    pub(crate) fn empty() -> Self {
        Self::Sequence(Vec::new())
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Sequence(parts) if parts.is_empty())
    }

    /// How deep it nests; 1 without parts.
    pub(crate) fn depth(&self) -> u32 {
        1 + self.own().iter().map(|part| part.depth).max().unwrap_or(0)
    }

    /// Parts of its text, or as many as a number holds.
    pub(crate) fn length(&self) -> u32 {
        let lengths = self.own().iter().map(|part| part.length);
        lengths.fold(1, u32::saturating_add)
    }

    fn own(&self) -> &[Part] {
        match self {
            Self::Never | Self::Byte(_) | Self::Start | Self::End => &[],
            Self::Sequence(parts) | Self::Any(parts) => parts,
            Self::Star(inner) | Self::Plus(inner) | Self::Optional(inner) => {
                std::slice::from_ref(inner)
            }
        }
    }

    fn parts(&self) -> Vec<Part> {
        match self {
            Self::Sequence(parts) => parts.clone(),
            one => vec![Part::new(one.clone())],
        }
    }

    /// One after the other.
    pub(crate) fn then(&self, next: &Self) -> Self {
        if matches!(self, Self::Never) || matches!(next, Self::Never) {
            return Self::Never;
        }
        let mut parts = self.parts();
        for part in next.parts() {
            // `x x*` and `x* x` are `x+`.
            let merged = match (parts.last().map(Deref::deref), &*part) {
                (Some(one), Self::Star(inner)) if *one == **inner => Some(inner.clone()),
                (Some(Self::Star(inner)), one) if *one == **inner => Some(inner.clone()),
                _ => None,
            };
            match merged {
                Some(inner) => {
                    parts.pop();
                    parts.push(Part::new(Self::Plus(inner)));
                }
                None => parts.push(part),
            }
        }
        match parts.len() {
            1 => Rc::unwrap_or_clone(parts.remove(0).expression),
            _ => Self::Sequence(parts),
        }
    }

    /// Either.
    pub(crate) fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Never, one) | (one, Self::Never) => one.clone(),
            (one, another) if one == another => one.clone(),
            (Self::Byte(one), Self::Byte(another)) => Self::Byte(one.or(*another)),
            (empty, one) | (one, empty) if empty.is_empty() => match one {
                Self::Optional(_) | Self::Star(_) => one.clone(),
                Self::Plus(inner) => Self::Star(inner.clone()),
                _ => Self::Optional(Part::new(one.clone())),
            },
            (one, another) => Self::factored(one, another),
        }
    }

    /// Either, with what they begin and end with alike written once.
    fn factored(one: &Self, another: &Self) -> Self {
        let (left, right) = (one.parts(), another.parts());
        let head = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
        let room = left.len().min(right.len()) - head;
        let backwards = left.iter().rev().zip(right.iter().rev());
        let tail = backwards.take(room).take_while(|(a, b)| a == b).count();
        if head + tail == 0 {
            let mut branches = Vec::new();
            for side in [one, another] {
                match side {
                    Self::Any(own) => branches.extend(own.iter().cloned()),
                    own => branches.push(Part::new(own.clone())),
                }
            }
            return Self::Any(branches);
        }
        let middle = |parts: &[Part]| {
            let inner = &parts[head..parts.len() - tail];
            inner.iter().fold(Self::empty(), |all, part| all.then(part))
        };
        let choice = middle(&left).or(&middle(&right));
        let mut parts = left[..head].to_vec();
        if !choice.is_empty() {
            parts.push(Part::new(choice));
        }
        parts.extend(left[left.len() - tail..].iter().cloned());
        Self::Sequence(parts)
    }

    /// None or more.
    pub(crate) fn star(&self) -> Self {
        match self {
            Self::Never => Self::empty(),
            one if one.is_empty() => Self::empty(),
            Self::Star(_) => self.clone(),
            Self::Plus(inner) | Self::Optional(inner) => Self::Star(inner.clone()),
            _ => Self::Star(Part::new(self.clone())),
        }
    }

    /// Its text in SBPL.
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, Level::Choice);
        bytes
    }

    fn write(&self, out: &mut Vec<u8>, level: Level) {
        let own = match self {
            Self::Any(_) => Level::Choice,
            Self::Sequence(parts) if parts.len() != 1 => Level::Sequence,
            _ => Level::Atom,
        };
        let grouped = own < level;
        if grouped {
            out.push(b'(');
        }
        match self {
            // A text cannot start after a byte.
            Self::Never => out.extend(b".^"),
            Self::Byte(set) => byte(*set, out),
            Self::Start => out.push(b'^'),
            Self::End => out.push(b'$'),
            Self::Sequence(parts) => {
                for part in parts {
                    part.write(
                        out,
                        Level::Sequence.max(if parts.len() == 1 { level } else { own }),
                    );
                }
            }
            Self::Any(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    if index > 0 {
                        out.push(b'|');
                    }
                    branch.write(out, Level::Sequence);
                }
            }
            Self::Star(inner) => repeated(inner, b'*', out),
            Self::Plus(inner) => repeated(inner, b'+', out),
            Self::Optional(inner) => repeated(inner, b'?', out),
        }
        if grouped {
            out.push(b')');
        }
    }
}

/// How tightly what stands here must hold together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Choice,
    Sequence,
    Atom,
}

fn repeated(inner: &Expression, sign: u8, out: &mut Vec<u8>) {
    // Signs in a row are one sign, so what is repeated twice is grouped.
    let group = matches!(
        inner,
        Expression::Star(_) | Expression::Plus(_) | Expression::Optional(_)
    );
    if group {
        out.push(b'(');
    }
    inner.write(out, Level::Atom);
    if group {
        out.push(b')');
    }
    out.push(sign);
}

fn byte(set: ByteSet, out: &mut Vec<u8>) {
    const SIGNS: &[u8] = b"\\.^$*+?()[]|";
    if set == ByteSet::ALL {
        out.push(b'.');
        return;
    }
    if let Some(byte) = set.single() {
        if SIGNS.contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
        return;
    }
    // What leaves out the last byte was said by its members, all else by those that it leaves out.
    let is_negated = set.is_empty() || set.contains(0xff);
    let members = if is_negated { set.complement() } else { set };
    out.extend(if is_negated { &b"[^"[..] } else { b"[" });
    for (low, high) in members.ranges() {
        member(low, out);
        // Two neighbours read better without the dash.
        if high > low + 1 {
            out.push(b'-');
        }
        if high > low {
            member(high, out);
        }
    }
    out.push(b']');
}

fn member(byte: u8, out: &mut Vec<u8>) {
    if b"\\]^-[".contains(&byte) {
        out.push(b'\\');
    }
    out.push(byte);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Expression {
        text.bytes().fold(Expression::empty(), |all, byte| {
            all.then(&Expression::Byte(ByteSet::of(byte)))
        })
    }

    fn text(expression: &Expression) -> String {
        String::from_utf8(expression.text()).expect("a text")
    }

    #[test]
    fn trees_stay_small() {
        let x = Expression::Byte(ByteSet::of(b'x'));
        assert_eq!(text(&x.then(&x.star())), "x+");
        assert_eq!(text(&x.star().then(&x)), "x+");
        assert_eq!(text(&x.or(&Expression::empty())), "x?");
        assert_eq!(text(&bytes("abz").or(&bytes("acz"))), "a[bc]z");
        assert_eq!(text(&bytes("ab").or(&bytes("abcd"))), "ab(cd)?");
        assert_eq!(text(&bytes("one").or(&bytes("three"))), "(on|thre)e");
        assert_eq!(text(&bytes("ab").star()), "(ab)*");
        assert_eq!(text(&bytes("ab").star().star()), "(ab)*");
    }

    #[test]
    fn signs_are_escaped() {
        assert_eq!(text(&bytes("a.b")), "a\\.b");
        let class = ByteSet::from_ranges(&[(b'0', b'9'), (b']', b']'), (b'-', b'-')]);
        assert_eq!(text(&Expression::Byte(class)), "[\\-0-9\\]]");
        assert_eq!(
            text(&Expression::Byte(ByteSet::of(b'/').complement())),
            "[^/]"
        );
        let split = ByteSet::from_ranges(&[(0x80, 0x90), (b'a', b'b')]);
        assert_eq!(Expression::Byte(split).text(), b"[ab\x80-\x90]");
        let none = ByteSet::default();
        assert_eq!(Expression::Byte(none).text(), b"[^\x00-\xff]");
    }
}
