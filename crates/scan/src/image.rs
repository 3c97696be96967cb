//! A program as memory: sections at addresses, the starts of functions, and where pointers lead.

mod apple;
mod object_file;
mod read;
mod slice;
mod unwind;

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::ScanError;
use crate::code::Processor;
use apple::Stored;

/// Bytes at an address.
pub(crate) struct Region<'a> {
    pub(crate) address: u64,
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Where they are in the file.
    pub(crate) offset: u64,
    pub(crate) is_code: bool,
    /// Whether the program cannot change it once it runs.
    pub(crate) is_constant: bool,
    stored: Stored,
}

impl Region<'_> {
    fn end(&self) -> u64 {
        self.address.saturating_add(self.bytes.len() as u64)
    }
}

/// What a stored pointer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pointer {
    To(u64),
    /// To another file.
    Elsewhere,
}

/// A program as memory.
pub(crate) struct Image<'a> {
    pub(crate) processor: Processor,
    pub(crate) architecture: &'static str,
    /// In the order of addresses.
    regions: Vec<Region<'a>>,
    /// Starts of functions and their names, in order.
    functions: Vec<(u64, &'a str)>,
    /// Other names of places in code.
    names: Vec<(u64, &'a str)>,
    /// Pointers that the loader writes.
    pointers: FxHashMap<u64, Pointer>,
    /// Address of the header, for pointers that are stored relative to it.
    base: u64,
}

impl<'a> Image<'a> {
    /// Reads a file; of a fat one the slice asked for, else the first that is read, arm64 before
    /// x86-64.
    pub(crate) fn read(bytes: &'a [u8], wanted: Option<&str>) -> Result<Self, ScanError> {
        let slice = slice::choose(bytes, wanted)?;
        read::read(&slice)
    }

    fn region(&self, address: u64) -> Option<&Region<'a>> {
        let after = self.regions.partition_point(|r| r.address <= address);
        let region = self.regions.get(after.checked_sub(1)?)?;
        (address < region.end()).then_some(region)
    }

    fn at(&self, address: u64) -> Option<&[u8]> {
        let region = self.region(address)?;
        region.bytes.get((address - region.address) as usize..)
    }

    /// The code from an address on.
    pub(crate) fn code_at(&self, address: u64) -> Option<&[u8]> {
        let region = self.region(address).filter(|region| region.is_code)?;
        region.bytes.get((address - region.address) as usize..)
    }

    pub(crate) fn is_code(&self, address: u64) -> bool {
        self.region(address).is_some_and(|region| region.is_code)
    }

    /// A number of so many bytes, 1, 2, 4 or 8.
    pub(crate) fn number(&self, address: u64, size: u8) -> Option<u64> {
        let bytes = self.at(address)?.get(..usize::from(size.min(8)))?;
        let mut whole = [0; 8];
        whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(u64::from_le_bytes(whole))
    }

    /// The pointer at an address.
    pub(crate) fn pointer(&self, address: u64) -> Option<Pointer> {
        if let Some(pointer) = self.pointers.get(&address) {
            return Some(*pointer);
        }
        let region = self.region(address)?;
        let word = self.number(address, 8)?;
        let pointer = region.stored.pointer(word, self.base)?;
        match pointer {
            Pointer::To(target) => self.region(target).map(|_| pointer),
            Pointer::Elsewhere => Some(pointer),
        }
    }

    /// The pointer at an address that does not change while the program runs.
    pub(crate) fn constant_pointer(&self, address: u64) -> Option<Pointer> {
        self.region(address).filter(|region| region.is_constant)?;
        self.pointer(address)
    }

    /// Starts of functions, in order.
    pub(crate) fn functions(&self) -> impl Iterator<Item = u64> {
        self.functions.iter().map(|(start, _)| *start)
    }

    pub(crate) fn is_function(&self, address: u64) -> bool {
        let found = self.functions.binary_search_by_key(&address, |f| f.0);
        found.is_ok()
    }

    /// Where a function ends at the latest: where the next starts, or its section ends.
    pub(crate) fn function_end(&self, start: u64) -> u64 {
        let end = self.region(start).map_or(start, Region::end);
        let next = self.functions.partition_point(|f| f.0 <= start);
        self.functions.get(next).map_or(end, |next| next.0.min(end))
    }

    /// The name of a function, if it has one, and how far inside it an address is.
    pub(crate) fn name(&self, address: u64) -> Option<(&'a str, u64)> {
        let after = self.functions.partition_point(|f| f.0 <= address);
        let (start, name) = self.functions.get(after.checked_sub(1)?)?;
        (!name.is_empty()).then(|| (*name, address - start))
    }

    /// The address of a name, given as it is or without the underscore before names of C.
    pub(crate) fn address_of(&self, name: &str) -> Option<u64> {
        let all = || self.functions.iter().chain(&self.names);
        let exact = all().find(|(_, known)| *known == name);
        let found =
            exact.or_else(|| all().find(|(_, known)| known.strip_prefix('_') == Some(name)));
        found.map(|(address, _)| *address)
    }

    /// Where in the file an address is.
    pub(crate) fn offset(&self, address: u64) -> Option<u64> {
        let region = self.region(address)?;
        Some(region.offset.saturating_add(address - region.address))
    }
}
