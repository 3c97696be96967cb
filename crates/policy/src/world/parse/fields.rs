//! The words of a line of a world file.

use std::str::SplitAsciiWhitespace;

use super::Problem;
use crate::rule::Action;

/// The words of a line and its `key=value` attributes.
pub(super) struct Fields<'a> {
    pub(super) words: SplitAsciiWhitespace<'a>,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Fields<'a> {
    /// Splits at the first `key=value` whose key is one of the format's: names hold no `=`.
    pub(super) fn new(text: &'a str) -> Result<Self, Problem> {
        let start = text.find('=').map_or(text.len(), |equals| {
            let before = text[..equals].rfind(|c: char| c.is_ascii_whitespace());
            before.map_or(0, |space| space + 1)
        });
        let (words, rest) = text.split_at(start);
        let mut attributes: Vec<(&str, &str)> = Vec::with_capacity(4);
        for word in rest.split_ascii_whitespace() {
            let pair = word
                .split_once('=')
                .ok_or_else(|| Problem::Unexpected(word.to_owned()))?;
            if attributes.iter().any(|(key, _)| *key == pair.0) {
                return Err(Problem::Repeated(pair.0.to_owned()));
            }
            attributes.push(pair);
        }
        Ok(Self {
            words: words.split_ascii_whitespace(),
            attributes,
        })
    }

    pub(super) fn word(&mut self, what: &'static str) -> Result<&'a str, Problem> {
        self.words.next().ok_or(Problem::Missing(what))
    }

    pub(super) fn optional(&mut self, key: &str) -> Option<&'a str> {
        let at = self
            .attributes
            .iter()
            .position(|(known, _)| *known == key)?;
        Some(self.attributes.remove(at).1)
    }

    pub(super) fn required(&mut self, key: &'static str) -> Result<&'a str, Problem> {
        self.optional(key).ok_or(Problem::Missing(key))
    }

    pub(super) fn end(mut self) -> Result<(), Problem> {
        match self
            .words
            .next()
            .or(self.attributes.first().map(|(key, _)| *key))
        {
            Some(left) => Err(Problem::Unexpected(left.to_owned())),
            None => Ok(()),
        }
    }
}

pub(super) fn number<T: std::str::FromStr>(word: &str) -> Result<T, Problem> {
    word.parse()
        .map_err(|_| Problem::NotANumber(word.to_owned()))
}

pub(super) fn action(word: &str) -> Result<Action, Problem> {
    one_of(
        word,
        "allow, deny",
        &[("allow", Action::Allow), ("deny", Action::Deny)],
    )
}

pub(super) fn one_of<T: Copy>(
    word: &str,
    allowed: &'static str,
    table: &[(&str, T)],
) -> Result<T, Problem> {
    let found = table.iter().find(|(known, _)| *known == word);
    found
        .map(|(_, value)| *value)
        .ok_or_else(|| Problem::NotOneOf {
            word: word.to_owned(),
            allowed,
        })
}

pub(super) fn list(words: Option<&str>) -> Vec<String> {
    words
        .into_iter()
        .flat_map(|words| words.split(','))
        .map(str::to_owned)
        .collect()
}
