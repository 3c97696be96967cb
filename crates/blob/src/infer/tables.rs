//! Op tables that a corpus may have: where they start and end, and what they refer to.

use std::collections::BTreeMap;

use super::budget::Budget;
use super::columns::Column;
use super::field::{Endianness, FieldAt};
use super::frame::{Count, NodesAt};

/// How far into a file an op table whose place varies may start, in bytes.
const FARTHEST_TABLE: usize = 96;
/// Most entries of an op table.
const OPERATIONS: usize = 4096;
/// Fewest entries of an op table.
pub(super) const FEWEST: usize = 4;
/// Most entries of a table in front of the op table, over all files.
const TABLE_ENTRIES: usize = 32;
/// How far behind the op table nodes may start, in bytes.
const FARTHEST_NODES: usize = 64;
/// How far into a file nodes may start that start at the same place in all, in bytes.
const FARTHEST_FIXED: usize = 8192;

/// What lies in front of the nodes.
#[derive(Clone, Debug)]
pub(super) struct Front {
    pub(super) header_length: usize,
    pub(super) tables: Vec<FieldAt>,
    pub(super) op_count: Count,
    pub(super) nodes: NodesAt,
}

/// Entries of op tables in all files, from the last to the first: as many in each.
pub(super) struct Rows {
    files: usize,
    entries: Vec<usize>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.entries.len() / self.files
    }

    pub(super) fn row(&self, number: usize) -> &[usize] {
        &self.entries[number * self.files..][..self.files]
    }
}

/// An op table by where it ends, and nodes that start at the same place in all files.
pub(super) struct Fixed {
    pub(super) nodes: usize,
    pub(super) end: usize,
    pub(super) slot: usize,
    pub(super) rows: Rows,
}

/// An op table whose length or place differs between files.
pub(super) struct Varying {
    pub(super) fronts: Vec<(Front, Vec<usize>)>,
    pub(super) slot: usize,
    /// Distinct entries and how many there are in all, for each file.
    pub(super) entries: Vec<(Vec<usize>, usize)>,
}

impl Varying {
    /// Entries in all files.
    pub(super) fn count(&self) -> usize {
        self.entries.iter().map(|(_, count)| *count).sum()
    }
}

pub(super) struct Tables<'a> {
    pub(super) blobs: &'a [&'a [u8]],
    pub(super) endianness: Endianness,
    pub(super) columns: &'a [Column],
}

impl Tables<'_> {
    fn entry(&self, file: usize, at: usize, slot: usize) -> Option<usize> {
        let field = FieldAt {
            offset: 0,
            size: slot,
        };
        let entry = field.read(self.blobs[file], at, self.endianness)?;
        (entry < self.blobs[file].len()).then_some(entry)
    }

    fn is_zero(&self, file: usize, from: usize, to: usize) -> bool {
        let skipped = self.blobs[file].get(from..to);
        skipped.is_some_and(|skipped| skipped.iter().all(|byte| *byte == 0))
    }

    /// Op tables in front of nodes that start at the same place in all files.
    pub(super) fn fixed(
        &self,
        slot: usize,
        budget: &mut Budget,
        mut each: impl FnMut(Fixed, &mut Budget),
    ) {
        let shortest = self.blobs.iter().map(|blob| blob.len()).min().unwrap_or(0);
        // The longest tables first.
        for nodes in (FEWEST * slot..shortest.min(FARTHEST_FIXED)).rev() {
            for end in self.ends(nodes) {
                let mut entries = Vec::new();
                let mut at = end;
                while at >= slot && entries.len() < OPERATIONS * self.blobs.len() {
                    at -= slot;
                    let row = (0..self.blobs.len()).map(|file| self.entry(file, at, slot));
                    let Some(row) = row.collect::<Option<Vec<_>>>() else {
                        break;
                    };
                    entries.extend(row);
                }
                let files = self.blobs.len();
                let rows = Rows { files, entries };
                if !budget.take(1 + rows.len() as u64) {
                    return;
                }
                if rows.len() >= FEWEST {
                    each(
                        Fixed {
                            nodes,
                            end,
                            slot,
                            rows,
                        },
                        budget,
                    );
                }
            }
        }
    }

    /// Where an op table may end in front of nodes: at them, in front of zeros up to a multiple, or
    /// in front of a few fields that differ between files.
    fn ends(&self, nodes: usize) -> Vec<usize> {
        let mut ends = vec![nodes];
        let power = 1 << nodes.trailing_zeros().min(5);
        let zeros = (1..power.min(nodes)).take_while(|gap| {
            (0..self.blobs.len()).all(|file| self.is_zero(file, nodes - gap, nodes))
        });
        ends.extend(zeros.map(|gap| nodes - gap));
        for gap in [2, 4, 8, 12, 16] {
            let Some(end) = nodes.checked_sub(gap) else {
                continue;
            };
            let is_behind = |field: &FieldAt| field.offset >= end && field.end() <= nodes;
            let counts = |own: &Column| own.fields.iter().any(is_behind) && own.varies();
            if !ends.contains(&end) && self.columns.iter().any(counts) {
                ends.push(end);
            }
        }
        ends
    }

    /// Op tables whose length a header field says, or with tables in front of them.
    pub(super) fn varying(&self, slot: usize, budget: &mut Budget) -> Vec<Varying> {
        let none = vec![0; self.blobs.len()];
        let mut tables: Vec<(Option<FieldAt>, Vec<usize>)> = vec![(None, none)];
        let counts = |column: &&Column| column.varies() && column.is_within(0..=TABLE_ENTRIES);
        for column in self.columns.iter().filter(counts) {
            tables.push((column.before(FARTHEST_TABLE), column.values.clone()));
        }
        let mut found = Vec::new();
        let lengths = |own: &&Column| own.is_within(FEWEST..=OPERATIONS);
        for column in self.columns.iter().filter(lengths) {
            let Some(field) = column.before(FARTHEST_TABLE) else {
                continue;
            };
            for (counted, extra) in &tables {
                if counted.is_none() && !column.varies() {
                    continue;
                }
                let first = field.end().max(counted.map_or(0, FieldAt::end));
                for header_length in first..=FARTHEST_TABLE {
                    if !budget.take(1) {
                        return found;
                    }
                    let place = |file: usize| {
                        let start = header_length + slot * extra[file];
                        (start, start + slot * column.values[file])
                    };
                    let Some((ends, entries)) = self.entries(slot, place) else {
                        continue;
                    };
                    let front = Front {
                        header_length,
                        tables: counted.iter().copied().collect(),
                        op_count: Count::Stated(field),
                        nodes: NodesAt::AfterOpTable(1),
                    };
                    found.push(Varying {
                        fronts: self.behind(&front, &ends),
                        slot,
                        entries,
                    });
                }
            }
        }
        found
    }

    /// Where tables end, and their distinct entries; `None` if one of them reaches beyond its file
    /// or refers to what does.
    #[expect(clippy::type_complexity, reason = "two lists of one result")]
    fn entries(
        &self,
        slot: usize,
        place: impl Fn(usize) -> (usize, usize),
    ) -> Option<(Vec<usize>, Vec<(Vec<usize>, usize)>)> {
        let (mut ends, mut all) = (Vec::new(), Vec::new());
        for (file, blob) in self.blobs.iter().enumerate() {
            let (start, end) = place(file);
            if end >= blob.len() {
                return None;
            }
            let entries = (start..end).step_by(slot);
            let entries = entries.map(|at| self.entry(file, at, slot));
            let mut distinct = entries.collect::<Option<Vec<_>>>()?;
            let count = distinct.len();
            distinct.sort_unstable();
            distinct.dedup();
            ends.push(end);
            all.push((distinct, count));
        }
        let is_one = all.iter().all(|(distinct, _)| distinct.len() < 2);
        (!is_one).then_some((ends, all))
    }

    /// Where nodes start behind op tables that end there, or where the header says.
    fn behind(&self, front: &Front, ends: &[usize]) -> Vec<(Front, Vec<usize>)> {
        let mut places: BTreeMap<Vec<usize>, NodesAt> = BTreeMap::new();
        for alignment in [1, 2, 4, 8, 16, 32] {
            let starts = ends.iter().map(|end| end.next_multiple_of(alignment));
            let starts: Vec<usize> = starts.collect();
            if (0..starts.len()).all(|file| self.is_zero(file, ends[file], starts[file])) {
                let place = NodesAt::AfterOpTable(alignment);
                places.entry(starts).or_insert(place);
            }
        }
        for column in self.columns {
            for unit in [1, 2, 4, 8] {
                let starts: Vec<usize> = column.values.iter().map(|value| value * unit).collect();
                let mut pairs = starts.iter().zip(ends);
                if let Some(field) = column.before(front.header_length)
                    && pairs.all(|(start, end)| (*end..end + FARTHEST_NODES).contains(start))
                {
                    places.entry(starts).or_insert(NodesAt::Stated(field, unit));
                }
            }
        }
        let places = places.into_iter();
        let front = |(starts, nodes)| {
            (
                Front {
                    nodes,
                    ..front.clone()
                },
                starts,
            )
        };
        places.map(front).collect()
    }
}
