//! Sections, symbols and pointers of a file.

use std::borrow::Cow;

use object::read::{Object, ObjectSection, ObjectSymbol, RelocationTarget};
use object::{BinaryFormat, Endianness, File, ObjectKind, SectionFlags, SymbolKind, SymbolSection};
use rustc_hash::FxHashMap;

use super::apple::{self, Stored};
use super::slice::{self, Slice};
use super::{Image, Pointer, Region, object_file, unwind};
use crate::ScanError;
use crate::code::Processor;

/// Most sections of a file that is looked at.
const MOST_SECTIONS: usize = 1 << 20;

pub(super) fn read<'a>(slice: &Slice<'a>) -> Result<Image<'a>, ScanError> {
    let damaged = |what: &'static str, offset: u64, problem: String| ScanError::Damaged {
        what,
        offset,
        problem,
    };
    let known = matches!(
        slice.bytes.get(..4),
        Some([0x7f, b'E', b'L', b'F'] | [0xcf, 0xfa, 0xed, 0xfe])
    );
    if !known {
        let start = slice.bytes.get(..8).unwrap_or(slice.bytes);
        return Err(ScanError::NotKnown(match start {
            [] => "nothing".to_owned(),
            start => start.iter().map(|byte| format!("{byte:02x}")).collect(),
        }));
    }
    let is_macho = slice.bytes[0] == 0xcf;
    // The load commands first: they say where they are damaged.
    let extra = match is_macho {
        true => apple::read(slice)?,
        false => apple::Extra::default(),
    };
    let file = File::parse(slice.bytes)
        .map_err(|error| damaged("header", slice.offset, error.to_string()))?;
    let architecture = slice::name(file.architecture(), slice::signs(file.sub_architecture()));
    let processor = match architecture {
        "arm64" | "arm64e" => Processor::Arm,
        "x86_64" => Processor::X86,
        _ => return Err(ScanError::NotRead(format!("{:?}", file.architecture()))),
    };
    if file.endianness() != Endianness::Little {
        return Err(ScanError::NotRead("a big-endian processor".to_owned()));
    }
    let mut image = Image {
        processor,
        architecture,
        regions: Vec::new(),
        functions: Vec::new(),
        names: Vec::new(),
        pointers: FxHashMap::default(),
        base: extra.base,
    };
    let is_loose = file.kind() == ObjectKind::Relocatable && !is_macho;
    // Sections of an object file have no addresses yet.
    let mut next = 0x1_0000_u64;
    let mut placed: FxHashMap<usize, u64> = FxHashMap::default();
    for section in file.sections().take(MOST_SECTIONS) {
        let Some((is_code, is_writable)) = allocated(section.flags()) else {
            continue;
        };
        let offset = section.file_range().map_or(0, |(offset, _)| offset);
        let offset = slice.offset.saturating_add(offset);
        let bytes = section
            .data()
            .map_err(|error| damaged("section", offset, error.to_string()))?;
        let address = match is_loose {
            true => next,
            false => section.address(),
        };
        if is_loose {
            let size = section.size().min(1 << 40);
            next = (next.saturating_add(size) | 0xfff) + 1;
        }
        placed.insert(section.index().0, address);
        let name = section.name_bytes().unwrap_or_default();
        let stored = match file.format() {
            BinaryFormat::MachO => extra.stored(address),
            _ => Stored::Plain,
        };
        image.regions.push(Region {
            address,
            bytes: Cow::Borrowed(bytes),
            offset,
            is_code,
            is_constant: !is_writable || is_written_once(name),
            stored,
        });
    }
    image.regions.retain(|region| !region.bytes.is_empty());
    image.regions.sort_by_key(|region| region.address);
    symbols(&file, is_loose, &placed, &mut image);
    if file.kind() == ObjectKind::Relocatable {
        object_file::relocate(&file, &placed, is_loose, &mut image);
    } else {
        loader_pointers(&file, &mut image);
    }
    if image.functions.is_empty() || !extra.starts.is_empty() {
        let known = std::mem::take(&mut image.functions);
        let mut starts = extra.starts;
        if starts.is_empty() {
            starts = unwind::starts(&file);
            starts.extend(Some(file.entry()).filter(|entry| *entry != 0));
        }
        // Only names of starts are names of functions.
        let mut names: FxHashMap<u64, &str> = FxHashMap::default();
        for (address, name) in &known {
            names.entry(*address).or_insert(name);
        }
        starts.retain(|start| image.is_code(*start));
        starts.sort_unstable();
        starts.dedup();
        let name = |start: u64| names.get(&start).copied().unwrap_or_default();
        image.functions = starts.iter().map(|s| (*s, name(*s))).collect();
        if image.functions.is_empty() {
            image.functions = known;
        } else {
            image.names = known;
        }
    }
    Ok(image)
}

/// Whether a section is loaded: whether it is code, and whether it can be written.
fn allocated(flags: SectionFlags) -> Option<(bool, bool)> {
    match flags {
        SectionFlags::Elf { sh_type, sh_flags } => {
            let (write, alloc, code) = (1, 2, 4);
            let has = |flag: u64| sh_flags.0 & flag != 0;
            let has_bytes = sh_type != object::elf::SHT_NOBITS;
            (has(alloc) && has_bytes).then(|| (has(code), has(write)))
        }
        SectionFlags::MachO { flags, .. } => {
            // Some or all of it is instructions.
            let is_code = flags.0 & 0x8000_0400 != 0;
            // Sections filled with zeros have no bytes: types 1, 12 and 18.
            let has_bytes = !matches!(flags.0 & 0xff, 1 | 12 | 18);
            let is_debug = flags.0 & 0x0200_0000 != 0;
            (has_bytes && !is_debug).then_some((is_code, !is_code))
        }
        _ => None,
    }
}

/// Whether a section that can be written is so by the loader alone.
fn is_written_once(name: &[u8]) -> bool {
    let known: [&[u8]; 9] = [
        b".got",
        b".got.plt",
        b"__got",
        b"__auth_got",
        b"__auth_ptr",
        b"__const",
        b"__auth_const",
        b"__cstring",
        b"__la_symbol_ptr",
    ];
    known.contains(&name) || name.starts_with(b".data.rel.ro")
}

fn symbols<'a>(
    file: &File<'a>,
    is_loose: bool,
    placed: &FxHashMap<usize, u64>,
    image: &mut Image<'a>,
) {
    let all = file.symbols().chain(file.dynamic_symbols());
    let is_object = file.kind() == ObjectKind::Relocatable;
    let mut found = Vec::new();
    for symbol in all {
        let SymbolSection::Section(section) = symbol.section() else {
            continue;
        };
        let (true, Ok(name)) = (symbol.kind() == SymbolKind::Text, symbol.name()) else {
            continue;
        };
        // Labels of an assembler, and the cold part of a function, start none.
        let is_label = is_object && (name.starts_with("ltmp") || name.starts_with('L'));
        if is_label || name.ends_with(".cold") || name.contains(".cold.") {
            continue;
        }
        let base = match is_loose {
            true => placed.get(&section.0).copied().unwrap_or_default(),
            false => 0,
        };
        let address = base.saturating_add(symbol.address());
        if image.is_code(address) {
            found.push((address, name));
        }
    }
    found.sort_unstable();
    let same = |next: &mut (u64, &str), last: &mut (u64, &str)| next.0 == last.0;
    let all = found.clone();
    found.dedup_by(same);
    image.functions = found;
    image.names = all;
}

/// Pointers that the dynamic linker writes.
fn loader_pointers(file: &File<'_>, image: &mut Image<'_>) {
    let Some(relocations) = file.dynamic_relocations() else {
        return;
    };
    let symbols: FxHashMap<usize, u64> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition())
        .map(|symbol| (symbol.index().0, symbol.address()))
        .collect();
    for (at, relocation) in relocations {
        let addend = relocation.addend();
        let pointer = match relocation.target() {
            RelocationTarget::Symbol(index) => match symbols.get(&index.0) {
                Some(address) => Pointer::To(address.wrapping_add_signed(addend)),
                None => Pointer::Elsewhere,
            },
            RelocationTarget::Absolute => Pointer::To(addend as u64),
            _ => continue,
        };
        image.pointers.insert(at, pointer);
    }
}
