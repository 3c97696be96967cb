//! Starts of functions from `.eh_frame`, for a file without symbols.
//!
//! The format is that of the Linux Standard Base, "Exception Frames", and DWARF 4, section 6.4.1.

use object::File;
use object::read::{Object, ObjectSection};

/// Starts of functions, in the order of the section.
pub(super) fn starts(file: &File<'_>) -> Vec<u64> {
    let Some(section) = file.section_by_name(".eh_frame") else {
        return Vec::new();
    };
    let data = section.data().unwrap_or_default();
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(entry) = Entry::read(data, at) {
        if let Some(encoding) = entry.encoding(data)
            && let Some(start) = entry.start(section.address(), encoding)
        {
            starts.push(start);
        }
        at = entry.end;
    }
    starts
}

struct Entry<'a> {
    /// Where its second word is.
    id_at: usize,
    end: usize,
    /// What follows the second word.
    body: &'a [u8],
    id: u32,
}

impl<'a> Entry<'a> {
    fn read(data: &'a [u8], at: usize) -> Option<Self> {
        let length = word(data, at)?;
        // Neither the end nor an entry of more than 4 GiB.
        if length < 4 || length == u32::MAX {
            return None;
        }
        let id_at = at.checked_add(4)?;
        let end = id_at.checked_add(length as usize)?;
        Some(Self {
            id_at,
            end,
            body: data.get(id_at + 4..end)?,
            id: word(data, id_at)?,
        })
    }

    /// How the entry's common part says that addresses are written; `None` for such a part.
    fn encoding(&self, data: &[u8]) -> Option<u8> {
        if self.id == 0 {
            return None;
        }
        let common = Entry::read(data, self.id_at.checked_sub(self.id as usize)?)?;
        let end = common.body.get(1..)?.iter().position(|byte| *byte == 0)?;
        let words = common.body.get(1..=end)?;
        if !words.starts_with(b"z") {
            return Some(0);
        }
        let mut rest = common.body.get(end + 2..)?;
        // Code and data alignment, return register, length of what follows.
        for _ in 0..4 {
            let length = rest.iter().position(|byte| byte & 0x80 == 0)?;
            rest = rest.get(length + 1..)?;
        }
        for letter in words.get(1..)? {
            match letter {
                b'R' => return rest.first().copied(),
                b'L' => rest = rest.get(1..)?,
                b'P' => {
                    let size = match rest.first()? & 0xf {
                        0 | 4 | 12 => 8,
                        2 | 10 => 2,
                        _ => 4,
                    };
                    rest = rest.get(1 + size..)?;
                }
                _ => {}
            }
        }
        Some(0)
    }

    fn start(&self, base: u64, encoding: u8) -> Option<u64> {
        let value = match encoding & 0xf {
            0 | 4 | 12 => i64::from_le_bytes(*self.body.first_chunk()?),
            3 => i64::from(word(self.body, 0)?),
            11 => i64::from(word(self.body, 0)? as i32),
            _ => return None,
        };
        match encoding & 0x70 {
            0 => Some(value as u64),
            0x10 => {
                let here = base.wrapping_add(self.id_at as u64 + 4);
                Some(here.wrapping_add_signed(value))
            }
            _ => None,
        }
    }
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*data.get(at..)?.first_chunk()?))
}
