//! The slices of a fat file; a thin one is its own slice.

use object::endian::LittleEndian;
use object::macho::{self, MachHeader64};
use object::read::macho::{FatArch, MachHeader, MachOFatFile32, MachOFatFile64};

use crate::ExtractError;

/// The first bytes of a file with words of 64 bits, least significant byte first.
const OF_64_BITS: [u8; 4] = [0xcf, 0xfa, 0xed, 0xfe];

/// One architecture's file.
pub(crate) struct Slice<'a> {
    pub(crate) architecture: &'static str,
    /// Where it starts in the file that was given.
    pub(crate) offset: u64,
    pub(crate) bytes: &'a [u8],
}

/// The 64-bit slices, arm64 first.
pub(crate) fn slices(bytes: &[u8]) -> Result<Vec<Slice<'_>>, ExtractError> {
    let magic = bytes.first_chunk().copied().unwrap_or_default();
    let damaged = |error: object::read::Error| ExtractError::Damaged {
        what: "fat header",
        offset: 0,
        problem: error.to_string(),
    };
    let mut found: Vec<(u64, u64)> = match magic {
        OF_64_BITS => vec![(0, bytes.len() as u64)],
        [0xca, 0xfe, 0xba, 0xbe] => {
            let fat = MachOFatFile32::parse(bytes).map_err(damaged)?;
            fat.arches().iter().map(FatArch::file_range).collect()
        }
        [0xca, 0xfe, 0xba, 0xbf] => {
            let fat = MachOFatFile64::parse(bytes).map_err(damaged)?;
            fat.arches().iter().map(FatArch::file_range).collect()
        }
        [0xce, 0xfa, 0xed, 0xfe] | [0xfe, 0xed, 0xfa, 0xce] => {
            return Err(ExtractError::NoSlice);
        }
        _ => return Err(not_macho(bytes)),
    };
    found.sort();
    found.dedup();
    let mut slices = Vec::new();
    for (offset, size) in found {
        let range = usize::try_from(offset)
            .ok()
            .zip(usize::try_from(offset.saturating_add(size)).ok());
        let bytes = range
            .and_then(|(from, to)| bytes.get(from..to))
            .ok_or_else(|| ExtractError::Damaged {
                what: "slice",
                offset,
                problem: format!("its {size} bytes reach beyond the end of the file"),
            })?;
        // Slices of other sizes of word are passed over.
        if !bytes.starts_with(&OF_64_BITS) {
            continue;
        }
        let header = MachHeader64::<LittleEndian>::parse(bytes, 0);
        let header = header.map_err(|error| ExtractError::Damaged {
            what: "Mach-O header",
            offset,
            problem: error.to_string(),
        })?;
        slices.push(Slice {
            architecture: architecture(header),
            offset,
            bytes,
        });
    }
    slices.sort_by_key(|slice| !slice.architecture.starts_with("arm64"));
    match slices.is_empty() {
        true => Err(ExtractError::NoSlice),
        false => Ok(slices),
    }
}

fn architecture(header: &MachHeader64<LittleEndian>) -> &'static str {
    let kind = header.cpusubtype(LittleEndian).id();
    match header.cputype(LittleEndian) {
        macho::CPU_TYPE_ARM64 if kind == macho::CPU_SUBTYPE_ARM64E => "arm64e",
        macho::CPU_TYPE_ARM64 => "arm64",
        macho::CPU_TYPE_X86_64 => "x86_64",
        _ => "of another architecture",
    }
}

fn not_macho(bytes: &[u8]) -> ExtractError {
    if bytes.starts_with(b"dyld_v1") {
        return ExtractError::Wrapped(
            "a dyld shared cache: extract libsandbox.1.dylib from it first",
        );
    }
    let head = bytes.get(..64).unwrap_or(bytes);
    if head.windows(4).any(|word| word == b"IM4P") {
        return ExtractError::Wrapped("an IMG4 payload: unpack the kernel cache from it first");
    }
    let start = bytes.get(..8).unwrap_or(bytes);
    ExtractError::NotMachO(match start {
        [] => "nothing".to_owned(),
        start => start.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}
