//! What only Mach-O files say: starts of functions and how pointers are stored.

use object::endian::LittleEndian;
use object::macho::{self, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader, Segment};

use super::Pointer;
use super::slice::Slice;
use crate::ScanError;

/// How pointers of a section are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// The address as it is.
    Plain,
    /// As a pointer of chained fixups, by the number of its format.
    Chained(u16),
}

impl Stored {
    /// What a stored word is; `None` for a format that no 64-bit file has.
    ///
    /// The formats are those of `<mach-o/fixup-chains.h>`.
    pub(super) fn pointer(self, word: u64, base: u64) -> Option<Pointer> {
        let Self::Chained(format) = self else {
            return Some(Pointer::To(word));
        };
        let low = |bits: u32| word & ((1 << bits) - 1);
        let (top, second) = (word >> 63 != 0, word >> 62 & 1 != 0);
        Some(match format {
            2 | 6 if top => Pointer::Elsewhere,
            2 => Pointer::To(low(36)),
            6 => Pointer::To(base.wrapping_add(low(36))),
            1 | 7 | 9 | 10 | 12 if second => Pointer::Elsewhere,
            1 | 7 | 9 | 10 | 12 if top => Pointer::To(base.wrapping_add(low(32))),
            1 | 10 => Pointer::To(low(43)),
            7 | 9 | 12 => Pointer::To(base.wrapping_add(low(43))),
            8 | 11 => Pointer::To(base.wrapping_add(low(30))),
            _ => return None,
        })
    }
}

/// What a Mach-O file says beyond its sections.
#[derive(Default)]
pub(super) struct Extra {
    pub(super) starts: Vec<u64>,
    pub(super) base: u64,
    /// Addresses of segments, their ends, and how their pointers are stored.
    segments: Vec<(u64, u64, Stored)>,
}

impl Extra {
    pub(super) fn stored(&self, address: u64) -> Stored {
        let found = self
            .segments
            .iter()
            .find(|(from, to, _)| (*from..*to).contains(&address));
        found.map_or(Stored::Plain, |(.., stored)| *stored)
    }
}

/// Reads the load commands of a 64-bit little-endian file.
pub(super) fn read(slice: &Slice<'_>) -> Result<Extra, ScanError> {
    let bytes = slice.bytes;
    let endian = LittleEndian;
    let damaged = |what: &'static str, offset: u64| {
        move |error: object::read::Error| ScanError::Damaged {
            what,
            offset,
            problem: error.to_string(),
        }
    };
    let header = MachHeader64::<LittleEndian>::parse(bytes, 0)
        .map_err(damaged("Mach-O header", slice.offset))?;
    // The commands follow the header of 32 bytes.
    let mut at = slice.offset.saturating_add(32);
    let mut commands = header
        .load_commands(endian, bytes, 0)
        .map_err(damaged("load commands", at))?;
    let mut extra = Extra::default();
    let (mut base, mut starts, mut formats) = (None, None, None);
    while let Some(command) = commands.next().map_err(damaged("load command", at))? {
        match command.variant().map_err(damaged("load command", at))? {
            LoadCommandVariant::Segment64(segment, _) => {
                let address = segment.vmaddr(endian);
                let size: u64 = segment.vmsize(endian);
                let (offset, length) = segment.file_range(endian);
                if offset == 0 && length > 0 {
                    base = Some(address);
                }
                let end = address.saturating_add(size);
                extra.segments.push((address, end, Stored::Plain));
            }
            LoadCommandVariant::LinkeditData(link) => match link.cmd.get(endian) {
                macho::LC_FUNCTION_STARTS => starts = Some((link, at)),
                macho::LC_DYLD_CHAINED_FIXUPS => formats = Some((link, at)),
                _ => {}
            },
            _ => {}
        }
        at = at.saturating_add(u64::from(command.cmdsize()));
    }
    extra.base = base.unwrap_or(0);
    if let Some((link, at)) = starts {
        let found = link
            .function_starts(endian, bytes, extra.base)
            .map_err(damaged("table of functions", at))?;
        for start in found {
            let from = slice.offset + u64::from(link.dataoff.get(endian));
            extra
                .starts
                .push(start.map_err(damaged("table of functions", from))?);
        }
    }
    if let Some((link, at)) = formats {
        let from = link.dataoff.get(endian) as usize;
        let data = bytes
            .get(from..)
            .and_then(|rest| rest.get(..link.datasize.get(endian) as usize));
        let formats = data.and_then(chained).ok_or(ScanError::Damaged {
            what: "chained fixups",
            offset: at,
            problem: "they lead beyond their own end".to_owned(),
        })?;
        for (segment, format) in extra.segments.iter_mut().zip(formats) {
            if let Some(format) = format {
                segment.2 = Stored::Chained(format);
            }
        }
    }
    Ok(extra)
}

/// The pointer format of each segment that has fixups; `None` if the data is damaged.
fn chained(data: &[u8]) -> Option<Vec<Option<u16>>> {
    let word = |data: &[u8], at: usize| {
        let bytes = data.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    };
    let starts = data.get(word(data, 4)?..)?;
    // Each takes 4 bytes, so that a made-up count ends here.
    let offsets = starts.get(4..)?.get(..word(starts, 0)?.checked_mul(4)?)?;
    let mut formats = Vec::new();
    for offset in offsets.chunks_exact(4) {
        formats.push(match word(offset, 0)? {
            0 => None,
            offset => {
                let bytes = starts.get(offset..)?.get(6..8)?;
                Some(u16::from_le_bytes([bytes[0], bytes[1]]))
            }
        });
    }
    Some(formats)
}
