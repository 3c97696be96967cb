//! A Mach-O file as memory: segments at addresses, and what tells how pointers are stored.

use object::endian::LittleEndian;
use object::macho::{self, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader, Nlist, Section, Segment};

use crate::ExtractError;
use crate::fat::Slice;
use crate::fixups;
use crate::pointer::Encoding;

/// Most segments that are looked at; a kernel cache has some thirty.
const MOST_SEGMENTS: usize = 128;
/// Longest name that is looked at.
const LONGEST_NAME: usize = 128;

/// Bytes at an address.
pub(crate) struct Region<'a> {
    name: String,
    pub(crate) address: u64,
    pub(crate) bytes: &'a [u8],
    offset: u64,
    sections: Vec<(String, u64, u64)>,
    /// How its pointers are stored, if the file says.
    pub(crate) encoding: Option<Encoding>,
}

/// A Mach-O file as memory.
pub(crate) struct Image<'a> {
    pub(crate) regions: Vec<Region<'a>>,
    /// Address of the header.
    pub(crate) base: u64,
    pub(crate) uuid: Option<[u8; 16]>,
    /// Segments that the file does not hold.
    pub(crate) unreadable: Vec<String>,
    /// Addresses of symbols, in order.
    symbols: Vec<u64>,
}

impl<'a> Image<'a> {
    pub(crate) fn read(slice: &Slice<'a>) -> Result<Self, ExtractError> {
        let bytes = slice.bytes;
        let damaged = |what: &'static str| {
            move |error: object::read::Error| ExtractError::Damaged {
                what,
                offset: slice.offset,
                problem: error.to_string(),
            }
        };
        let endian = LittleEndian;
        let header =
            MachHeader64::<LittleEndian>::parse(bytes, 0).map_err(damaged("Mach-O header"))?;
        let mut commands = header
            .load_commands(endian, bytes, 0)
            .map_err(damaged("load commands"))?;
        let mut image = Self {
            regions: Vec::new(),
            base: 0,
            uuid: None,
            unreadable: Vec::new(),
            symbols: Vec::new(),
        };
        let (mut numbers, mut segments, mut fixups, mut base) = (Vec::new(), 0, None, None);
        while let Some(command) = commands.next().map_err(damaged("load command"))? {
            match command.variant().map_err(damaged("load command"))? {
                LoadCommandVariant::Segment64(segment, sections) => {
                    let number = segments;
                    segments += 1;
                    if segments > MOST_SEGMENTS {
                        return Err(ExtractError::Damaged {
                            what: "load commands",
                            offset: slice.offset,
                            problem: format!("more than {MOST_SEGMENTS} segments"),
                        });
                    }
                    let (offset, size) = segment.file_range(endian);
                    let address = segment.vmaddr.get(endian);
                    if offset == 0 && size > 0 {
                        base = base.or(Some(address));
                    }
                    let name = text(&segment.segname);
                    let Ok(data) = segment.data(endian, bytes) else {
                        image.unreadable.push(name);
                        continue;
                    };
                    let sections = segment
                        .sections(endian, sections)
                        .map_err(damaged("sections"))?;
                    let sections = sections.iter().map(|section| {
                        let address = section.addr.get(endian);
                        let end = address.saturating_add(section.size.get(endian));
                        (text(section.name()), address, end)
                    });
                    image.regions.push(Region {
                        sections: sections.collect(),
                        name,
                        address,
                        bytes: data,
                        offset: slice.offset.saturating_add(offset),
                        encoding: None,
                    });
                    numbers.push(number);
                }
                LoadCommandVariant::Uuid(uuid) => image.uuid = Some(uuid.uuid),
                LoadCommandVariant::Symtab(symtab) => {
                    // Symbols only tell where a table ends; many files have none.
                    if let Ok(table) =
                        symtab.symbols::<MachHeader64<LittleEndian>, _>(endian, bytes)
                    {
                        let defined = table.iter().filter(|symbol| symbol.n_sect() != 0);
                        image.symbols = defined.map(|symbol| symbol.n_value(endian)).collect();
                        image.symbols.sort_unstable();
                    }
                }
                LoadCommandVariant::LinkeditData(link)
                    if link.cmd.get(endian) == macho::LC_DYLD_CHAINED_FIXUPS =>
                {
                    let from = link.dataoff.get(endian) as usize;
                    let data = bytes
                        .get(from..)
                        .and_then(|rest| rest.get(..link.datasize.get(endian) as usize));
                    fixups = Some(data);
                }
                _ => {}
            }
        }
        let lowest = image.regions.iter().map(|region| region.address).min();
        image.base = base.or(lowest).unwrap_or(0);
        if let Some(data) = fixups {
            let encodings = data.and_then(fixups::encodings);
            let encodings = encodings.ok_or_else(|| ExtractError::Damaged {
                what: "chained fixups",
                offset: slice.offset,
                problem: "they lead beyond their own end".to_owned(),
            })?;
            for (region, number) in image.regions.iter_mut().zip(numbers) {
                region.encoding = encodings.get(number).copied().flatten();
            }
        }
        Ok(image)
    }

    /// The bytes from an address to the end of its segment.
    pub(crate) fn at(&self, address: u64) -> Option<&'a [u8]> {
        let region = self.region(address)?;
        region.bytes.get((address - region.address) as usize..)
    }

    fn region(&self, address: u64) -> Option<&Region<'a>> {
        self.regions.iter().find(|region| {
            let end = region.address.saturating_add(region.bytes.len() as u64);
            (region.address..end).contains(&address)
        })
    }

    /// The word at an address.
    pub(crate) fn word(&self, address: u64) -> Option<u64> {
        let bytes = self.at(address)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    /// The name at an address: graphic ASCII without quotes, ended by a zero.
    pub(crate) fn name(&self, address: u64) -> Option<&'a str> {
        let bytes = self.at(address)?;
        let bytes = bytes.get(..LONGEST_NAME).unwrap_or(bytes);
        let length = bytes.iter().position(|byte| *byte == 0)?;
        let name = std::str::from_utf8(&bytes[..length]).ok()?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_*.%".contains(c);
        (!name.is_empty() && name.chars().all(is_part)).then_some(name)
    }

    /// The name that the word at an address points to.
    pub(crate) fn named_by(&self, address: u64, encoding: Encoding) -> Option<&'a str> {
        self.name(encoding.target(self.word(address)?, self.base)?)
    }

    /// The first symbol above an address.
    pub(crate) fn symbol_above(&self, address: u64) -> Option<u64> {
        let at = self.symbols.partition_point(|symbol| *symbol <= address);
        self.symbols.get(at).copied()
    }

    /// Segment and section of an address, and its offset in the file that was given.
    pub(crate) fn place(&self, address: u64) -> (String, u64) {
        let Some(region) = self.region(address) else {
            return ("?".to_owned(), 0);
        };
        let mut sections = region.sections.iter();
        let section = sections.find(|(_, from, to)| (*from..*to).contains(&address));
        let name = match section {
            Some((section, ..)) => format!("{},{section}", region.name),
            None => region.name.clone(),
        };
        (name, region.offset.saturating_add(address - region.address))
    }
}

/// A name of a load command; what is not ASCII is not shown.
fn text(name: &[u8]) -> String {
    let length = name
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(name.len());
    name[..length]
        .iter()
        .filter(|byte| byte.is_ascii_graphic())
        .map(|byte| char::from(*byte))
        .collect()
}
