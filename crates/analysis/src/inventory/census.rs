//! How often each value occurs, by tag and filter.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Filter, Node, Word};

/// The bits of a u16 that a flag beside a 14-bit value would take.
const HIGH: usize = 0xc000;

/// What some nodes hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Census {
    /// Nodes that were counted.
    pub nodes: usize,
    /// How many have each tag.
    pub tags: BTreeMap<usize, usize>,
    /// Arguments, by tag and filter.
    pub filters: Vec<FilterValues>,
    /// Arguments by their two high bits.
    pub high_bits: Vec<HighBits>,
}

/// Nodes of one tag and filter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Their tag.
    pub tag: usize,
    /// Their filter.
    pub filter: Filter,
}

/// Arguments of the nodes of one tag and filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilterValues {
    /// Their tag.
    pub tag: usize,
    /// Number of the filter.
    pub filter: usize,
    /// Its name.
    pub name: Option<String>,
    /// Whether arguments have the other form.
    pub other_form: bool,
    /// How many nodes.
    pub nodes: usize,
    /// Each argument that occurs, as stored.
    pub values: Vec<ValueCount>,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueCount {
    /// As stored.
    pub value: usize,
    /// How many nodes have it.
    pub count: usize,
    /// What vocabularies say of it; of a mask, what they say worst of a bit.
    pub word: Word,
    /// Its meaning.
    pub meaning: Option<String>,
}

/// Arguments whose two high bits are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HighBits {
    /// The two bits, the others zero: 0, 0x4000, 0x8000 or 0xc000.
    pub high: usize,
    /// How many nodes.
    pub nodes: usize,
    /// How many different values the other 14 bits have.
    pub low_values: usize,
    /// How many of those the same filter has with other high bits too: a flag beside a value would
    /// make such pairs.
    pub pairs: usize,
}

/// Counts what nodes hold.
pub fn census<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Census {
    let mut census = Census::default();
    let mut by_key: BTreeMap<Key, BTreeMap<usize, ValueCount>> = BTreeMap::new();
    for node in nodes {
        census.nodes += 1;
        *census.tags.entry(node.tag).or_default() += 1;
        let Some(test) = &node.test else { continue };
        let key = Key {
            tag: node.tag,
            filter: test.filter.clone(),
        };
        let counted = by_key.entry(key).or_default().entry(test.argument);
        counted.or_insert_with(|| value(test.argument, node)).count += 1;
    }
    census.high_bits = high_bits(&by_key);
    census.filters = by_key
        .into_iter()
        .map(|(key, values)| FilterValues {
            tag: key.tag,
            filter: key.filter.number,
            name: key.filter.name,
            other_form: key.filter.other_form,
            nodes: values.values().map(|value| value.count).sum(),
            values: values.into_values().collect(),
        })
        .collect();
    census
}

fn value(argument: usize, node: &Node) -> ValueCount {
    let worst = [Word::Broken, Word::Miss, Word::Fallback, Word::Unasked];
    let worst = worst.into_iter().find(|word| node.has(&[*word]));
    let first = node.values.first().map_or(Word::Unasked, |own| own.word);
    ValueCount {
        value: argument,
        count: 0,
        word: worst.unwrap_or(first),
        meaning: meaning(node),
    }
}

/// What one value means; of the bits of a mask, all of them.
fn meaning(node: &Node) -> Option<String> {
    if let [one] = node.values.as_slice() {
        return one.meaning.clone();
    }
    let number = |own: &super::Value| own.value.to_string();
    let each = node.values.iter();
    let each = each.map(|own| own.meaning.clone().unwrap_or_else(|| number(own)));
    Some(each.collect::<Vec<_>>().join(" "))
}

/// Arguments with the same high bits while they are counted.
#[derive(Default)]
struct Row<'k> {
    nodes: usize,
    lows: BTreeSet<usize>,
    pairs: BTreeSet<(&'k Key, usize)>,
}

fn high_bits(by_key: &BTreeMap<Key, BTreeMap<usize, ValueCount>>) -> Vec<HighBits> {
    let mut rows: BTreeMap<usize, Row<'_>> = BTreeMap::new();
    for (key, values) in by_key {
        for (value, counted) in values {
            let (high, low) = (value & HIGH, value & !HIGH);
            let row = rows.entry(high).or_default();
            row.nodes += counted.count;
            row.lows.insert(low);
            let others = [0, 0x4000, 0x8000, HIGH].into_iter();
            let mut others = others.filter(|other| *other != high);
            if others.any(|other| values.contains_key(&(other | low))) {
                row.pairs.insert((key, low));
            }
        }
    }
    let rows = rows.into_iter();
    rows.map(|(high, row)| HighBits {
        high,
        nodes: row.nodes,
        low_values: row.lows.len(),
        pairs: row.pairs.len(),
    })
    .collect()
}
