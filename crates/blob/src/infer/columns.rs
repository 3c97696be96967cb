//! Header fields by what they hold in all files.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::field::{Endianness, FieldAt};

/// How far into a file header fields are looked for, in bytes.
const HEADER: usize = 96;

/// A header field by its values in all files.
pub(super) struct Column {
    /// Fields that have them, narrowest first.
    pub(super) fields: Vec<FieldAt>,
    pub(super) values: Vec<usize>,
}

/// All header fields, those with the same values together.
pub(super) fn columns(blobs: &[&[u8]], endianness: Endianness) -> Vec<Column> {
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
    pub(super) fn is_within(&self, range: RangeInclusive<usize>) -> bool {
        self.values.iter().all(|value| range.contains(value))
    }

    pub(super) fn varies(&self) -> bool {
        self.values.iter().any(|value| *value != self.values[0])
    }

    /// The first of its fields that ends before an offset.
    pub(super) fn before(&self, end: usize) -> Option<FieldAt> {
        self.fields.iter().copied().find(|field| field.end() <= end)
    }

    /// The field for a count of nodes: as wide as a reference to one, if there is such. It stands in
    /// front of the tables, or between the op table and the nodes.
    pub(super) fn wide(
        &self,
        size: usize,
        header: usize,
        behind: (usize, usize),
    ) -> Option<FieldAt> {
        let fits = |field: &&FieldAt| {
            field.end() <= header || (behind.0 <= field.offset && field.end() <= behind.1)
        };
        let fitting = self.fields.iter().filter(fits);
        let aligned = fitting.clone().filter(|field| field.is_aligned());
        let wide = aligned.clone().find(|field| field.size == size);
        wide.or_else(|| aligned.clone().next())
            .or_else(|| fitting.clone().next())
            .copied()
    }
}
