//! All frames that a corpus allows.

use std::collections::BTreeMap;

use super::endings::Endings;
use super::field::{Endianness, FieldAt};
use super::frame::{Count, Cut, Frame, NodeCount, NodesAt, Reference, Unit};

/// How far into a file header fields are looked for, in bytes.
const HEADER: usize = 64;
/// How far into a file an op table may start, in bytes.
const FARTHEST_TABLE: usize = 96;
/// Most entries of an op table.
const OPERATIONS: usize = 4096;
/// Most entries of a table in front of the op table, over all files.
const TABLE_ENTRIES: usize = 32;
/// How far behind the op table nodes may start, in bytes.
const FARTHEST_NODES: usize = 64;
/// Sizes of a node, in bytes.
const STRIDES: std::ops::RangeInclusive<usize> = 4..=32;

/// What frames of one group have in common: which bytes are nodes, and how they are referred to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) endianness: Endianness,
    pub(super) stride: usize,
    pub(super) reference: Reference,
    /// Offset of the nodes and how many there are, for each file.
    pub(super) nodes: Vec<(usize, usize)>,
}

/// A header field by its values in all files.
struct Column {
    /// Fields that have them, narrowest first.
    fields: Vec<FieldAt>,
    values: Vec<usize>,
}

fn columns(blobs: &[&[u8]], endianness: Endianness) -> Vec<Column> {
    let mut columns: BTreeMap<Vec<usize>, Vec<FieldAt>> = BTreeMap::new();
    for size in [1, 2, 4] {
        for offset in 0..HEADER {
            let field = FieldAt { offset, size };
            let read = |blob: &&[u8]| field.read(blob, 0, endianness);
            if let Some(values) = blobs.iter().map(read).collect::<Option<Vec<_>>>() {
                columns.entry(values).or_default().push(field);
            }
        }
    }
    let column = |(values, fields)| Column { fields, values };
    columns.into_iter().map(column).collect()
}

impl Column {
    fn is_within(&self, range: std::ops::RangeInclusive<usize>) -> bool {
        self.values.iter().all(|value| range.contains(value))
    }

    fn varies(&self) -> bool {
        self.values.iter().any(|value| *value != self.values[0])
    }

    /// The first of its fields that ends before an offset.
    fn before(&self, end: usize) -> Option<FieldAt> {
        self.fields.iter().copied().find(|field| field.end() <= end)
    }

    /// The field for a count of nodes: as wide as a reference to one, if there is such.
    fn wide(&self, end: usize, size: usize) -> Option<FieldAt> {
        let fits = |field: &&FieldAt| field.end() <= end && field.is_aligned();
        let mut fitting = self.fields.iter().filter(fits);
        let wide = fitting.clone().find(|field| field.size == size);
        wide.or_else(|| fitting.next())
            .copied()
            .or(self.before(end))
    }
}

/// An op table in all files.
struct Table {
    header_length: usize,
    tables: Vec<FieldAt>,
    slot: usize,
    op_count: Count,
    /// Where it ends, for each file.
    ends: Vec<usize>,
    /// Distinct entries, for each file.
    entries: Vec<Vec<usize>>,
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
    columns: Vec<Column>,
    endings: Endings<'a>,
    /// By where nodes start and the size of a node what columns say of their number.
    counts: BTreeMap<(Vec<usize>, usize), Vec<Counted>>,
    found: BTreeMap<Shape, Vec<Frame>>,
}

/// The frames that all files fit, by which bytes they take for nodes.
///
/// Entries of op tables have one of the sizes `slots`. `is_stated` asks for those whose number of operations a header field says; otherwise for those
/// whose sections lie at the same place in all files.
pub(super) fn frames(
    blobs: &[&[u8]],
    endianness: Endianness,
    slots: &[usize],
    is_stated: bool,
) -> BTreeMap<Shape, Vec<Frame>> {
    let mut search = Search {
        blobs,
        endianness,
        columns: columns(blobs, endianness),
        endings: Endings::new(blobs, endianness),
        counts: BTreeMap::new(),
        found: BTreeMap::new(),
    };
    for &slot in slots {
        if is_stated {
            search.stated(slot);
        } else {
            search.fixed(slot);
        }
    }
    search.found
}

impl Search<'_> {
    /// Op tables whose length a header field says.
    fn stated(&mut self, slot: usize) {
        let none = vec![0; self.blobs.len()];
        let mut tables: Vec<(Option<FieldAt>, Vec<usize>)> = vec![(None, none)];
        let counts = |column: &&Column| column.varies() && column.is_within(0..=TABLE_ENTRIES);
        for column in self.columns.iter().filter(counts) {
            tables.push((column.before(HEADER), column.values.clone()));
        }
        let mut found = Vec::new();
        for column in self
            .columns
            .iter()
            .filter(|own| own.is_within(2..=OPERATIONS))
        {
            let Some(field) = column.before(HEADER) else {
                continue;
            };
            for (counted, extra) in &tables {
                let first = field.end().max(counted.map_or(0, FieldAt::end));
                for header_length in first..=FARTHEST_TABLE {
                    let place = |number: usize| {
                        let start = header_length + slot * extra[number];
                        (start, start + slot * column.values[number])
                    };
                    if let Some((ends, entries)) = self.entries(slot, place) {
                        found.push(Table {
                            header_length,
                            tables: counted.iter().copied().collect(),
                            slot,
                            op_count: Count::Stated(field),
                            ends,
                            entries,
                        });
                    }
                }
            }
        }
        for table in found {
            self.nodes_behind(&table);
        }
    }

    /// Op tables that lie at the same place in all files, up to nodes that do.
    fn fixed(&mut self, slot: usize) {
        let shortest = self.blobs.iter().map(|blob| blob.len()).min().unwrap_or(0);
        for header_length in (2..=HEADER.min(shortest)).step_by(2) {
            for nodes in (header_length + 2 * slot..shortest.min(1024)).step_by(2) {
                let place = |_| (header_length, nodes - (nodes - header_length) % slot);
                let Some((ends, entries)) = self.entries(slot, place) else {
                    break;
                };
                let op_count = (nodes - header_length) / slot;
                let table = Table {
                    header_length,
                    tables: Vec::new(),
                    slot,
                    op_count: Count::Fixed(op_count),
                    ends,
                    entries,
                };
                let starts = vec![nodes; self.blobs.len()];
                self.counted(&table, NodesAt::Fixed(nodes), &starts);
            }
        }
    }

    /// Where tables end, and their distinct entries; `None` if one of them reaches beyond its file
    /// or refers to what does.
    fn entries(
        &self,
        slot: usize,
        place: impl Fn(usize) -> (usize, usize),
    ) -> Option<(Vec<usize>, Vec<Vec<usize>>)> {
        let field = FieldAt {
            offset: 0,
            size: slot,
        };
        let mut ends = Vec::new();
        let mut all = Vec::new();
        for (number, blob) in self.blobs.iter().enumerate() {
            let (start, end) = place(number);
            if end >= blob.len() {
                return None;
            }
            let mut distinct = Vec::new();
            for at in (start..end).step_by(slot) {
                let entry = field.read(blob, at, self.endianness)?;
                if entry >= blob.len() {
                    return None;
                }
                distinct.push(entry);
            }
            distinct.sort_unstable();
            distinct.dedup();
            ends.push(end);
            all.push(distinct);
        }
        all.iter()
            .any(|entries| entries.len() > 1)
            .then_some((ends, all))
    }

    /// Nodes behind an op table, or where the header says.
    fn nodes_behind(&mut self, table: &Table) {
        let mut places: BTreeMap<Vec<usize>, NodesAt> = BTreeMap::new();
        for alignment in [1, 2, 4, 8, 16, 32] {
            let ends = table.ends.iter();
            let starts: Vec<usize> = ends.map(|end| end.next_multiple_of(alignment)).collect();
            let is_zero = |number: usize| {
                let skipped = self.blobs[number].get(table.ends[number]..starts[number]);
                skipped.is_some_and(|skipped| skipped.iter().all(|byte| *byte == 0))
            };
            if (0..starts.len()).all(is_zero) {
                let place = NodesAt::AfterOpTable(alignment);
                places.entry(starts).or_insert(place);
            }
        }
        for column in &self.columns {
            for unit in [1, 2, 4, 8] {
                let values = column.values.iter();
                let starts: Vec<usize> = values.map(|value| value * unit).collect();
                let mut pairs = starts.iter().zip(&table.ends);
                if let Some(field) = column.before(table.header_length)
                    && pairs.all(|(start, end)| (*end..end + FARTHEST_NODES).contains(start))
                {
                    let place = NodesAt::Stated(field, unit);
                    places.entry(starts).or_insert(place);
                }
            }
        }
        for (starts, place) in places {
            self.counted(table, place, &starts);
        }
    }

    /// Nodes of each size and number.
    fn counted(&mut self, table: &Table, nodes: NodesAt, starts: &[usize]) {
        let rooms = self.blobs.iter().zip(starts);
        let rooms: Option<Vec<usize>> = rooms
            .map(|(blob, start)| blob.len().checked_sub(*start).filter(|room| *room > 0))
            .collect();
        let Some(rooms) = rooms else { return };
        for stride in STRIDES {
            if rooms.iter().any(|room| room / stride < 2) {
                continue;
            }
            let key = (starts.to_vec(), stride);
            if !self.counts.contains_key(&key) {
                let counts = self.counts(starts, &rooms, stride);
                self.counts.insert(key.clone(), counts);
            }
            let count = |own: &Counted| {
                let column = &self.columns[own.column];
                let field = column.wide(table.header_length, table.slot)?;
                let node_count = match own.unit {
                    None => NodeCount::Stated(field),
                    Some(unit) => NodeCount::UpTo(field, unit),
                };
                Some((node_count, own.counts.clone()))
            };
            let counts: Vec<(NodeCount, Vec<usize>)> =
                self.counts[&key].iter().filter_map(count).collect();
            for reference in references(stride) {
                self.referred(table, nodes, starts, stride, reference, &counts);
            }
        }
    }

    /// What columns say of the number of nodes, if what is behind so many reads as literals.
    fn counts(&mut self, starts: &[usize], rooms: &[usize], stride: usize) -> Vec<Counted> {
        let fits = |(count, room): (&usize, &usize)| (2..=room / stride).contains(count);
        let mut found = Vec::new();
        for (column, own) in self.columns.iter().enumerate() {
            for unit in [None, Some(1), Some(4), Some(8)] {
                let count = |(value, start): (&usize, &usize)| match unit {
                    None => Some(*value),
                    Some(unit) => {
                        let length = (value * unit).checked_sub(*start)?;
                        length.is_multiple_of(stride).then_some(length / stride)
                    }
                };
                let counts: Option<Vec<usize>> = own.values.iter().zip(starts).map(count).collect();
                let Some(counts) = counts else { continue };
                let ends = starts.iter().zip(&counts);
                let ends = ends.map(|(start, count)| start + stride * count);
                if counts.iter().zip(rooms).all(fits) && self.endings.fit(ends) {
                    found.push(Counted {
                        column,
                        unit,
                        counts,
                    });
                }
            }
        }
        found
    }

    /// Nodes that each entry of the op table is the start of.
    fn referred(
        &mut self,
        table: &Table,
        nodes: NodesAt,
        starts: &[usize],
        stride: usize,
        reference: Reference,
        counts: &[(NodeCount, Vec<usize>)],
    ) {
        let mut last = Vec::new();
        for ((blob, entries), start) in self.blobs.iter().zip(&table.entries).zip(starts) {
            let cut = Cut {
                op_table: 0,
                op_count: 0,
                nodes: *start,
                node_count: (blob.len() - start) / stride,
            };
            let mut highest = 0;
            for entry in entries {
                match reference.index(*entry, &cut, stride) {
                    Some(index) => highest = highest.max(index),
                    None => return,
                }
            }
            last.push(highest);
        }
        let reached: Vec<usize> = last.iter().map(|last| last + 1).collect();
        let ends = starts.iter().zip(&reached);
        let ends = ends.map(|(start, count)| start + stride * count);
        let is_reached = reached.iter().all(|count| *count >= 2) && self.endings.fit(ends);
        let reached = is_reached.then_some((NodeCount::Reached, reached));
        for (node_count, counts) in counts.iter().chain(&reached) {
            if counts.iter().zip(&last).any(|(count, last)| last >= count) {
                continue;
            }
            let shape = Shape {
                endianness: self.endianness,
                stride,
                reference,
                nodes: starts.iter().copied().zip(counts.iter().copied()).collect(),
            };
            let frames = self.found.entry(shape).or_default();
            let frame = Frame {
                endianness: self.endianness,
                header_length: table.header_length,
                tables: table.tables.clone(),
                slot: table.slot,
                op_count: table.op_count,
                nodes,
                node_count: *node_count,
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
