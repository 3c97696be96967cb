//! `LC_DYLD_CHAINED_FIXUPS`: how the pointers of each segment are stored.

use crate::pointer::Encoding;

/// The encoding of each segment that has fixups, by the number of its load command; `None` if the
/// data is damaged.
pub(crate) fn encodings(data: &[u8]) -> Option<Vec<Option<Encoding>>> {
    let starts = data.get(u32_at(data, 4)? as usize..)?;
    let count = u32_at(starts, 0)? as usize;
    // Each takes 4 bytes, so that a made-up count ends here.
    let offsets = starts.get(4..)?.get(..count.checked_mul(4)?)?;
    let mut encodings = Vec::new();
    for offset in offsets.chunks_exact(4) {
        let offset = u32_at(offset, 0)? as usize;
        encodings.push(match offset {
            0 => None,
            offset => {
                let bytes = starts.get(offset..)?.get(6..8)?;
                Encoding::of_format(u16::from_le_bytes([bytes[0], bytes[1]]))
            }
        });
    }
    Some(encodings)
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}
