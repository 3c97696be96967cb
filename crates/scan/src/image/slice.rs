//! The slices of a fat file; any other file is its own slice.

use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use object::{Architecture, SubArchitecture};

use crate::ScanError;

/// One architecture's file.
pub(super) struct Slice<'a> {
    /// Where it starts in the file that was given.
    pub(super) offset: u64,
    pub(super) bytes: &'a [u8],
}

/// The slice of the architecture asked for, else of the first that is read.
pub(super) fn choose<'a>(bytes: &'a [u8], wanted: Option<&str>) -> Result<Slice<'a>, ScanError> {
    let damaged = |error: object::read::Error| ScanError::Damaged {
        what: "fat header",
        offset: 0,
        problem: error.to_string(),
    };
    let mut slices: Vec<(&'static str, u64, u64)> = match bytes.get(..4) {
        Some([0xca, 0xfe, 0xba, 0xbe]) => {
            let fat = MachOFatFile32::parse(bytes).map_err(damaged)?;
            fat.arches().iter().map(of_arch).collect()
        }
        Some([0xca, 0xfe, 0xba, 0xbf]) => {
            let fat = MachOFatFile64::parse(bytes).map_err(damaged)?;
            fat.arches().iter().map(of_arch).collect()
        }
        _ => return Ok(Slice { offset: 0, bytes }),
    };
    slices.sort_by_key(|(name, offset, _)| (*name == "x86_64", *offset));
    let is_wanted = |name: &str| match wanted {
        Some(wanted) => same(wanted, name),
        None => name != "other",
    };
    let found = slices.iter().find(|(name, ..)| is_wanted(name));
    let Some((_, offset, size)) = found.copied() else {
        return Err(ScanError::NoSlice {
            wanted: wanted.unwrap_or("arm64, arm64e or x86_64").to_owned(),
            there: slices.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        });
    };
    let range = usize::try_from(offset)
        .ok()
        .zip(usize::try_from(offset.saturating_add(size)).ok());
    let bytes = range
        .and_then(|(from, to)| bytes.get(from..to))
        .ok_or_else(|| ScanError::Damaged {
            what: "slice",
            offset,
            problem: format!("its {size} bytes reach beyond the end of the file"),
        })?;
    Ok(Slice { offset, bytes })
}

fn of_arch(arch: &impl FatArch) -> (&'static str, u64, u64) {
    let (offset, size) = arch.file_range();
    let kind = arch.cpusubtype();
    (
        name(
            arch.architecture(),
            kind.id() == object::macho::CPU_SUBTYPE_ARM64E,
        ),
        offset,
        size,
    )
}

/// What an architecture is called.
pub(super) fn name(architecture: Architecture, signs: bool) -> &'static str {
    match architecture {
        Architecture::Aarch64 if signs => "arm64e",
        Architecture::Aarch64 => "arm64",
        Architecture::X86_64 => "x86_64",
        _ => "other",
    }
}

/// Whether a parsed file's code signs pointers.
pub(super) fn signs(sub: Option<SubArchitecture>) -> bool {
    sub == Some(SubArchitecture::Arm64E)
}

/// Whether two names are of one architecture.
pub(super) fn same(wanted: &str, name: &str) -> bool {
    match wanted {
        "aarch64" => name == "arm64",
        "x86-64" => name == "x86_64",
        wanted => name == wanted,
    }
}
