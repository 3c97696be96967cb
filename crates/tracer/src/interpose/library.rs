//! The ELF file around the hook (gABI, chapters 4 and 5; psABI of x86-64 for the relocation).

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::hook;
use crate::trace::Watch;
use crate::triage::C_LIBRARY;

/// What the hook of one run is to know.
pub(super) struct Names<'a> {
    /// The symbol of the routine that writes.
    pub(super) write: &'a str,
    /// That of the one that ends writing.
    pub(super) immutable: Option<&'a str>,
    /// The file that holds them.
    pub(super) image: &'a Path,
    /// The path of the ring.
    pub(super) ring: &'a str,
    /// What was to be preloaded in any case.
    pub(super) before: &'a [u8],
    pub(super) watch: &'a Watch,
    /// The size of the ring's file.
    pub(super) size: usize,
}

const PAGE: usize = 4096;
/// Functions of the C library that the hook calls, in the order of its slots for them.
const CALLED: [&str; 5] = ["dlsym", "unsetenv", "setenv", "dlopen", "dlerror"];

/// Bytes that are put one after the other.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn half(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }

    fn word(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    fn long(&mut self, value: usize) {
        self.0.extend((value as u64).to_le_bytes());
    }

    /// Puts a string with its end, and says where.
    fn string(&mut self, text: &[u8]) -> usize {
        let at = self.0.len();
        self.0.extend(text);
        self.0.push(0);
        at
    }

    fn pad(&mut self, boundary: usize) -> usize {
        self.0.resize(self.0.len().next_multiple_of(boundary), 0);
        self.0.len()
    }
}

/// The library. Addresses and places in the file are the same.
pub(super) fn made(names: &Names<'_>) -> Vec<u8> {
    let code = hook::code();
    let place = |number: usize| {
        let bytes = code[8 * number..].first_chunk().copied();
        u64::from_le_bytes(bytes.unwrap_or_default()) as usize
    };
    let [write, immutable, init, data] = [0, 1, 2, 3].map(place);

    let mut strings = Bytes(vec![0]);
    let library = strings.string(C_LIBRARY.as_bytes());
    let own = [(names.write, write)].into_iter();
    let own = own.chain(names.immutable.map(|name| (name, immutable)));
    let own: Vec<(usize, usize)> = own
        .map(|(name, at)| (strings.string(name.as_bytes()), at))
        .collect();
    let called = CALLED.map(|name| strings.string(name.as_bytes()));

    // Tables that are only read: header, program headers, symbols, their chain, relocations, names.
    let symbols = 1 + own.len() + called.len();
    let symbols_at = 64 + 4 * 56;
    let chain_at = symbols_at + 24 * symbols;
    let relocations_at = (chain_at + 4 * (3 + symbols)).next_multiple_of(8);
    let strings_at = relocations_at + 24 * called.len();
    let code_at = (strings_at + strings.0.len()).next_multiple_of(PAGE);
    let data_at = code_at + data;

    let (data, dynamic) = data_of(names, code.len() - data);
    let dynamic_at = data_at + dynamic;
    let entries = [
        (1, library),
        (4, chain_at),
        (5, strings_at),
        (6, symbols_at),
        (7, relocations_at),
        (8, 24 * called.len()),
        (9, 24),
        (10, strings.0.len()),
        (11, 24),
        (12, code_at + init),
        (0, 0),
    ];
    let end = dynamic_at + 16 * entries.len();

    let mut file = Bytes(b"\x7fELF\x02\x01\x01".to_vec());
    file.pad(16);
    // A shared object for x86-64; no entry, no sections.
    file.half(3);
    file.half(62);
    file.word(1);
    for value in [0, 64, 0] {
        file.long(value);
    }
    file.word(0);
    for value in [64, 56, 4, 64, 0, 0] {
        file.half(value);
    }
    // Kind, flags (1 run, 2 write, 4 read), from, to, boundary.
    for (kind, flags, from, to, boundary) in [
        (1, 5, 0, data_at, PAGE),
        (1, 6, data_at, end, PAGE),
        (2, 6, dynamic_at, end, 8),
        (0x6474_e551, 6, 0, 0, 16),
    ] {
        file.word(kind);
        file.word(flags);
        for value in [from, from, from, to - from, to - from, boundary] {
            file.long(value);
        }
    }
    // Name, kind (global function), section (any that is one; none for those of others), address.
    let symbol = |file: &mut Bytes, name: usize, at: usize| {
        file.word(name as u32);
        file.half(if name == 0 { 0 } else { 0x12 });
        file.half(u16::from(at != 0));
        file.long(at);
        file.long(0);
    };
    symbol(&mut file, 0, 0);
    for (name, at) in &own {
        symbol(&mut file, *name, code_at + at);
    }
    for name in called {
        symbol(&mut file, name, 0);
    }
    // One bucket, whose chain has all.
    file.word(1);
    file.word(symbols as u32);
    file.word(1);
    file.word(0);
    for next in 2..=symbols {
        file.word(if next == symbols { 0 } else { next as u32 });
    }
    file.pad(8);
    for number in 0..called.len() {
        // R_X86_64_GLOB_DAT
        file.long(data_at + 8 * number);
        file.long((1 + own.len() + number) << 32 | 6);
        file.long(0);
    }
    file.0.extend(&strings.0);
    file.pad(PAGE);
    file.0.extend(&code[..data_at - code_at]);
    file.0.extend(&data);
    for (tag, value) in entries {
        file.long(tag);
        file.long(value);
    }
    file.0
}

/// The data of the hook, in the order that its code has it, then its strings; and where they end.
fn data_of(names: &Names<'_>, size: usize) -> (Vec<u8>, usize) {
    let mut strings = Bytes::default();
    let mut string = |text: &[u8]| size + strings.string(text);
    let path = string(names.ring.as_bytes());
    let variable = string(super::PRELOAD.as_bytes());
    // 0 stands for none.
    let before = match names.before {
        [] => 0,
        before => string(before),
    };
    let write = string(names.write.as_bytes());
    let immutable = names.immutable.map_or(0, |name| string(name.as_bytes()));
    let image = string(names.image.as_os_str().as_bytes());
    let arguments = names.watch.arguments;
    let [buf, cursor, src, len] = [
        arguments.buf,
        arguments.cursor,
        arguments.src,
        arguments.len,
    ]
    .map(|one| one.number());
    let done = names.watch.immutable.as_ref();
    let done = done.map_or(0, |(_, argument)| argument.number());
    let mut data = Bytes::default();
    for value in [0; CALLED.len()] {
        data.long(value);
    }
    for value in [
        names.size, buf, cursor, src, len, done, path, variable, before, write, immutable, image,
    ] {
        data.long(value);
    }
    data.0.resize(size, 0);
    data.0.extend(strings.0);
    let end = data.pad(16);
    (data.0, end)
}
