//! The signs of a regular expression as it is written, for lints that look at its text.

/// A character of an expression, with the backslash before it.
#[derive(Clone, Copy)]
pub(super) struct Sign<'a> {
    /// Where it starts.
    pub(super) at: usize,
    /// As it is written.
    pub(super) text: &'a str,
    /// Without the backslash.
    pub(super) c: char,
    pub(super) is_escaped: bool,
    /// Whether it stands behind the `[` of a class; the `]` at the end does too.
    pub(super) in_class: bool,
}

impl Sign<'_> {
    /// Whether it may mean more than itself.
    pub(super) fn is_plain(&self) -> bool {
        !self.is_escaped && !self.in_class
    }
}

/// All signs of an expression, read as its parser reads them.
pub(super) fn signs(source: &str) -> Vec<Sign<'_>> {
    let mut scanner = Scanner {
        source,
        at: 0,
        signs: Vec::new(),
    };
    while !scanner.rest().is_empty() {
        let opens = scanner.rest().starts_with('[');
        scanner.take(false);
        if opens {
            scanner.class();
        }
    }
    scanner.signs
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
    signs: Vec<Sign<'a>>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn take(&mut self, in_class: bool) {
        let mut chars = self.rest().chars();
        let Some(first) = chars.next() else { return };
        let escaped = if first == '\\' { chars.next() } else { None };
        let end = self.source.len() - chars.as_str().len();
        self.signs.push(Sign {
            at: self.at,
            text: &self.source[self.at..end],
            c: escaped.unwrap_or(first),
            is_escaped: escaped.is_some(),
            in_class,
        });
        self.at = end;
    }

    /// A class, behind its `[`.
    fn class(&mut self) {
        if self.rest().starts_with('^') {
            self.take(true);
        }
        let mut is_first = true;
        while !self.rest().is_empty() {
            let ends = self.rest().starts_with(']') && !is_first;
            is_first = false;
            let name = self.rest().strip_prefix("[:");
            if let Some((name, _)) = name.and_then(|name| name.split_once(":]")) {
                let end = self.at + name.len() + "[::]".len();
                while self.at < end {
                    self.take(true);
                }
                continue;
            }
            self.take(true);
            if ends {
                return;
            }
            // What ends a range begins no name.
            let end = self.rest().strip_prefix('-');
            if end.is_some_and(|end| !end.is_empty() && !end.starts_with(']')) {
                self.take(true);
                self.take(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::signs;

    /// The expression with `p` for each plain sign, `e` for each escaped one and `c` for each of a
    /// class.
    fn kinds(source: &str) -> String {
        let kind = |sign: &super::Sign<'_>| match sign {
            one if one.in_class => 'c',
            one if one.is_escaped => 'e',
            _ => 'p',
        };
        signs(source).iter().map(kind).collect()
    }

    #[test]
    fn classes_are_read_as_the_parser_reads_them() {
        for (source, expected) in [
            (r"a\d.", "pep"),
            (r"[[:alpha:]\d]x", "pcccccccccccp"),
            (r"[]\d]x", "pcccp"),
            ("[^]x]y", "pccccp"),
            ("[[:alnum:]_.a]x", "pcccccccccccccp"),
            ("[]{3}]x", "pcccccp"),
            (r"[^\]|a]x", "pcccccp"),
            ("[!-[:x]y", "pccccccp"),
            ("[a-]b", "pcccp"),
            ("]a", "pp"),
            (r"é\é[é]", "pepcc"),
            ("[", "p"),
            (r"a\", "pp"),
        ] {
            assert_eq!(kinds(source), expected, "{source}");
            let text: String = signs(source).iter().map(|sign| sign.text).collect();
            assert_eq!(text, source);
        }
    }
}
