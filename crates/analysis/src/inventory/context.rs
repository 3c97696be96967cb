//! Values that no vocabulary explains, each with what is around it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Fan, Node, Sheet, Word};

/// How many edges away a literal is near.
const NEAR: usize = 2;

/// A value that nothing explains, where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Context {
    /// The node that holds it.
    pub node: usize,
    /// Where that stands in the file.
    pub offset: usize,
    /// Its tag.
    pub tag: usize,
    /// Number of the filter it asks.
    pub filter: Option<usize>,
    /// Name of that filter.
    pub filter_name: Option<String>,
    /// Whether the argument has the other form.
    pub other_form: bool,
    /// Which of its values.
    pub of: &'static str,
    /// The value.
    pub value: i64,
    /// Why it is not explained.
    pub word: Word,
    /// How the node hangs together with others.
    pub fan: Fan,
    /// Meanings of literals at most two edges away, against edges or along them, but not through a
    /// node that decides.
    pub literals_near: Vec<String>,
}

/// All values of which vocabularies say one of `words`, in the order of the file.
pub fn unexplained(sheet: &Sheet, words: &[Word]) -> Vec<Context> {
    let fans = sheet.fans();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); sheet.nodes.len()];
    for (index, node) in sheet.nodes.iter().enumerate() {
        for edge in node.edges.iter().flatten() {
            if let Some(own) = before.get_mut(*edge) {
                own.push(index);
            }
        }
    }
    let mut found = Vec::new();
    for (index, node) in sheet.nodes.iter().enumerate() {
        let values = node.values.iter();
        for value in values.filter(|value| words.contains(&value.word)) {
            let filter = node.test.as_ref().map(|test| &test.filter);
            found.push(Context {
                node: index,
                offset: node.offset,
                tag: node.tag,
                filter: filter.map(|own| own.number),
                filter_name: filter.and_then(|own| own.name.clone()),
                other_form: filter.is_some_and(|own| own.other_form),
                of: value.of,
                value: value.value,
                word: value.word,
                fan: fans[index],
                literals_near: literals_near(sheet, &before, index),
            });
        }
    }
    found
}

fn literals_near(sheet: &Sheet, before: &[Vec<usize>], start: usize) -> Vec<String> {
    let mut seen = BTreeSet::from([start]);
    let mut ring = vec![start];
    for _ in 0..NEAR {
        let mut next = Vec::new();
        for index in ring {
            // Everything ends in a few decisions: what they have in common is not near.
            let passes = |node: &&Node| index == start || !node.edges.is_empty();
            let Some(node) = sheet.nodes.get(index).filter(passes) else {
                continue;
            };
            let around = node.edges.iter().flatten().chain(&before[index]);
            next.extend(around.copied().filter(|own| seen.insert(*own)));
        }
        ring = next;
    }
    let nodes = seen.iter().filter_map(|index| sheet.nodes.get(*index));
    let values = nodes.flat_map(|node| &node.values);
    let literals = values.filter(|value| value.word == Word::Literal);
    let texts: BTreeSet<String> = literals.filter_map(|own| own.meaning.clone()).collect();
    texts.into_iter().collect()
}
