//! Expressions in lower case, and expressions as text.

use super::Syntax;

impl Syntax {
    /// The expression with all letters that it asks for in lower case: what it asks of a text, asked
    /// of the text in lower case.
    #[must_use]
    pub fn in_lower_case(self) -> Self {
        let all = |parts: Vec<Self>| parts.into_iter().map(Self::in_lower_case).collect();
        match self {
            Self::Sequence(parts) => Self::Sequence(all(parts)),
            Self::Alternation(parts) => Self::Alternation(all(parts)),
            Self::Repeat {
                inner,
                optional,
                many,
            } => Self::Repeat {
                inner: Box::new(inner.in_lower_case()),
                optional,
                many,
            },
            Self::Byte(byte) => Self::Byte(byte.to_ascii_lowercase()),
            Self::Class { negated, ranges } => Self::Class {
                negated,
                ranges: ranges.into_iter().flat_map(lower_range).collect(),
            },
            other @ (Self::Any | Self::Start | Self::End) => other,
        }
    }

    /// Text that reads as the same language; `None` if it would not be UTF-8.
    pub(super) fn text(&self) -> Option<String> {
        let mut text = Vec::new();
        self.write(&mut text);
        String::from_utf8(text).ok()
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sequence(parts) => parts.iter().for_each(|part| match part {
                Self::Alternation(_) => part.write_group(out),
                _ => part.write(out),
            }),
            Self::Alternation(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    if index > 0 {
                        out.push(b'|');
                    }
                    branch.write(out);
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
                if b"\\.^$*+?()[]|".contains(byte) {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            Self::Any => out.push(b'.'),
            Self::Class { negated, ranges } => {
                out.extend(if *negated { &b"[^"[..] } else { b"[" });
                for &(low, high) in ranges {
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

/// A range with the lower case of its letters.
fn lower_range((low, high): (u8, u8)) -> Vec<(u8, u8)> {
    let (first, last) = (low.max(b'A'), high.min(b'Z'));
    let letters = (first.to_ascii_lowercase(), last.to_ascii_lowercase());
    match first <= last {
        false => vec![(low, high)],
        true if (first, last) == (low, high) => vec![letters],
        true => vec![(low, high), letters],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_reaches_into_ranges() {
        assert_eq!(lower_range((b'A', b'Z')), [(b'a', b'z')]);
        assert_eq!(lower_range((b'0', b'C')), [(b'0', b'C'), (b'a', b'c')]);
        assert_eq!(lower_range((b'a', b'f')), [(b'a', b'f')]);
    }

    #[test]
    fn text_reads_back() {
        for source in [
            "^/[[:alpha:]]+(a|B|)*$",
            r"\.[]^-]?((ab)+|c.)x*|[^[:upper:]/]",
            "(a+)?()é[é0-C]|",
        ] {
            let lower = Syntax::parse(source).expect("a source").in_lower_case();
            let text = lower.text().expect("a text");
            let again = Syntax::parse(&text).expect("a source");
            assert_eq!(again.text().expect("a text"), text, "{source}");
            assert!(!text.contains("[:"), "{text}");
        }
        let text = |source| {
            Syntax::parse(source)
                .expect("a source")
                .in_lower_case()
                .text()
        };
        assert_eq!(text("^/A[[:upper:]]$").as_deref(), Some("^/a[a-z]$"));
        assert_eq!(text("(A|b)C").as_deref(), Some("(a|b)c"));
    }
}
