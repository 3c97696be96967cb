//! How short files can be described by a layout: what is foreseen costs few bits.

use std::collections::BTreeMap;

use super::Layout;
use super::field::FieldAt;
use super::frame::{Count, Cut, NodeCount, NodesAt};
use super::record::Edges;

/// Numbers of one kind, each foreseen by how often it came before.
#[derive(Clone, Debug, Default)]
pub(super) struct Adaptive {
    seen: BTreeMap<usize, usize>,
    all: usize,
}

impl Adaptive {
    fn is_ever(&self, is: impl Fn(usize) -> bool) -> bool {
        self.seen.keys().any(|value| is(*value))
    }

    /// Bits for the next number, which is one of 2^`bits` if it is new.
    pub(super) fn code(&mut self, value: usize, bits: f64) -> f64 {
        let kinds = self.seen.len() as f64;
        let seen = self.seen.entry(value).or_default();
        // New ones are as likely as half of the kinds that were new before.
        let new = (kinds + 1.0) / 2.0;
        let share = if *seen == 0 { new } else { *seen as f64 };
        let cost = -(share / (self.all as f64 + new)).log2() + if *seen == 0 { bits } else { 0.0 };
        *seen += 1;
        self.all += 1;
        cost
    }
}

/// Bits of a number of which nothing is known, however wide its field is.
fn plainly(value: usize) -> f64 {
    2.5 + ((value + 1) as f64).log2()
}

/// Bits of a byte that no field has: that it is always zero says little.
fn byte(model: &mut Adaptive, value: usize) -> f64 {
    model.code(value, if value == 0 { 0.5 } else { 8.0 })
}

/// Header fields that a layout explains.
pub(super) fn header_fields(layout: &Layout) -> Vec<FieldAt> {
    let frame = &layout.frame;
    let mut fields = frame.tables.clone();
    if let Count::Stated(field) = frame.op_count {
        fields.push(field);
    }
    if let NodesAt::Stated(field, _) = frame.nodes {
        fields.push(field);
    }
    if let NodeCount::Stated(field) | NodeCount::UpTo(field, _) = frame.node_count {
        fields.push(field);
    }
    fields
}

/// Bits that describe all files by a layout.
pub(super) fn length(blobs: &[&[u8]], layout: &Layout, cuts: &[Cut]) -> f64 {
    header(blobs, layout, cuts)
        + entries(blobs, layout, cuts)
        + nodes(blobs, layout, cuts)
        + literals(blobs, layout, cuts)
}

/// Bytes in front of the op table and behind it: once if they are the same in all files.
fn header(blobs: &[&[u8]], layout: &Layout, cuts: &[Cut]) -> f64 {
    let frame = &layout.frame;
    let fields = header_fields(layout);
    let is_used = |offset| {
        let own = FieldAt { offset, size: 1 };
        fields.iter().any(|field| field.overlaps(own))
    };
    // Each field is one of so many places, and one more thing to believe.
    let mut bits = 7.0 * fields.len() as f64;
    if let Count::Fixed(_) = frame.op_count {
        bits += 24.0;
    }
    // So is a gap that nothing says.
    bits += match frame.nodes {
        NodesAt::Fixed(_) => 24.0,
        NodesAt::AfterOpTable(alignment) => (alignment as f64).log2(),
        NodesAt::Stated(..) => 0.0,
    };
    let mut unused: Vec<Vec<u8>> = Vec::new();
    for offset in (0..frame.header_length).filter(|offset| !is_used(*offset)) {
        unused.push(
            blobs
                .iter()
                .filter_map(|blob| blob.get(offset).copied())
                .collect(),
        );
    }
    for (blob, cut) in blobs.iter().zip(cuts) {
        let start = cut.op_table + frame.slot * cut.op_count;
        let skipped = (start..cut.nodes).filter(|offset| !is_used(*offset));
        for (number, offset) in skipped.enumerate() {
            // Padding is zero.
            if blob[offset] != 0 {
                bits += 8.0 + number as f64 / 8.0;
            }
        }
    }
    bits + unused.iter().map(|column| fixed(column)).sum::<f64>()
}

/// Bits of the bytes at one offset of all headers: few if all are zero, once those of a byte if all
/// are the same.
pub(super) fn fixed(column: &[u8]) -> f64 {
    if column.iter().all(|byte| *byte == 0) {
        return 0.7;
    }
    let mut seen = Adaptive::default();
    2.0 + column
        .iter()
        .map(|own| seen.code(usize::from(*own), 8.0))
        .sum::<f64>()
}

fn entries(blobs: &[&[u8]], layout: &Layout, cuts: &[Cut]) -> f64 {
    let frame = &layout.frame;
    let mut bits = 0.0;
    for (blob, cut) in blobs.iter().zip(cuts) {
        let mut seen = Adaptive::default();
        let nodes = (cut.node_count as f64).log2();
        for entry in frame.entries(blob, cut) {
            bits += match frame.reference.index(entry, cut, frame.stride) {
                Some(index) => seen.code(index, nodes),
                None => 8.0 * frame.slot as f64 + 4.0,
            };
        }
        // Tables in front of the op table.
        bits += 8.0 * (cut.op_table - frame.header_length) as f64;
    }
    bits
}

type Arguments = BTreeMap<(usize, Option<usize>), (Adaptive, Adaptive)>;

#[derive(Default)]
struct Models {
    tag: Adaptive,
    filter: Adaptive,
    /// By tag and filter, and by tag alone: whether an argument is a literal, and what it is else.
    arguments: [Arguments; 2],
    edges: [Adaptive; 2],
    rest: BTreeMap<(bool, usize), Adaptive>,
}

fn nodes(blobs: &[&[u8]], layout: &Layout, cuts: &[Cut]) -> f64 {
    let (frame, record) = (&layout.frame, &layout.record);
    let mut models = Models::default();
    let mut bits = 0.0;
    // Bits of arguments, if those of each filter are foreseen apart, and if those of each tag are.
    let mut arguments = [0.0; 2];
    let size = |field: FieldAt| 8.0 * field.size as f64;
    let one = |offset| FieldAt { offset, size: 1 };
    let rest: Vec<usize> = (0..frame.stride)
        .filter(|offset| !record.fields().any(|field| field.overlaps(one(*offset))))
        .collect();
    for (blob, cut) in blobs.iter().zip(cuts) {
        let Some(read) = layout.read(blob) else {
            continue;
        };
        let literals = (read.literals.len().max(1) as f64).log2();
        let mut counts = vec![0; read.nodes.len()];
        read.entries
            .iter()
            .flatten()
            .for_each(|entry| counts[*entry] += 1);
        let most = (0..counts.len()).max_by_key(|node| (counts[*node], *node));
        for (number, node) in read.nodes.iter().enumerate() {
            let is_branch = node.edges != Edges::Terminal;
            bits += models.tag.code(node.tag, plainly(node.tag));
            let plain = |offset: usize| usize::from(blob[node.offset + offset]);
            if let Edges::Branch(matched, unmatched) = node.edges {
                for (place, (edge, field)) in
                    [(matched, record.matched), (unmatched, record.unmatched)]
                        .into_iter()
                        .enumerate()
                {
                    let kind = match edge {
                        None => 0,
                        Some(to) if to == number + 1 => 1,
                        Some(to) if Some(to) == most => 2,
                        Some(_) => 3,
                    };
                    bits += models.edges[place].code(kind, 2.0);
                    bits += match kind {
                        0 => size(field),
                        3 => (cut.node_count as f64).log2(),
                        _ => 0.0,
                    };
                }
                if let Some(filter) = node.filter {
                    bits += models.filter.code(filter, plainly(filter));
                }
                if let Some(argument) = node.argument {
                    let keys = [(node.tag, node.filter), (node.tag, None)];
                    for ((model, key), bits) in
                        models.arguments.iter_mut().zip(keys).zip(&mut arguments)
                    {
                        let (is_literal, others) = model.entry(key).or_default();
                        *bits += is_literal.code(usize::from(node.literal.is_some()), 1.0);
                        *bits += match node.literal {
                            Some(_) => literals,
                            None => others.code(argument, plainly(argument)),
                        };
                    }
                }
            } else {
                // What a decision holds is in fields that tests have, or elsewhere.
                let others = record.fields().filter(|field| *field != record.tag);
                for offset in others.flat_map(|field| field.offset..field.end()) {
                    let model = models.rest.entry((is_branch, offset)).or_default();
                    bits += byte(model, plain(offset));
                }
            }
            for offset in &rest {
                let model = models.rest.entry((is_branch, *offset)).or_default();
                bits += byte(model, plain(*offset));
            }
        }
    }
    // Each byte that nothing explains is one more thing to believe.
    let unexplained = models.rest.iter().filter(|((is_branch, offset), seen)| {
        *is_branch && rest.contains(offset) && seen.is_ever(|value| value != 0)
    });
    bits + f64::min(arguments[0], arguments[1]) + 24.0 * unexplained.count() as f64
}

/// Text costs less than what nothing explains.
fn literals(blobs: &[&[u8]], layout: &Layout, cuts: &[Cut]) -> f64 {
    let mut text = Adaptive::default();
    // Padding is one more thing to believe.
    let is_padded = layout.literals.is_some_and(|own| own.framing.first > 1);
    let mut bits = if is_padded { 8.0 } else { 0.0 };
    for (blob, cut) in blobs.iter().zip(cuts) {
        let end = layout.frame.end(cut);
        let own = layout.literals.and_then(|literals| {
            literals
                .framing
                .literals(blob, end, layout.frame.endianness)
        });
        match own {
            Some(own) => {
                for literal in own {
                    bits += 6.0;
                    let content = blob[literal.content].iter();
                    bits += content
                        .map(|byte| text.code(usize::from(*byte), 8.0))
                        .sum::<f64>();
                }
            }
            None => bits += 8.0 * (blob.len() - end) as f64,
        }
    }
    bits
}
