//! Expressions as text.

use super::Syntax;

impl Syntax {
    /// Text that reads as the same expression, with no groups but those that it needs. It need not be
    /// UTF-8: a class may hold some bytes of a character.
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sequence(parts) => parts.iter().for_each(|part| match part {
                Self::Alternation(_) | Self::Sequence(_) => part.write_group(out),
                _ => part.write(out),
            }),
            Self::Alternation(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    if index > 0 {
                        out.push(b'|');
                    }
                    match branch {
                        Self::Alternation(_) => branch.write_group(out),
                        _ => branch.write(out),
                    }
                }
            }
            Self::Repeat {
                inner,
                optional,
                many,
            } => {
                match **inner {
                    Self::Byte(_) | Self::Any | Self::Class { .. } => inner.write(out),
                    _ => inner.write_group(out),
                }
                out.push(match (optional, many) {
                    (true, true) => b'*',
                    (false, _) => b'+',
                    (true, false) => b'?',
                });
            }
            Self::Byte(byte) => {
                // Braces stand for themselves, which is said to those who know other languages.
                if b"\\.^$*+?()[]{}|".contains(byte) {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            Self::Any => out.push(b'.'),
            Self::Class { negated, ranges } => {
                out.extend(if *negated { &b"[^"[..] } else { b"[" });
                // In front a hyphen stands for itself.
                let is_hyphen = |range: &&(u8, u8)| **range == (b'-', b'-');
                out.extend(ranges.iter().find(is_hyphen).map(|_| b'-'));
                for &(low, high) in ranges.iter().filter(|range| !is_hyphen(range)) {
                    member(low, out);
                    if high > low {
                        out.push(b'-');
                        member(high, out);
                    }
                }
                out.push(b']');
            }
            Self::Start => out.push(b'^'),
            Self::End => out.push(b'$'),
        }
    }

    fn write_group(&self, out: &mut Vec<u8>) {
        out.push(b'(');
        self.write(out);
        out.push(b')');
    }
}

fn member(byte: u8, out: &mut Vec<u8>) {
    if b"\\]^-[".contains(&byte) {
        out.push(b'\\');
    }
    out.push(byte);
}
