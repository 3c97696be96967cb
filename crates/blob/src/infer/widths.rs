//! How wide fields are whose numbers have zeros beside them, of which the bytes tell nothing.

use super::field::{Endianness, FieldAt};
use super::frame::{Cut, Frame};
use super::record::Record;

/// Ways kept for each record.
const KEPT: usize = 3;

/// What speaks against the widths of a record's fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Widths {
    pub(super) cost: f64,
    left: usize,
    crooked: usize,
}

impl Widths {
    pub(super) fn evidence(&self) -> String {
        format!(
            "{} bytes of a node are in no field, {} fields are not on multiples of their sizes",
            self.left, self.crooked
        )
    }
}

/// A record with fields as wide as zeros beside them allow, most plausible first.
pub(super) fn widths(
    blobs: &[&[u8]],
    frame: &Frame,
    cuts: &[Cut],
    record: &Record,
) -> Vec<(Record, Widths)> {
    let mut is_used = vec![false; frame.stride];
    for (blob, cut) in blobs.iter().zip(cuts) {
        for node in blob[cut.nodes..frame.end(cut)].chunks_exact(frame.stride) {
            for (used, byte) in is_used.iter_mut().zip(node) {
                *used |= *byte != 0;
            }
        }
    }
    let sizes = |field: FieldAt| -> Vec<FieldAt> {
        let resized = |size: usize| {
            let offset = match frame.endianness {
                Endianness::Little => field.offset,
                Endianness::Big => field.end().checked_sub(size)?,
            };
            let wide = FieldAt { offset, size };
            let differs = |at: &usize| {
                let is_in = |own: FieldAt| own.offset <= *at && *at < own.end();
                is_in(wide) != is_in(field)
            };
            let end = wide.end().max(field.end());
            let fits = wide.end() <= frame.stride;
            (fits && !(0..end).filter(differs).any(|at| is_used[at])).then_some(wide)
        };
        // Nothing is wider than it must be off its multiples.
        let mut sizes: Vec<FieldAt> = [1, 2, 4].into_iter().filter_map(resized).collect();
        let least = sizes.first().copied();
        sizes.retain(|own| own.is_aligned() || Some(*own) == least);
        sizes
    };
    let optional = |field: Option<FieldAt>| match field {
        None => vec![None],
        Some(field) => sizes(field).into_iter().map(Some).collect(),
    };
    let mut found: Vec<(Record, Widths)> = Vec::new();
    for tag in sizes(record.tag) {
        for filter in optional(record.filter) {
            for argument in optional(record.argument) {
                for matched in sizes(record.matched) {
                    let others = sizes(record.unmatched).into_iter();
                    for unmatched in others.filter(|own| own.size == matched.size) {
                        let own = Record {
                            tag,
                            filter,
                            argument,
                            matched,
                            unmatched,
                            branches: record.branches.clone(),
                        };
                        let fields: Vec<FieldAt> = own.fields().collect();
                        let overlap = |(number, field): (usize, &FieldAt)| {
                            fields[..number].iter().any(|other| other.overlaps(*field))
                        };
                        if !fields.iter().enumerate().any(overlap) {
                            let widths = plausible(frame, &own, &is_used);
                            found.push((own, widths));
                        }
                    }
                }
            }
        }
    }
    found.sort_by(|a, b| a.1.cost.total_cmp(&b.1.cost));
    found.truncate(KEPT);
    found
}

/// Numbers of common widths, on multiples of them, with nothing between them.
fn plausible(frame: &Frame, record: &Record, is_used: &[bool]) -> Widths {
    let fields: Vec<FieldAt> = record.fields().collect();
    let last = fields.iter().map(|field| field.end()).max().unwrap_or(0);
    let is_in = |at: &usize| {
        fields
            .iter()
            .any(|own| own.offset <= *at && *at < own.end())
    };
    let first = fields.iter().map(|field| field.offset).min().unwrap_or(0);
    let between = (0..last).filter(|at| !is_in(at)).count();
    let unexplained = (0..frame.stride)
        .filter(|at| !is_in(at) && is_used[*at])
        .count();
    let behind = frame.stride - last;
    let crooked = fields.iter().filter(|field| !field.is_aligned()).count();
    // Odds of widths, as logarithms.
    let width = |field: FieldAt, odds: [f64; 3]| odds[field.size.ilog2() as usize];
    let cost = 0.8 * between as f64
        + 1.5 * first as f64
        + 0.2 * behind as f64
        + 4.0 * unexplained as f64
        + 1.5 * crooked as f64
        + width(record.tag, [0.4, 1.1, 2.4])
        + record.filter.map_or(3.0, |own| width(own, [0.6, 0.7, 3.0]))
        + record
            .argument
            .map_or(3.0, |own| width(own, [2.0, 0.4, 1.4]))
        + 1.5 * width(record.matched, [1.5, 0.4, 1.3]);
    Widths {
        cost,
        left: between + behind,
        crooked,
    }
}
