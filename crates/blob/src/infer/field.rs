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

    /// Its value in the header or record that starts at `start`; `None` past the end, or of another
    /// size.
    pub fn read(self, bytes: &[u8], start: usize, endianness: Endianness) -> Option<usize> {
        let at = start.checked_add(self.offset)?;
        let own = bytes.get(at..at.checked_add(self.size)?)?;
        let is_little = endianness == Endianness::Little;
        Some(match *own {
            [one] => usize::from(one),
            [a, b] if is_little => usize::from(u16::from_le_bytes([a, b])),
            [a, b] => usize::from(u16::from_be_bytes([a, b])),
            [a, b, c, d] if is_little => u32::from_le_bytes([a, b, c, d]) as usize,
            [a, b, c, d] => u32::from_be_bytes([a, b, c, d]) as usize,
            _ => return None,
        })
    }
}
