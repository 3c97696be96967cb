//! Sets of bytes.

use std::fmt;

/// Any of the 256 bytes, in or out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// All bytes.
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// One byte.
    pub fn of(byte: u8) -> Self {
        Self::from_ranges(&[(byte, byte)])
    }

    /// The bytes of any of the ranges, first and last included; a range whose last is before its
    /// first is empty.
    pub fn from_ranges(ranges: &[(u8, u8)]) -> Self {
        let mut set = Self::default();
        for byte in ranges.iter().flat_map(|(low, high)| *low..=*high) {
            set.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        set
    }

    /// Whether a byte is in.
    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] & 1 << (byte & 63) != 0
    }

    /// Whether none is in.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// The bytes that are not in.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// The bytes in either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let mut both = self;
        both.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
        both
    }

    /// The bytes in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.complement().or(other.complement()).complement()
    }

    /// Its bytes as ranges of first and last, in order and as few as can be.
    pub fn ranges(&self) -> Vec<(u8, u8)> {
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        for byte in (0..=255).filter(|byte| self.contains(*byte)) {
            match ranges.last_mut() {
                Some((_, high)) if u16::from(*high) + 1 == u16::from(byte) => *high = byte,
                _ => ranges.push((byte, byte)),
            }
        }
        ranges
    }

    /// Its one byte, if it has one.
    pub fn single(&self) -> Option<u8> {
        match self.ranges()[..] {
            [(low, high)] if low == high => Some(low),
            _ => None,
        }
    }
}

impl fmt::Display for ByteSet {
    /// As in a regular expression, any byte spelled so that a person can read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str(".");
        }
        let (sign, set) = if self.contains(0xff) {
            ("^", self.complement())
        } else {
            ("", *self)
        };
        write!(f, "[{sign}")?;
        for (low, high) in set.ranges() {
            write!(f, "{}", low.escape_ascii())?;
            if low != high {
                write!(f, "-{}", high.escape_ascii())?;
            }
        }
        f.write_str("]")
    }
}
