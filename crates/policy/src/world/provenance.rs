//! Which evidence each fact of a world file cites.
//!
//! [`World`](super::World) leaves this out: every run reads a world, and few ask where it is from.

use rustc_hash::FxHashMap;

/// A fact's place and evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Line of the file that states it, counted from 1; `None` if a world it is based on does.
    pub line: Option<usize>,
    /// Keys of the evidence it cites.
    pub evidence: Vec<String>,
}

/// The evidence of a world file, and which fact cites what.
#[derive(Clone, Debug, Default)]
pub struct Provenance {
    /// Key, text, line in this file if it stands there.
    texts: Vec<(String, String, Option<usize>)>,
    facts: FxHashMap<(String, String), Fact>,
    cited: Vec<String>,
}

impl Provenance {
    /// Reads a text that [`World::parse`](super::World::parse) takes; of others, what can be read.
    pub fn read(text: &str, base: &dyn Fn(&str) -> Option<&'static str>) -> Self {
        Self::at_depth(text, base, 0)
    }

    fn at_depth(text: &str, base: &dyn Fn(&str) -> Option<&'static str>, depth: usize) -> Self {
        let mut all = Self::default();
        for (index, line) in text.lines().enumerate() {
            let mut words = line.split_ascii_whitespace();
            let (Some(kind), Some(first)) = (words.next(), words.next()) else {
                continue;
            };
            match kind {
                "based-on" if depth < super::parse::MAX_BASES => {
                    if let Some(text) = base(first) {
                        all = Self::at_depth(text, base, depth + 1);
                        all.texts.iter_mut().for_each(|text| text.2 = None);
                        all.facts.values_mut().for_each(|fact| fact.line = None);
                        all.cited.clear();
                    }
                }
                "evidence" => {
                    let after = line.split_once(first).map_or("", |(_, text)| text);
                    let text = after.trim().to_owned();
                    all.texts.push((first.to_owned(), text, Some(index + 1)));
                }
                _ => all.fact(kind, first, words, index + 1),
            }
        }
        all
    }

    fn fact<'a>(
        &mut self,
        kind: &str,
        first: &str,
        mut words: impl Iterator<Item = &'a str> + Clone,
        line: usize,
    ) {
        let keys = words
            .clone()
            .find_map(|word| word.strip_prefix("evidence="));
        let keys = keys.into_iter().flat_map(|keys| keys.split(','));
        let evidence: Vec<String> = keys.map(str::to_owned).collect();
        self.cited.extend(evidence.iter().cloned());
        let name = match kind {
            "operation" | "filter" | "modifier" | "implied" | "inferred" => words.next(),
            "value" | "name" | "constant" | "path-alias" | "compiled-paths" | "socket-names" => {
                Some(first)
            }
            _ => None,
        };
        if let Some(name) = name {
            let line = Some(line);
            let key = (kind.to_owned(), name.to_owned());
            self.facts
                .entry(key)
                .and_modify(|fact| {
                    let new = |key: &&String| !fact.evidence.contains(*key);
                    let more: Vec<String> = evidence.iter().filter(new).cloned().collect();
                    fact.evidence.extend(more);
                })
                .or_insert(Fact { line, evidence });
        }
    }

    /// What states a fact: `kind` is `operation`, `filter`, `modifier`, `value` (by the name of its
    /// filter), `implied` or `inferred` (by that of their operation), `name`, `constant`, or the word
    /// of a [`Behaviour`](super::Behaviour).
    pub fn of(&self, kind: &str, name: &str) -> Option<&Fact> {
        self.facts.get(&(kind.to_owned(), name.to_owned()))
    }

    /// All evidence, keys with their texts, in the order of the file.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.texts.iter();
        texts.map(|(key, text, _)| (key.as_str(), text.as_str()))
    }

    /// Evidence of this file that no fact of it cites: key and line.
    pub fn uncited(&self) -> impl Iterator<Item = (&str, usize)> {
        self.texts.iter().filter_map(|(key, _, line)| {
            let cited = self.cited.contains(key);
            line.filter(|_| !cited).map(|line| (key.as_str(), line))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
world w
evidence a seen  in a test
evidence b never cited
operation 0 default parent=- default=deny evidence=a
filter 1 f category=c kind=bool cost=0 evidence=a,c
value f one 1 evidence=a
value f two 2 evidence=d
";

    #[test]
    fn facts_cite_what_their_lines_say() {
        let all = Provenance::read(TEXT, &|_| None);
        let fact = all.of("operation", "default").expect("an operation");
        assert_eq!((fact.line, &*fact.evidence), (Some(4), &["a".into()][..]));
        let fact = all.of("filter", "f").expect("a filter");
        assert_eq!(fact.evidence, ["a", "c"]);
        assert_eq!(all.of("value", "f").expect("values").evidence, ["a", "d"]);
        assert!(all.of("modifier", "f").is_none());
        assert_eq!(
            all.texts().collect::<Vec<_>>(),
            [("a", "seen  in a test"), ("b", "never cited")]
        );
        assert_eq!(all.uncited().collect::<Vec<_>>(), [("b", 3)]);
    }

    #[test]
    fn facts_of_a_base_have_no_line() {
        let all = Provenance::read("world x\nbased-on w\n", &|name| {
            (name == "w").then_some(TEXT)
        });
        let fact = all.of("operation", "default").expect("the base's");
        assert_eq!((fact.line, &*fact.evidence), (None, &["a".into()][..]));
        assert_eq!(all.uncited().count(), 0);
    }
}
