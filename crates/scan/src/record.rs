//! Records of one length that are read by index or one after the other: a byte and two or more words
//! of 16 bits.

use std::collections::BTreeMap;

use crate::eval::Evaluated;
use crate::value::{Node, Value};
use crate::web::{constants, web};

/// The smallest record: a byte and two words.
const SMALLEST: i64 = 5;
/// The largest record that is looked for.
const LARGEST: i64 = 4096;
/// Most constants that one of is added to an address.
const MOST_CHOICES: usize = 8;

/// A field that is read: its offset in the record, its size and an instruction that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) offset: i64,
    pub(crate) size: u8,
    pub(crate) at: u64,
}

/// How one of several records is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Walk {
    /// An index times the length.
    Index,
    /// A pointer that moves by the length.
    Pointer,
}

/// Records of one length.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) stride: i64,
    pub(crate) walk: Walk,
    pub(crate) fields: Vec<Field>,
}

type Terms = Vec<(Value, i64)>;

/// Records that a function reads.
pub(crate) fn records(evaluated: &Evaluated) -> Vec<Records> {
    let values = &evaluated.values;
    let mut read: Vec<(Terms, Field)> = Vec::new();
    for access in evaluated.facts.accesses.iter().filter(|a| a.size <= 2) {
        let (terms, offset) = values.loose_sum(access.address);
        let (size, at) = (access.size, access.at);
        for (terms, offset) in choices(evaluated, terms, offset) {
            read.push((terms, Field { offset, size, at }));
        }
    }
    for one in &evaluated.facts.uses {
        if let Node::Pair(a, b) = values.node(one.word)
            && let Some((terms, offset)) = pair(evaluated, *a, *b)
        {
            let (size, at) = (2, values.made_at(one.word));
            read.push((terms, Field { offset, size, at }));
        }
    }
    let mut known: BTreeMap<Terms, Vec<Way>> = BTreeMap::new();
    let mut groups: BTreeMap<Way, Vec<Field>> = BTreeMap::new();
    for (terms, field) in read {
        if !known.contains_key(&terms) {
            known.insert(terms.clone(), ways(evaluated, &terms));
        }
        for way in &known[&terms] {
            let offset = field.offset.wrapping_add(way.offset);
            let way = Way {
                offset: 0,
                ..way.clone()
            };
            let group = groups.entry(way).or_default();
            group.push(Field { offset, ..field });
        }
    }
    let mut found: Vec<Records> = Vec::new();
    for (way, mut fields) in groups {
        fields.sort_by_key(|field| (field.offset, field.size, field.at));
        fields.dedup_by_key(|field| (field.offset, field.size));
        let has = |size: u8| fields.iter().filter(|field| field.size == size).count();
        if has(1) < 1 || has(2) < 2 {
            continue;
        }
        if let Some(fields) = record(&fields, way.stride) {
            found.push(Records {
                stride: way.stride,
                walk: way.walk,
                fields,
            });
        }
    }
    found
}

/// Addresses of the records of one array.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    /// What the address is a sum of, but for the index.
    base: Terms,
    stride: i64,
    walk: Walk,
    /// What is to be added to the offset.
    offset: i64,
}

/// An address for each of the constants that a part of it is one of.
fn choices(evaluated: &Evaluated, terms: Terms, offset: i64) -> Vec<(Terms, i64)> {
    for (at, (term, times)) in terms.iter().enumerate() {
        if let Some(constants) = constants(evaluated, *term)
            && constants.len() <= MOST_CHOICES
        {
            let mut rest = terms.clone();
            rest.remove(at);
            let offset_of = |by: i64| offset.wrapping_add(by.wrapping_mul(*times));
            return constants
                .iter()
                .map(|by| (rest.clone(), offset_of(*by)))
                .collect();
        }
    }
    vec![(terms, offset)]
}

/// Where a word that is read as two bytes lies.
fn pair(evaluated: &Evaluated, a: Value, b: Value) -> Option<(Terms, i64)> {
    let address = |value: Value| match evaluated.values.node(value) {
        Node::Load { address, .. } => Some(evaluated.values.loose_sum(*address)),
        _ => None,
    };
    let ((terms, first), (other, second)) = (address(a)?, address(b)?);
    (terms == other).then(|| (terms, first.min(second)))
}

/// By what an address moves from one record to the next.
fn ways(evaluated: &Evaluated, terms: &Terms) -> Vec<Way> {
    let mut ways = Vec::new();
    for (at, (term, times)) in terms.iter().enumerate() {
        let mut base = terms.clone();
        base.remove(at);
        let stride = times.saturating_abs();
        if is_length(stride) {
            ways.push(Way {
                base,
                stride,
                walk: Walk::Index,
                offset: 0,
            });
        } else if *times == 1 && evaluated.phis.contains_key(term) {
            let web = web(evaluated, *term);
            let steps: Vec<i64> = web.steps.iter().copied().collect();
            if let [step] = steps[..]
                && web.variable.is_empty()
                && !web.is_partial
                && is_length(step.saturating_abs())
            {
                ways.push(Way {
                    base: terms.clone(),
                    stride: step.saturating_abs(),
                    walk: Walk::Pointer,
                    offset: 0,
                });
            } else if let Some((common, offset, stride)) = common_stride(evaluated, *term) {
                base.extend(common);
                base.sort_unstable();
                ways.push(Way {
                    base,
                    stride,
                    walk: Walk::Index,
                    offset,
                });
            }
        }
    }
    ways
}

fn is_length(stride: i64) -> bool {
    (SMALLEST..=LARGEST).contains(&stride)
}

/// The length that an index is multiplied with in all addresses that meet in one.
fn common_stride(evaluated: &Evaluated, phi: Value) -> Option<(Terms, i64, i64)> {
    let values = &evaluated.values;
    let mut pending = vec![phi];
    let mut seen = vec![phi];
    let mut common: Option<(Terms, i64)> = None;
    let mut stride = None;
    while let Some(value) = pending.pop() {
        let Some(operands) = evaluated.phis.get(&value) else {
            continue;
        };
        for (_, operand) in operands {
            if evaluated.phis.contains_key(operand) {
                if !seen.contains(operand) && seen.len() < 32 {
                    seen.push(*operand);
                    pending.push(*operand);
                }
                continue;
            }
            let (mut terms, offset) = values.loose_sum(*operand);
            let scaled = terms.iter().position(|(_, times)| is_length(*times));
            if let Some(at) = scaled {
                let (_, times) = terms.remove(at);
                if stride.is_some_and(|stride| stride != times) {
                    return None;
                }
                stride = Some(times);
            }
            match &common {
                None => common = Some((terms, offset)),
                Some(known) if *known != (terms, offset) => return None,
                _ => {}
            }
        }
    }
    let (common, offset) = common?;
    Some((common, offset, stride?))
}

/// The fields of one record among what is read at some offsets: a byte and two words that do not
/// overlap.
fn record(fields: &[Field], stride: i64) -> Option<Vec<Field>> {
    let mut rest = fields;
    while let Some(first) = rest.first() {
        // What is further apart belongs to another array.
        let end = first.offset.saturating_add(stride.saturating_mul(2));
        let count = rest.iter().take_while(|field| field.offset < end).count();
        let (cluster, after) = rest.split_at(count);
        if let Some(found) = one_record(cluster, first.offset, stride) {
            return Some(found);
        }
        rest = after;
    }
    None
}

fn one_record(cluster: &[Field], start: i64, stride: i64) -> Option<Vec<Field>> {
    let mut fields: Vec<Field> = cluster
        .iter()
        .map(|field| Field {
            offset: field.offset.saturating_sub(start).rem_euclid(stride),
            ..*field
        })
        .collect();
    fields.sort_by_key(|field| (field.offset, field.size, field.at));
    fields.dedup_by_key(|field| (field.offset, field.size));
    let words: Vec<Field> = fields.iter().filter(|f| f.size == 2).copied().collect();
    let overlaps = |a: &Field, b: &Field| {
        a.offset < b.offset + i64::from(b.size) && b.offset < a.offset + i64::from(a.size)
    };
    // A byte of a word is no field of its own.
    fields.retain(|field| field.size == 2 || !words.iter().any(|word| overlaps(field, word)));
    let are_apart = words.windows(2).all(|two| !overlaps(&two[0], &two[1]));
    let fits = fields
        .iter()
        .all(|f| f.offset + i64::from(f.size) <= stride);
    let bytes = fields.len().saturating_sub(words.len());
    (are_apart && fits && bytes >= 1 && words.len() >= 2).then_some(fields)
}
