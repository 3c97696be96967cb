//! Cutting a file into header, tables, op tables, nodes and what is left for literals.

use super::{Header, Part, Raw, RawProfile};
use crate::bytes::{Claims, ReadError, Reader};
use crate::error::{DecodeError, unexpected};
use crate::layout::{Addressing, Field, Layout, Table};

pub(super) fn read<'a>(
    bytes: &'a [u8],
    layout: &'static Layout,
    operations: Option<usize>,
) -> Result<Raw<'a>, DecodeError> {
    let mut claims = Claims::new(bytes.len());
    let header = Header::read(bytes, layout, &mut claims)?;
    let stated = header.find(&[Field::Operations, Field::WideOperations]);
    let operations = match (stated, operations) {
        (Some((offset, stated)), Some(operations)) if usize::from(stated) != operations => {
            let expected = format!("{operations} operations, as the world has");
            return Err(unexpected(offset, expected, stated));
        }
        (_, Some(operations)) => operations,
        (Some((_, stated)), None) => usize::from(stated),
        (None, None) => {
            let expected = "a header that says how many operations there are";
            return Err(unexpected(0, expected, "one that leaves it to the world"));
        }
    };
    let mut cut = Cut {
        bytes,
        layout,
        header,
        claims,
        at: 0,
    };
    cut.at = cut.header.size;
    let mut tables = Vec::new();
    if layout.addressing == Addressing::Indices {
        for &table in layout.tables {
            tables.push((table, cut.at, cut.table(table)?));
        }
    }
    let profiles = cut.profiles(operations)?;
    cut.padding()?;
    let nodes_at = cut.at;
    let count = cut.node_count()?;
    let nodes = cut.nodes(count)?;
    let base = cut.at;
    if layout.addressing == Addressing::Words {
        for &table in layout.tables {
            let place = match table {
                Table::Variables => Field::VariableTable,
                _ => Field::RegexTable,
            };
            cut.at = 8 * cut.header.count(&[place]);
            tables.push((table, cut.at, cut.table(table)?));
        }
    }
    Ok(Raw {
        bytes,
        layout,
        header: cut.header,
        tables,
        profiles,
        nodes_at,
        nodes,
        base,
        claims: cut.claims,
    })
}

/// A file while it is cut.
struct Cut<'a> {
    bytes: &'a [u8],
    layout: &'static Layout,
    header: Header,
    claims: Claims<Part>,
    at: usize,
}

impl Cut<'_> {
    fn words(&self, count: usize, what: &'static str) -> Result<Vec<u16>, ReadError> {
        let taken = Reader::new(self.bytes, self.at).take(2 * count, what)?;
        let (words, _) = taken.as_chunks();
        Ok(words.iter().map(|word| u16::from_le_bytes(*word)).collect())
    }

    fn table(&mut self, table: Table) -> Result<Vec<u16>, DecodeError> {
        let count = self.header.count(match table {
            Table::Regexes => &[Field::Regexes, Field::NarrowRegexes],
            Table::Variables => &[Field::Variables, Field::WideVariables],
            Table::States => &[Field::States],
            Table::Policies => &[Field::Policies],
            Table::Debug => &[Field::Debug],
        });
        let entries = self.words(count, "a table")?;
        for index in 0..count as u16 {
            let part = Part::Entry(table, index);
            self.claims.claim(self.at..self.at + 2, part)?;
            self.at += 2;
        }
        Ok(entries)
    }

    /// The op table, or the records of a bundle with theirs.
    fn profiles(&mut self, operations: usize) -> Result<Vec<RawProfile>, DecodeError> {
        let stated = self.header.find(&[Field::Profiles]);
        let (count, record) = match (self.header.is_bundle(), stated) {
            (false, None | Some((_, 0))) => (1, &[][..]),
            (false, Some((at, found))) => return Err(unexpected(at, "no profile count", found)),
            (true, Some((at, 0))) => return Err(unexpected(at, "at least one profile", 0)),
            (true, stated) => (stated.map_or(0, |(_, count)| count), self.layout.record),
        };
        let mut profiles = Vec::new();
        for profile in 0..count {
            let mut fields = Vec::new();
            let values = self.words(record.len(), "a profile's record")?;
            for (&field, value) in record.iter().zip(values) {
                fields.push((field, value));
                self.claims
                    .claim(self.at..self.at + 2, Part::Record(profile, field))?;
                self.at += 2;
            }
            let entries = self.words(operations, "an op table")?;
            let end = self.at + 2 * operations;
            self.claims.claim(self.at..end, Part::OpTable(profile))?;
            profiles.push(RawProfile {
                fields,
                at: self.at,
                entries,
            });
            self.at = end;
        }
        Ok(profiles)
    }

    /// Zero bytes up to the next boundary of 8.
    fn padding(&mut self) -> Result<(), DecodeError> {
        let end = self.at.next_multiple_of(8);
        let mut reader = Reader::new(self.bytes, self.at);
        let hole = reader.take(end - self.at, "padding before the nodes")?;
        if let Some(index) = hole.iter().position(|byte| *byte != 0) {
            let found = format!("{:#04x}", hole[index]);
            let expected = "zero padding before the nodes";
            return Err(unexpected(self.at + index, expected, found));
        }
        self.claims.claim(self.at..end, Part::Padding)?;
        self.at = end;
        Ok(())
    }

    /// As stated; in the eras that do not, the nodes reach to the first table behind them.
    fn node_count(&self) -> Result<usize, DecodeError> {
        let stated = match self.layout.addressing {
            Addressing::Indices => self.header.find(&[Field::Nodes]),
            Addressing::Words => {
                let places = [Field::RegexTable, Field::VariableTable];
                let places = places.map(|place| self.header.find(&[place]));
                places.into_iter().flatten().min_by_key(|(_, place)| *place)
            }
        };
        let (offset, stated) = stated.unwrap_or((0, 0));
        let count = match self.layout.addressing {
            Addressing::Indices => Some(usize::from(stated)),
            Addressing::Words => usize::from(stated).checked_sub(self.at / 8),
        };
        match count {
            Some(count @ 1..) => Ok(count),
            _ => Err(unexpected(offset, "at least one node", stated)),
        }
    }

    fn nodes(&mut self, count: usize) -> Result<Vec<[u8; 8]>, DecodeError> {
        let taken = Reader::new(self.bytes, self.at).take(8 * count, "the nodes")?;
        for index in 0..count as u16 {
            self.claims.claim(self.at..self.at + 8, Part::Node(index))?;
            self.at += 8;
        }
        Ok(taken.as_chunks().0.to_vec())
    }
}
