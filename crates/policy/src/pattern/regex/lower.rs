//! Expressions in lower case, and in either.

use super::Syntax;

impl Syntax {
    /// The expression with all letters that it asks for in lower case: what it asks of a text, asked
    /// of the text in lower case.
    #[must_use]
    pub fn in_lower_case(self) -> Self {
        self.with_bytes(&|one| match one {
            Self::Byte(byte) => Self::Byte(byte.to_ascii_lowercase()),
            Self::Class { negated, ranges } => Self::Class {
                negated,
                ranges: ranges.into_iter().flat_map(lower_range).collect(),
            },
            other => other,
        })
    }

    /// The expression with both cases of all letters that it asks for: what it asks of a text in
    /// lower case, in lower case itself, asked of the text in any case.
    #[must_use]
    pub fn in_either_case(self) -> Self {
        self.in_lower_case().with_bytes(&|one| match one {
            Self::Byte(byte) if byte.is_ascii_lowercase() => Self::Class {
                negated: false,
                ranges: vec![(byte, byte), upper((byte, byte))],
            },
            Self::Class { negated, ranges } => Self::Class {
                negated,
                ranges: ranges.into_iter().flat_map(either_range).collect(),
            },
            other => other,
        })
    }

    /// The expression with its bytes and classes changed.
    #[must_use]
    pub fn with_bytes(self, change: &impl Fn(Self) -> Self) -> Self {
        let all = |parts: Vec<Self>| {
            let parts = parts.into_iter();
            parts.map(|part| part.with_bytes(change)).collect()
        };
        match self {
            Self::Sequence(parts) => Self::Sequence(all(parts)),
            Self::Alternation(parts) => Self::Alternation(all(parts)),
            Self::Repeat {
                inner,
                optional,
                many,
            } => Self::Repeat {
                inner: Box::new(inner.with_bytes(change)),
                optional,
                many,
            },
            other => change(other),
        }
    }
}

fn upper((low, high): (u8, u8)) -> (u8, u8) {
    (low.to_ascii_uppercase(), high.to_ascii_uppercase())
}

/// A range of a class in lower case, for either case: only its own letters count, whatever it holds
/// in upper case.
fn either_range((low, high): (u8, u8)) -> Vec<(u8, u8)> {
    let letters = (low.max(b'a'), high.min(b'z'));
    let before = (low, high.min(b'A' - 1));
    let after = (low.max(b'Z' + 1), high);
    let mut ranges: Vec<(u8, u8)> = [before, after].into();
    if letters.0 <= letters.1 {
        ranges.push(upper(letters));
    }
    ranges.retain(|(low, high)| low <= high);
    ranges
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
            let text = lower.text();
            let again = Syntax::parse(&text).expect("a source");
            assert_eq!(again.text(), text, "{source}");
            assert!(!text.windows(2).any(|two| two == b"[:"), "{source}");
        }
        let text = |source| {
            Syntax::parse(source)
                .expect("a source")
                .in_lower_case()
                .text()
        };
        assert_eq!(text("^/A[[:upper:]]$"), b"^/a[a-z]$");
        assert_eq!(text("(A|b)C"), b"(a|b)c");
    }
}
