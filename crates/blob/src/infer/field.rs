//! Numbers in bytes.

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endianness {
    /// The least significant.
    Little,
    /// The most significant.
    Big,
}

/// A place in a header or record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldAt {
    /// Bytes from the start of the header or record.
    pub offset: usize,
    /// Bytes it takes: 1, 2 or 4.
    pub size: usize,
}

impl FieldAt {
    /// Where it ends.
    pub const fn end(self) -> usize {
        self.offset + self.size
    }

    /// Whether two share a byte.
    pub const fn overlaps(self, other: Self) -> bool {
        self.offset < other.end() && other.offset < self.end()
    }

    /// Whether it stands on a multiple of its size.
    pub const fn is_aligned(self) -> bool {
        self.offset.is_multiple_of(self.size)
    }

    /// Its value in the header or record that starts at `start`; `None` past the end.
    pub fn read(self, bytes: &[u8], start: usize, endianness: Endianness) -> Option<usize> {
        let at = start.checked_add(self.offset)?;
        let own = bytes.get(at..at.checked_add(self.size)?)?;
        let join = |value: usize, byte: &u8| value << 8 | usize::from(*byte);
        Some(match endianness {
            Endianness::Little => own.iter().rev().fold(0, join),
            Endianness::Big => own.iter().fold(0, join),
        })
    }
}
