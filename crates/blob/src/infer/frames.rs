//! All frames that a corpus allows.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::budget::Budget;
use super::columns::{Column, columns};
use super::endings::Endings;
use super::field::Endianness;
use super::frame::{Cut, Frame, NodeCount, Reference, Unit};
use super::heads::{heads, savings};
use super::tables::{FEWEST, Fixed, Front, Tables, Varying};

/// Sizes of a node, in bytes.
const STRIDES: std::ops::RangeInclusive<usize> = 4..=32;
/// Shapes kept.
const SHAPES: usize = 400;
/// Bits that a header field is worth which says how many nodes there are.
const STATED: f64 = 24.0;

/// What frames of one group have in common: which bytes are nodes, and how they are referred to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) endianness: Endianness,
    pub(super) stride: usize,
    pub(super) reference: Reference,
    /// Offset of the nodes and how many there are, for each file.
    pub(super) nodes: Vec<(usize, usize)>,
}

/// Frames of one shape.
#[derive(Clone, Debug)]
pub(super) struct Framed {
    pub(super) shape: Shape,
    pub(super) frames: Vec<Frame>,
    /// Bits of the op table that are explained.
    pub(super) bits: f64,
}

/// A number of nodes for each file that a column says.
struct Counted {
    column: usize,
    /// In how many bytes it says where nodes end; `None` if it says how many there are.
    unit: Option<usize>,
    counts: Vec<usize>,
}

struct Search<'a> {
    blobs: &'a [&'a [u8]],
    endianness: Endianness,
    columns: &'a [Column],
    endings: Endings<'a>,
    /// Whether what is behind the nodes need not read as literals.
    is_any_end: bool,
    /// By where nodes start and the size of a node what columns say of their number.
    counts: BTreeMap<(Vec<usize>, usize), Rc<[Counted]>>,
    found: BTreeMap<Shape, (f64, Vec<Frame>)>,
    /// Bits that a shape must explain to be kept.
    least: f64,
    /// Bits that the best explains.
    most: f64,
}

/// The frames that all files fit, by which bytes they take for nodes, those that explain most of the
/// op table first.
///
/// Entries of op tables have one of the sizes `slots`. What is behind the nodes reads as literals in
/// most files, if not `is_any_end`.
pub(super) fn frames(
    blobs: &[&[u8]],
    endianness: Endianness,
    slots: &[usize],
    is_any_end: bool,
    budget: &mut Budget,
) -> Vec<Framed> {
    let columns = columns(blobs, endianness);
    let mut search = Search {
        blobs,
        endianness,
        columns: &columns,
        endings: Endings::new(blobs, endianness),
        is_any_end,
        counts: BTreeMap::new(),
        found: BTreeMap::new(),
        least: 0.0,
        most: 0.0,
    };
    let tables = Tables {
        blobs,
        endianness,
        columns: &columns,
    };
    for &slot in slots {
        tables.fixed(slot, budget, |fixed, budget| search.fixed(&fixed, budget));
        // Most tables whose place would differ between files are parts of one that lies fixed.
        search.least = search.least.max(search.most / 2.0);
        let mut varying = tables.varying(slot, budget);
        varying.sort_by_key(|own| std::cmp::Reverse(own.count()));
        for varying in varying {
            search.varying(&varying, budget);
        }
    }
    search.prune();
    let found = search.found.into_iter();
    let mut found: Vec<Framed> = found
        .map(|(shape, (bits, frames))| Framed {
            shape,
            frames,
            bits,
        })
        .collect();
    found.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    found
}

impl Search<'_> {
    fn varying(&mut self, table: &Varying, budget: &mut Budget) {
        let bits = table.count() as f64 * (8.0 * table.slot as f64 - 5.0);
        if bits + STATED < self.least {
            return;
        }
        for (front, starts) in &table.fronts {
            let Some(rooms) = self.rooms(starts) else {
                continue;
            };
            for stride in STRIDES {
                if rooms.iter().any(|room| room / stride < 2) || !budget.take(1) {
                    continue;
                }
                for reference in references(stride) {
                    let mut highest = Vec::new();
                    for (file, (entries, _)) in table.entries.iter().enumerate() {
                        let cut = self.cut(file, starts[file], stride);
                        let indices = entries.iter();
                        let indices = indices.map(|entry| reference.index(*entry, &cut, stride));
                        let Some(last) = indices.collect::<Option<Vec<_>>>() else {
                            break;
                        };
                        highest.extend(last.into_iter().max());
                    }
                    if highest.len() < self.blobs.len() {
                        continue;
                    }
                    let counts = self.counts(starts, &rooms, stride);
                    let shape = (starts.as_slice(), &*counts, stride, reference);
                    self.referred(front, table.slot, bits, shape, &highest, (0, 0));
                }
            }
        }
    }

    fn fixed(&mut self, fixed: &Fixed, budget: &mut Budget) {
        let savings = savings(fixed);
        let is_enough = |rows: usize, least: f64| {
            let most = savings[FEWEST - 1..rows]
                .iter()
                .copied()
                .fold(0.0, f64::max);
            most + STATED > least
        };
        if !is_enough(fixed.rows.len(), self.least) {
            return;
        }
        let mut known: BTreeMap<usize, Vec<(Front, usize)>> = BTreeMap::new();
        let starts = vec![fixed.nodes; self.blobs.len()];
        let Some(rooms) = self.rooms(&starts) else {
            return;
        };
        for stride in STRIDES {
            if rooms.iter().any(|room| room / stride < 2) {
                continue;
            }
            for reference in references(stride) {
                let cuts: Vec<Cut> = (0..self.blobs.len())
                    .map(|file| self.cut(file, fixed.nodes, stride))
                    .collect();
                // The highest node that entries up to each row refer to, for each file.
                let mut highest: Vec<Vec<usize>> = Vec::new();
                let mut differs = false;
                for number in 0..fixed.rows.len() {
                    let row = fixed.rows.row(number);
                    let index = |(entry, cut): (&usize, &Cut)| reference.index(*entry, cut, stride);
                    let Some(mut row) =
                        row.iter().zip(&cuts).map(index).collect::<Option<Vec<_>>>()
                    else {
                        break;
                    };
                    if let Some(last) = highest.last() {
                        differs |= fixed.rows.row(number) != fixed.rows.row(number - 1);
                        let both = row.iter_mut().zip(last);
                        both.for_each(|(own, last)| *own = (*own).max(*last));
                    }
                    highest.push(row);
                }
                budget.take(1 + highest.len() as u64 / 8);
                let rows = highest.len();
                let is_enough = rows >= FEWEST && is_enough(rows, self.least);
                if !is_enough || !differs || budget.is_spent() {
                    continue;
                }
                let heads = known
                    .entry(rows)
                    .or_insert_with(|| heads(fixed, rows, self.columns, &savings));
                let counts = self.counts(&starts, &rooms, stride);
                for (front, count) in heads.iter() {
                    let shape = (starts.as_slice(), &*counts, stride, reference);
                    let behind = (fixed.end, fixed.nodes);
                    let bits = savings[count - 1];
                    self.referred(front, fixed.slot, bits, shape, &highest[count - 1], behind);
                }
            }
        }
    }

    fn cut(&self, file: usize, nodes: usize, stride: usize) -> Cut {
        Cut {
            op_table: 0,
            op_count: 0,
            nodes,
            node_count: (self.blobs[file].len() - nodes) / stride,
        }
    }

    fn rooms(&self, starts: &[usize]) -> Option<Vec<usize>> {
        let rooms = self.blobs.iter().zip(starts);
        rooms
            .map(|(blob, start)| blob.len().checked_sub(*start).filter(|room| *room > 0))
            .collect()
    }

    /// What columns say of the number of nodes, if what is behind so many reads as literals.
    fn counts(&mut self, starts: &[usize], rooms: &[usize], stride: usize) -> Rc<[Counted]> {
        let key = (starts.to_vec(), stride);
        if let Some(known) = self.counts.get(&key) {
            return Rc::clone(known);
        }
        let mut found = Vec::new();
        for (column, own) in self.columns.iter().enumerate() {
            for unit in [None, Some(1), Some(4), Some(8)] {
                let count = |((value, start), room): ((&usize, &usize), &usize)| {
                    let count = match unit {
                        None => *value,
                        Some(unit) => {
                            let length = (value * unit).checked_sub(*start)?;
                            length.is_multiple_of(stride).then_some(length / stride)?
                        }
                    };
                    (2..=room / stride).contains(&count).then_some(count)
                };
                let counts = own.values.iter().zip(starts).zip(rooms).map(count);
                // Nearly always one file does not fit.
                if counts.clone().any(|count| count.is_none()) {
                    continue;
                }
                let counts: Vec<usize> = counts.flatten().collect();
                if self.ends_well(starts, &counts, stride) {
                    found.push(Counted {
                        column,
                        unit,
                        counts,
                    });
                }
            }
        }
        let found: Rc<[Counted]> = found.into();
        self.counts.insert(key, Rc::clone(&found));
        found
    }

    fn ends_well(&mut self, starts: &[usize], counts: &[usize], stride: usize) -> bool {
        let ends = starts.iter().zip(counts);
        let ends = ends.map(|(start, count)| start + stride * count);
        self.is_any_end || self.endings.fit(ends)
    }

    /// Nodes that each entry of the op table is the start of: the highest of them is given for each
    /// file.
    fn referred(
        &mut self,
        front: &Front,
        slot: usize,
        bits: f64,
        (starts, stated, stride, reference): (&[usize], &[Counted], usize, Reference),
        highest: &[usize],
        behind: (usize, usize),
    ) {
        let mut counts: Vec<(NodeCount, Vec<usize>)> = Vec::new();
        for own in stated {
            let column = &self.columns[own.column];
            let Some(field) = column.wide(slot, front.header_length, behind) else {
                continue;
            };
            let node_count = match own.unit {
                None => NodeCount::Stated(field),
                Some(unit) => NodeCount::UpTo(field, unit),
            };
            counts.push((node_count, own.counts.clone()));
        }
        let reached: Vec<usize> = highest.iter().map(|last| last + 1).collect();
        if reached.iter().all(|count| *count >= 2) && self.ends_well(starts, &reached, stride) {
            counts.push((NodeCount::Reached, reached));
        }
        for (node_count, counts) in counts {
            if counts
                .iter()
                .zip(highest)
                .any(|(count, last)| last >= count)
            {
                continue;
            }
            let bits = bits
                + if node_count == NodeCount::Reached {
                    0.0
                } else {
                    STATED
                };
            if bits < self.least {
                continue;
            }
            let shape = Shape {
                endianness: self.endianness,
                stride,
                reference,
                nodes: starts.iter().copied().zip(counts).collect(),
            };
            let (best, frames) = self.found.entry(shape).or_default();
            *best = best.max(bits);
            self.most = self.most.max(bits);
            let frame = Frame {
                endianness: self.endianness,
                header_length: front.header_length,
                tables: front.tables.clone(),
                slot,
                op_count: front.op_count,
                nodes: front.nodes,
                node_count,
                stride,
                reference,
            };
            // What a field says goes before what is only reached.
            let is_same = |own: &Frame| {
                let node_count = own.node_count;
                Frame {
                    node_count,
                    ..frame.clone()
                } == *own
            };
            if !frames.iter().any(is_same) {
                frames.push(frame);
            }
        }
        if self.found.len() > 2 * SHAPES {
            self.prune();
        }
    }

    /// Drops all but the shapes that explain most.
    fn prune(&mut self) {
        let mut bits: Vec<f64> = self.found.values().map(|(bits, _)| *bits).collect();
        bits.sort_by(|a, b| b.total_cmp(a));
        if let Some(least) = bits.get(SHAPES).copied() {
            self.found.retain(|_, (bits, _)| *bits >= least);
            self.least = least;
        }
    }
}

/// Ways to refer to nodes of a size that differ.
fn references(stride: usize) -> Vec<Reference> {
    let mut all = vec![Reference {
        unit: Unit::Index,
        from_file: false,
    }];
    for from_file in [false, true] {
        let mut add = |unit| all.push(Reference { unit, from_file });
        add(Unit::Bytes);
        for bytes in [2, 4, 8] {
            if from_file || (stride.is_multiple_of(bytes) && stride > bytes) {
                add(Unit::Words(bytes));
            }
        }
    }
    all
}
