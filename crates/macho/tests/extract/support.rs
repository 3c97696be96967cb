//! Mach-O files made by hand, with the tables of a shipped world.

use std::collections::HashMap;

use lapbelt_policy::world::{ArgumentKind, ModifierKind, World, shipped};

/// How the file stores its pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// As addresses, without fixups.
    Plain,
    /// As the shared cache has them on disk.
    Cache { version: u8 },
    /// By chained fixups of a `pointer_format`.
    Chained(u16),
}

/// What a file is made like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Make {
    pub(crate) cpu: (u32, u32),
    pub(crate) filetype: u32,
    pub(crate) base: u64,
    pub(crate) store: Store,
    /// Whether the tables of filters and modifiers are there.
    pub(crate) is_whole: bool,
}

pub(crate) const ARM64E: (u32, u32) = (0x0100_000c, 0x8000_0002);
pub(crate) const X86_64: (u32, u32) = (0x0100_0007, 3);
pub(crate) const DYLIB: u32 = 6;
pub(crate) const FILESET: u32 = 12;

/// Where the strings start in the file, and where the data does.
const STRINGS: u64 = 0x400;

pub(crate) fn macos_13() -> World {
    shipped("macos-13.0.0")
        .expect("a shipped world")
        .expect("it parses")
}

#[derive(Default)]
struct Parts {
    strings: Vec<u8>,
    known: HashMap<String, u64>,
    data: Vec<u8>,
    /// Offsets in the data of pointers to strings, with the string's offset.
    pointers: Vec<(usize, u64)>,
}

impl Parts {
    fn pointer(&mut self, text: &str) {
        let at = match self.known.get(text) {
            Some(at) => *at,
            None => {
                let at = self.strings.len() as u64;
                self.strings.extend(text.as_bytes());
                self.strings.push(0);
                self.known.insert(text.to_owned(), at);
                at
            }
        };
        self.pointers.push((self.data.len(), at));
        self.data.extend([0; 8]);
    }

    fn u32(&mut self, value: u32) {
        self.data.extend(value.to_le_bytes());
    }

    fn tables(&mut self, world: &World, is_whole: bool) {
        self.pointer("not in a table");
        for operation in world.operations() {
            self.pointer(&operation.name);
        }
        self.data.extend([0; 8]);
        if !is_whole {
            return;
        }
        // 48 bytes an entry: name, category, type, two unknown bytes, cost, zeros.
        self.data.extend([0; 48]);
        for filter in world.filters() {
            self.pointer(&filter.name);
            self.pointer(&filter.category);
            let kind: u8 = match filter.kind {
                ArgumentKind::Bool => 1,
                ArgumentKind::Bits => 2,
                // Some builds have two types of integers.
                ArgumentKind::Integer => 3 + 6 * u8::from(filter.id.0.is_multiple_of(2)),
                ArgumentKind::Text => 4,
                ArgumentKind::Pattern => 5,
                ArgumentKind::PathPattern => 7,
                ArgumentKind::Network => 8,
            };
            self.data.extend([kind, 0, 0xaa, 0xbb]);
            self.data.extend(filter.cost.to_le_bytes());
            self.data.extend([0; 26]);
        }
        self.data.extend([0; 80]);
        // 40 bytes an entry: name, action, type, mask, flags, zeros.
        for modifier in world.modifiers() {
            self.pointer(&modifier.name);
            self.u32(2 * u32::from(modifier.on_allow) + u32::from(modifier.on_deny));
            self.u32(match modifier.kind {
                ModifierKind::Flag => 1,
                ModifierKind::Integer => 2,
                ModifierKind::Text => 3,
                ModifierKind::MessageFilter => 4,
            });
            self.u32(modifier.mask);
            self.u32(modifier.flags);
            self.data.extend([0; 16]);
        }
        self.data.extend([0; 16]);
    }
}

/// A file with the tables of a world.
pub(crate) fn macho(world: &World, make: Make) -> Vec<u8> {
    let mut parts = Parts::default();
    parts.strings.push(0);
    parts.tables(world, make.is_whole);
    let data_at = (STRINGS + parts.strings.len() as u64).next_multiple_of(0x1000);
    for (number, (at, string)) in parts.pointers.iter().enumerate() {
        let word = stored(make, STRINGS + string, number);
        parts.data[*at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
    let link_at = (data_at + parts.data.len() as u64).next_multiple_of(8);
    let link = match make.store {
        Store::Chained(format) => fixups(format),
        _ => Vec::new(),
    };
    let mut commands = Vec::new();
    let segments: [(&str, &str, u64, u64, u64); 3] = [
        ("__TEXT", "__cstring", 0, data_at, STRINGS),
        (
            "__DATA_CONST",
            "__const",
            data_at,
            parts.data.len() as u64,
            data_at,
        ),
        ("__LINKEDIT", "", link_at, link.len() as u64, 0),
    ];
    for (name, section, offset, size, from) in segments {
        segment(
            &mut commands,
            make.base,
            (name, offset, size),
            (section, from),
        );
    }
    let mut count = 3;
    commands.extend(words(&[0x1b, 24]));
    commands.extend(*b"0123456789abcdef");
    count += 1;
    if !link.is_empty() {
        commands.extend(words(&[0x8000_0034, 16, link_at as u32, link.len() as u32]));
        count += 1;
    }
    let (cpu, subtype) = make.cpu;
    let size = commands.len() as u32;
    let mut file = words(&[0xfeed_facf, cpu, subtype, make.filetype, count, size, 0, 0]);
    file.extend(commands);
    for (at, bytes) in [
        (STRINGS, &parts.strings),
        (data_at, &parts.data),
        (link_at, &link),
    ] {
        file.resize(at as usize, 0);
        file.extend(bytes);
    }
    file
}

/// A fat file of slices.
pub(crate) fn fat(slices: &[((u32, u32), Vec<u8>)]) -> Vec<u8> {
    let big = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let mut file: Vec<u8> = big(&[0xcafe_babe, slices.len() as u32]);
    let mut at = 0x1000;
    for ((cpu, subtype), bytes) in slices {
        let head: Vec<u8> = big(&[*cpu, *subtype, at, bytes.len() as u32, 12]);
        file.extend(head);
        at = (at + bytes.len() as u32).next_multiple_of(0x1000);
    }
    for (_, bytes) in slices {
        file.resize(file.len().next_multiple_of(0x1000), 0);
        file.extend(bytes);
    }
    file
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A segment with one section from `section.1` on; none if that has no name.
fn segment(out: &mut Vec<u8>, base: u64, segment: (&str, u64, u64), section: (&str, u64)) {
    let padded = |name: &str| {
        let mut bytes = name.as_bytes().to_vec();
        bytes.resize(16, 0);
        bytes
    };
    let long = |words: &[u64]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let (name, offset, size) = segment;
    let count = u32::from(!section.0.is_empty());
    out.extend(words(&[0x19, 72 + 80 * count]));
    out.extend(padded(name));
    out.extend(long(&[base + offset, size, offset, size]));
    out.extend(words(&[1, 1, count, 0]));
    if count == 1 {
        out.extend(padded(section.0));
        out.extend(padded(name));
        out.extend(long(&[base + section.1, offset + size - section.1]));
        out.extend(words(&[section.1 as u32, 0, 0, 0, 0, 0, 0, 0]));
    }
}

/// A pointer as the file stores it; every third of arm64e is signed.
fn stored(make: Make, offset: u64, number: usize) -> u64 {
    let address = make.base + offset;
    let is_signed = number.is_multiple_of(3);
    let (next, signature) = (1 << 51, 1 << 63 | 0xbeef << 32);
    match make.store {
        Store::Plain => address,
        Store::Cache { version: 3 } if is_signed => (address - 0x1_8000_0000) | signature | next,
        Store::Cache { version: 3 } => address | next,
        Store::Cache { .. } => (address - 0x1_8000_0000) | 1 << 52,
        Store::Chained(2) => address | next,
        Store::Chained(6 | 8) => offset | next,
        Store::Chained(_) if is_signed => offset | signature | next,
        Store::Chained(1) => address | next,
        Store::Chained(_) => offset | next,
    }
}

/// The data of `LC_DYLD_CHAINED_FIXUPS`: a start for the second of three segments.
fn fixups(format: u16) -> Vec<u8> {
    let mut out = words(&[0, 28, 0, 0, 0, 1, 0]);
    out.extend(words(&[3, 0, 16, 0]));
    out.extend(words(&[24]));
    out.extend(0x4000_u16.to_le_bytes());
    out.extend(format.to_le_bytes());
    out.extend([0; 16]);
    out
}
