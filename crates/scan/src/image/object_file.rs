//! Object files: what the linker would write into their sections.

use object::read::{Object, ObjectSection, ObjectSymbol, RelocationTarget};
use object::{File, RelocationFlags, SymbolIndex, SymbolSection};
use rustc_hash::FxHashMap;

use super::apple::Stored;
use super::{Image, Pointer, Region};

/// What a relocation writes of the target's address.
#[derive(Clone, Copy)]
enum Form {
    /// The address, in so many bytes.
    Absolute(u8),
    /// The distance from here, in so many bytes.
    Relative(u8),
    /// 26, 19 or 14 bits of a distance in words, from this bit of an arm64 instruction on.
    Branch { bits: u32, at: u32 },
    /// The distance of pages, of `adrp`.
    Page,
    /// The distance of `adr`.
    Near,
    /// The offset in the page, divided by the size of what is loaded.
    PageOffset { shift: u32 },
}

fn form(flags: RelocationFlags, instruction: u32) -> Option<(Form, bool)> {
    let direct = |form| Some((form, false));
    let slot = |form| Some((form, true));
    match flags {
        // By their numbers in the ABIs of x86-64 and AArch64.
        RelocationFlags::Elf { r_type } => match r_type.0 {
            1 | 257 => direct(Form::Absolute(8)),
            10 | 11 | 258 => direct(Form::Absolute(4)),
            2 | 4 | 261 => direct(Form::Relative(4)),
            24 | 260 => direct(Form::Relative(8)),
            9 | 41 | 42 => slot(Form::Relative(4)),
            282 | 283 => direct(Form::Branch { bits: 26, at: 0 }),
            280 => direct(Form::Branch { bits: 19, at: 5 }),
            279 => direct(Form::Branch { bits: 14, at: 5 }),
            275 | 276 => direct(Form::Page),
            274 => direct(Form::Near),
            277 | 278 => direct(Form::PageOffset { shift: 0 }),
            284 => direct(Form::PageOffset { shift: 1 }),
            285 => direct(Form::PageOffset { shift: 2 }),
            286 => direct(Form::PageOffset { shift: 3 }),
            299 => direct(Form::PageOffset { shift: 4 }),
            311 => slot(Form::Page),
            312 => slot(Form::PageOffset { shift: 3 }),
            _ => None,
        },
        // By their numbers in <mach-o/arm64/reloc.h>.
        RelocationFlags::MachO {
            r_type, r_length, ..
        } => match r_type.0 {
            0 => direct(Form::Absolute(1 << r_length.min(3))),
            2 => direct(Form::Branch { bits: 26, at: 0 }),
            3 => direct(Form::Page),
            4 => direct(Form::PageOffset {
                shift: scale(instruction),
            }),
            5 => slot(Form::Page),
            6 => slot(Form::PageOffset { shift: 3 }),
            _ => None,
        },
        _ => None,
    }
}

/// By what a load or store's offset is divided.
fn scale(instruction: u32) -> u32 {
    if instruction & 0x3b00_0000 != 0x3900_0000 {
        return 0;
    }
    match instruction & 0x0480_0000 {
        0x0480_0000 => 4,
        _ => instruction >> 30,
    }
}

/// Writes what the linker would; names that are defined elsewhere get places behind the sections.
pub(super) fn relocate<'a>(
    file: &File<'a>,
    placed: &FxHashMap<usize, u64>,
    is_loose: bool,
    image: &mut Image<'a>,
) {
    let end = image.regions.iter().map(Region::end).max().unwrap_or(0);
    let mut places = Places {
        file,
        placed,
        is_loose,
        next: (end | 0xffff).saturating_add(1),
        elsewhere: FxHashMap::default(),
        slots: FxHashMap::default(),
    };
    for section in file.sections() {
        let Some(base) = placed.get(&section.index().0).copied() else {
            continue;
        };
        for (offset, relocation) in section.relocations() {
            let at = match is_loose {
                true => base.saturating_add(offset),
                false => base.wrapping_add(offset),
            };
            let Some(region) = image
                .regions
                .iter_mut()
                .find(|region| (region.address..region.end()).contains(&at))
            else {
                continue;
            };
            let start = (at - region.address) as usize;
            let word = region.bytes.get(start..).and_then(|b| b.first_chunk());
            let word = word.map_or(0, |bytes| u32::from_le_bytes(*bytes));
            let Some((form, through_slot)) = form(relocation.flags(), word) else {
                continue;
            };
            let Some((target, is_here)) = places.target(relocation.target()) else {
                continue;
            };
            let target = match through_slot {
                true => places.slot(target, is_here),
                false => target,
            };
            let mut value = target.wrapping_add_signed(relocation.addend());
            if let Some(subtracted) = relocation.subtractor() {
                let from = places.target(RelocationTarget::Symbol(subtracted));
                value = value.wrapping_sub(from.map_or(0, |(address, _)| address));
            }
            if let (Form::Absolute(8), None) = (form, relocation.subtractor()) {
                let pointer = match is_here {
                    true => Pointer::To(value),
                    false => Pointer::Elsewhere,
                };
                image.pointers.insert(at, pointer);
            }
            write(region, start, at, form, value);
        }
    }
    for ((target, is_here), slot) in places.slots {
        let pointer = match is_here {
            true => Pointer::To(target),
            false => Pointer::Elsewhere,
        };
        image.pointers.insert(slot, pointer);
        image.regions.push(Region {
            address: slot,
            bytes: target.to_le_bytes().to_vec().into(),
            offset: 0,
            is_code: false,
            is_constant: true,
            stored: Stored::Plain,
        });
    }
    image.regions.sort_by_key(|region| region.address);
}

struct Places<'f, 'a> {
    file: &'f File<'a>,
    placed: &'f FxHashMap<usize, u64>,
    is_loose: bool,
    next: u64,
    elsewhere: FxHashMap<usize, u64>,
    slots: FxHashMap<(u64, bool), u64>,
}

impl Places<'_, '_> {
    /// The address of a target, and whether it is in this file.
    fn target(&mut self, target: RelocationTarget) -> Option<(u64, bool)> {
        match target {
            RelocationTarget::Symbol(index) => self.symbol(index),
            RelocationTarget::Section(index) => {
                self.placed.get(&index.0).map(|address| (*address, true))
            }
            RelocationTarget::Absolute => Some((0, true)),
            _ => None,
        }
    }

    fn symbol(&mut self, index: SymbolIndex) -> Option<(u64, bool)> {
        let symbol = self.file.symbol_by_index(index).ok()?;
        match symbol.section() {
            SymbolSection::Section(section) => {
                let base = match self.is_loose {
                    true => *self.placed.get(&section.0)?,
                    false => 0,
                };
                Some((base.saturating_add(symbol.address()), true))
            }
            _ => {
                let next = &mut self.next;
                let address = *self.elsewhere.entry(index.0).or_insert_with(|| {
                    *next = next.saturating_add(16);
                    *next
                });
                Some((address, false))
            }
        }
    }

    /// The place of a pointer to an address.
    fn slot(&mut self, target: u64, is_here: bool) -> u64 {
        let next = &mut self.next;
        *self.slots.entry((target, is_here)).or_insert_with(|| {
            *next = next.saturating_add(16);
            *next
        })
    }
}

fn write(region: &mut Region<'_>, start: usize, at: u64, form: Form, value: u64) {
    let bytes = region.bytes.to_mut();
    let distance = value.wrapping_sub(at);
    let mut instruction = |clear: u32, set: u32| {
        if let Some(place) = bytes.get_mut(start..).and_then(|b| b.first_chunk_mut()) {
            *place = (u32::from_le_bytes(*place) & !clear | set & clear).to_le_bytes();
        }
    };
    let immediate = |value: u64| ((value as u32 & 3) << 29) | ((value >> 2) as u32 & 0x7_ffff) << 5;
    match form {
        Form::Branch { bits, at } => {
            let mask = ((1 << bits) - 1) << at;
            instruction(mask, ((distance >> 2) as u32) << at);
        }
        Form::Page => {
            let pages = (value >> 12).wrapping_sub(at >> 12);
            instruction(0x60ff_ffe0, immediate(pages));
        }
        Form::Near => instruction(0x60ff_ffe0, immediate(distance)),
        Form::PageOffset { shift } => {
            instruction(0xfff << 10, ((value as u32 & 0xfff) >> shift) << 10);
        }
        Form::Absolute(size) => put(bytes, start, value, size),
        Form::Relative(size) => put(bytes, start, distance, size),
    }
}

fn put(bytes: &mut [u8], start: usize, value: u64, size: u8) {
    let value = value.to_le_bytes();
    let size = usize::from(size.min(8));
    if let Some(place) = bytes.get_mut(start..).and_then(|b| b.get_mut(..size)) {
        place.copy_from_slice(&value[..size]);
    }
}
