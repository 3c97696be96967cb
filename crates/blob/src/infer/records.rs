//! Which bytes of a record tag it and lead to others.

use std::collections::BTreeSet;

use super::budget::Budget;
use super::field::FieldAt;
use super::frame::Cut;
use super::frames::Shape;
use super::record::{Edges, Record, walk};

/// Most values of a tag.
const TAGS: usize = 16;
/// Records kept for each shape.
const KEPT: usize = 12;

/// A file as far as records are sought in it.
pub(super) struct Sample<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) cut: Cut,
    /// Nodes that the op table refers to.
    pub(super) starts: Vec<usize>,
}

/// A field that leads to nodes: for each node of the samples where to, and, as bits, whether to
/// another than itself.
struct Candidate {
    field: FieldAt,
    leads: Vec<Option<usize>>,
    leading: Vec<u64>,
}

/// A byte with few values: for each node of the samples which of them it has, and for each of them,
/// as bits, which nodes have it.
struct Tag {
    field: FieldAt,
    values: Vec<usize>,
    kinds: Vec<u8>,
    nodes: Vec<Vec<u64>>,
}

/// Numbers below a bound as bits.
fn bits(bound: usize, is_in: impl Fn(usize) -> bool) -> Vec<u64> {
    let mut bits = vec![0; bound.div_ceil(64)];
    for number in (0..bound).filter(|number| is_in(*number)) {
        bits[number / 64] |= 1 << (number % 64);
    }
    bits
}

/// The records that make most sense of the nodes, best first, each with how much: 1 where all nodes
/// are reached and none leads back.
pub(super) fn records(
    samples: &[Sample<'_>],
    shape: &Shape,
    budget: &mut Budget,
) -> Vec<(f64, Record)> {
    let nodes = nodes(samples);
    let candidates = candidates(samples, shape, &nodes);
    if candidates.len() < 2 {
        return Vec::new();
    }
    let mut found: Vec<(f64, Record)> = Vec::new();
    for tag in tags(samples, shape, &nodes) {
        let whole: Vec<(&Candidate, u16)> = candidates
            .iter()
            .filter(|own| !tag.field.overlaps(own.field))
            .map(|own| (own, tag.led(own)))
            .filter(|(_, led)| *led != 0)
            .collect();
        for (number, (one, led)) in whole.iter().enumerate() {
            for (other, led_too) in &whole[number + 1..] {
                let is_apart =
                    one.field.size == other.field.size && !one.field.overlaps(other.field);
                if !is_apart || led & led_too == 0 {
                    continue;
                }
                if !budget.take(1 + nodes.len() as u64 / 64) {
                    continue;
                }
                let Some(is_branch) = branches(&tag, one, other, led & led_too) else {
                    continue;
                };
                let sense = sense(samples, &tag.kinds, is_branch, one, other);
                if sense < 0.5 {
                    continue;
                }
                let values = tag.values.iter().zip(is_branch);
                let record = Record {
                    tag: tag.field,
                    branches: values.filter(|own| own.1).map(|own| *own.0).collect(),
                    matched: one.field,
                    unmatched: other.field,
                    filter: None,
                    argument: None,
                };
                let mut score = sense - 0.02 * tag.values.len() as f64;
                // What is always zero in front of a number or behind it is taken as part of it.
                score -= 0.01 * (4 - one.field.size) as f64;
                for field in [one.field, other.field] {
                    score -= if field.is_aligned() { 0.0 } else { 0.01 };
                }
                found.push((score, record));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(KEPT);
    found
}

/// All nodes: the number of a sample, and of a node in it.
fn nodes(samples: &[Sample<'_>]) -> Vec<(usize, usize)> {
    let samples = samples.iter().enumerate();
    samples
        .flat_map(|(number, sample)| (0..sample.cut.node_count).map(move |node| (number, node)))
        .collect()
}

/// Bits of nodes that the two fields explain which best lead to others.
pub(super) fn edge_bits(samples: &[Sample<'_>], shape: &Shape) -> f64 {
    let nodes = nodes(samples);
    let most = samples.iter().map(|own| own.cut.node_count).max();
    let width = (most.unwrap_or(2) as f64).log2();
    let bits = |own: &Candidate| {
        let leading: u32 = own.leading.iter().map(|word| word.count_ones()).sum();
        f64::from(leading) * (8.0 * own.field.size as f64 - width)
    };
    let candidates = candidates(samples, shape, &nodes);
    let mut best: f64 = 0.0;
    for (number, one) in candidates.iter().enumerate() {
        for other in &candidates[number + 1..] {
            if one.field.size == other.field.size && !one.field.overlaps(other.field) {
                best = best.max(bits(one) + bits(other));
            }
        }
    }
    best
}

/// Fields that lead to nodes often enough, and not all to the same.
fn candidates(samples: &[Sample<'_>], shape: &Shape, nodes: &[(usize, usize)]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for size in [2, 1, 4] {
        for offset in 0..=shape.stride.saturating_sub(size) {
            let field = FieldAt { offset, size };
            let lead = |(number, node): &(usize, usize)| {
                let sample = &samples[*number];
                let start = sample.cut.nodes + shape.stride * node;
                let stored = field.read(sample.bytes, start, shape.endianness)?;
                shape.reference.index(stored, &sample.cut, shape.stride)
            };
            let leads: Vec<Option<usize>> = nodes.iter().map(lead).collect();
            let valid = leads.iter().flatten().count();
            let distinct: BTreeSet<_> = leads.iter().flatten().collect();
            if 4 * valid >= nodes.len() && distinct.len() > 1 {
                let is_other = |at: usize| leads[at].is_some_and(|to| to != nodes[at].1);
                let leading = bits(nodes.len(), is_other);
                candidates.push(Candidate {
                    field,
                    leads,
                    leading,
                });
            }
        }
    }
    candidates
}

/// Bytes with few values, more than one.
fn tags(samples: &[Sample<'_>], shape: &Shape, nodes: &[(usize, usize)]) -> Vec<Tag> {
    let tag = |offset| {
        let field = FieldAt { offset, size: 1 };
        let read = |(number, node): &(usize, usize)| {
            let sample: &Sample<'_> = &samples[*number];
            let start = sample.cut.nodes + shape.stride * node;
            sample.bytes.get(start + offset).copied()
        };
        let all = nodes.iter().map(read).collect::<Option<Vec<u8>>>()?;
        let mut kind_of = [None; 256];
        all.iter()
            .for_each(|value| kind_of[usize::from(*value)] = Some(0));
        let mut values = Vec::new();
        for (value, kind) in kind_of.iter_mut().enumerate().filter(|own| own.1.is_some()) {
            *kind = Some(values.len() as u8);
            values.push(value);
        }
        let is_small = (2..=TAGS).contains(&values.len()) && 2 * values.len() <= nodes.len() + 1;
        is_small.then(|| {
            let kinds = all.iter().filter_map(|value| kind_of[usize::from(*value)]);
            let kinds: Vec<u8> = kinds.collect();
            let of = |kind: usize| bits(kinds.len(), |at| usize::from(kinds[at]) == kind);
            Tag {
                field,
                nodes: (0..values.len()).map(of).collect(),
                values,
                kinds,
            }
        })
    };
    (0..shape.stride).filter_map(tag).collect()
}

impl Tag {
    /// The values whose nodes a field all leads to other nodes, as bits.
    fn led(&self, candidate: &Candidate) -> u16 {
        let mut led = 0;
        for (kind, nodes) in self.nodes.iter().enumerate() {
            let mut words = nodes.iter().zip(&candidate.leading);
            led |= u16::from(words.all(|(nodes, leading)| nodes & leading == *nodes)) << kind;
        }
        led
    }
}

/// Which of some values of a tag, as bits, have nodes that mostly do not lead to the same one twice;
/// `None` if none does or all values do.
fn branches(tag: &Tag, one: &Candidate, other: &Candidate, led: u16) -> Option<[bool; TAGS]> {
    let (mut all, mut apart) = ([0; TAGS], [0; TAGS]);
    for (number, kind) in tag.kinds.iter().enumerate() {
        all[usize::from(*kind)] += 1;
        apart[usize::from(*kind)] += usize::from(one.leads[number] != other.leads[number]);
    }
    let is_branch: [bool; TAGS] =
        std::array::from_fn(|kind| (led >> kind) & 1 == 1 && 2 * apart[kind] >= all[kind]);
    let count = is_branch.iter().filter(|own| **own).count();
    (1..tag.values.len()).contains(&count).then_some(is_branch)
}

/// The share of nodes that is reached, less that of edges that lead back.
fn sense(
    samples: &[Sample<'_>],
    kinds: &[u8],
    is_branch: [bool; TAGS],
    one: &Candidate,
    other: &Candidate,
) -> f64 {
    let (mut reached, mut back, mut first) = (0, 0, 0);
    for sample in samples {
        let nodes = first..first + sample.cut.node_count;
        first = nodes.end;
        let edges: Vec<Edges> = nodes
            .map(|node| match is_branch[usize::from(kinds[node])] {
                true => Edges::Branch(one.leads[node], other.leads[node]),
                false => Edges::Terminal,
            })
            .collect();
        let walk = walk(&edges, sample.starts.iter().copied());
        reached += walk.reached;
        back += walk.back;
    }
    (reached as f64 - back as f64) / kinds.len() as f64
}
