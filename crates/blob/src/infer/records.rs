//! Which bytes of a record tag it and lead to others.

use std::collections::{BTreeMap, BTreeSet};

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

/// A field that leads to nodes: for each node of the samples where to.
struct Candidate {
    field: FieldAt,
    leads: Vec<Option<usize>>,
}

/// The records that make most sense of the nodes, best first, each with how much: 1 where all nodes
/// are reached and none leads back.
pub(super) fn records(samples: &[Sample<'_>], shape: &Shape, slot: usize) -> Vec<(f64, Record)> {
    let nodes: Vec<(usize, usize)> = samples
        .iter()
        .enumerate()
        .flat_map(|(number, sample)| (0..sample.cut.node_count).map(move |node| (number, node)))
        .collect();
    let candidates = candidates(samples, shape, &nodes);
    if candidates.len() < 2 {
        return Vec::new();
    }
    let mut found: Vec<(f64, Record)> = Vec::new();
    for (tag, values) in tags(samples, shape, &nodes) {
        for (number, one) in candidates.iter().enumerate() {
            for other in &candidates[number + 1..] {
                let fields = (one.field, other.field);
                let is_apart = one.field.size == other.field.size
                    && !one.field.overlaps(other.field)
                    && !tag.overlaps(fields.0)
                    && !tag.overlaps(fields.1);
                if !is_apart {
                    continue;
                }
                let branches = branches(&values, one, other, &nodes);
                if branches.is_empty() {
                    continue;
                }
                let record = Record {
                    tag,
                    branches,
                    matched: one.field,
                    unmatched: other.field,
                    filter: None,
                    argument: None,
                };
                let sense = sense(samples, &record, &values, one, other);
                if sense < 0.5 {
                    continue;
                }
                let kinds = values.iter().collect::<BTreeSet<_>>().len();
                let mut score = sense - 0.02 * kinds as f64;
                score -= if one.field.size == slot { 0.0 } else { 0.03 };
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
                candidates.push(Candidate { field, leads });
            }
        }
    }
    candidates
}

/// Bytes with few values, more than one, for each node of the samples.
fn tags(
    samples: &[Sample<'_>],
    shape: &Shape,
    nodes: &[(usize, usize)],
) -> Vec<(FieldAt, Vec<usize>)> {
    let tag = |offset| {
        let field = FieldAt { offset, size: 1 };
        let read = |(number, node): &(usize, usize)| {
            let sample: &Sample<'_> = &samples[*number];
            field.read(
                sample.bytes,
                sample.cut.nodes + shape.stride * node,
                shape.endianness,
            )
        };
        let values = nodes.iter().map(read).collect::<Option<Vec<usize>>>()?;
        let distinct = values.iter().collect::<BTreeSet<_>>().len();
        let is_small = (2..=TAGS).contains(&distinct) && 2 * distinct <= nodes.len() + 1;
        is_small.then_some((field, values))
    };
    (0..shape.stride).filter_map(tag).collect()
}

/// Values of a tag whose nodes all lead to two others, most of them not to the same one twice.
fn branches(
    values: &[usize],
    one: &Candidate,
    other: &Candidate,
    nodes: &[(usize, usize)],
) -> BTreeSet<usize> {
    #[derive(Default)]
    struct Kind {
        all: usize,
        leading: usize,
        apart: usize,
    }
    let mut kinds: BTreeMap<usize, Kind> = BTreeMap::new();
    for (number, value) in values.iter().enumerate() {
        let kind = kinds.entry(*value).or_default();
        kind.all += 1;
        if let (Some(a), Some(b)) = (one.leads[number], other.leads[number])
            && a != nodes[number].1
            && b != nodes[number].1
        {
            kind.leading += 1;
            kind.apart += usize::from(a != b);
        }
    }
    let is_branch =
        |(_, kind): &(&usize, &Kind)| kind.leading == kind.all && 2 * kind.apart >= kind.all;
    let branches: BTreeSet<usize> = kinds
        .iter()
        .filter(is_branch)
        .map(|(tag, _)| *tag)
        .collect();
    if branches.len() == kinds.len() {
        return BTreeSet::new();
    }
    branches
}

/// The share of nodes that is reached, less that of edges that lead back.
fn sense(
    samples: &[Sample<'_>],
    record: &Record,
    values: &[usize],
    one: &Candidate,
    other: &Candidate,
) -> f64 {
    let (mut reached, mut back, mut first) = (0, 0, 0);
    for sample in samples {
        let nodes = first..first + sample.cut.node_count;
        first = nodes.end;
        let edges: Vec<Edges> = nodes
            .map(|node| match record.branches.contains(&values[node]) {
                true => Edges::Branch(one.leads[node], other.leads[node]),
                false => Edges::Terminal,
            })
            .collect();
        let walk = walk(&edges, sample.starts.iter().copied());
        reached += walk.reached;
        back += walk.back;
    }
    (reached as f64 - back as f64) / values.len() as f64
}
