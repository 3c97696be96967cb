//! Tables of entries that begin with a pointer to a name.

use rustc_hash::FxHashSet;

use crate::Claim;
use crate::image::{Image, Region};
use crate::pointer::Encoding;

/// Most bytes from one entry to the next.
const WIDEST: u64 = 256;
/// Most entries that are looked at.
const LONGEST: usize = 1024;

/// A table that was found.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Address of the first entry.
    pub(crate) address: u64,
    /// Bytes from one entry to the next.
    pub(crate) stride: u64,
    pub(crate) encoding: Encoding,
    /// The name of each entry.
    pub(crate) names: Vec<String>,
    /// Why it ends there.
    end: &'static str,
}

impl Table {
    /// The longest table of names that starts with `first` and that `fits` takes; the first of
    /// equals.
    pub(crate) fn find(
        image: &Image<'_>,
        first: &str,
        is_name: fn(&str) -> bool,
        fits: fn(&[String]) -> bool,
    ) -> Option<Self> {
        let anchors = strings(image, first);
        let mut best: Option<Self> = None;
        for region in &image.regions {
            for encoding in encodings(region) {
                for address in pointers(image, region, encoding, &anchors) {
                    for stride in (8..=WIDEST).step_by(8) {
                        let table = Self::from(image, address, stride, encoding, is_name);
                        let longest = best.as_ref().map_or(0, |best| best.names.len());
                        if table.names.len() > longest && fits(&table.names) {
                            best = Some(table);
                        }
                    }
                }
            }
        }
        best
    }

    fn from(
        image: &Image<'_>,
        address: u64,
        stride: u64,
        encoding: Encoding,
        is_name: fn(&str) -> bool,
    ) -> Self {
        let (mut names, mut seen) = (Vec::new(), FxHashSet::default());
        let mut at = address;
        let symbol = image.symbol_above(address);
        let end = loop {
            if symbol == Some(at) {
                break "a symbol follows";
            }
            let Some(name) = image.named_by(at, encoding).filter(|name| is_name(name)) else {
                break "what follows is no pointer to such a name";
            };
            if !seen.insert(name) {
                break "the next name stands in it already";
            }
            if names.len() == LONGEST {
                break "no table is longer";
            }
            names.push(name.to_owned());
            match at.checked_add(stride) {
                Some(next) => at = next,
                None => break "the addresses end",
            }
        };
        Self {
            address,
            stride,
            encoding,
            names,
            end,
        }
    }

    /// The bytes of an entry.
    pub(crate) fn entry<'a>(&self, image: &Image<'a>, index: usize) -> Option<&'a [u8]> {
        let bytes = image.at(self.address + self.stride * index as u64)?;
        bytes.get(..self.stride as usize)
    }

    /// The number of an entry.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own == name)
    }

    /// Whether an entry without a name stands before the first.
    pub(crate) fn has_empty_entry_before(&self, image: &Image<'_>) -> bool {
        let before = self.address.checked_sub(self.stride);
        before.and_then(|address| image.word(address)) == Some(0)
    }

    /// The first offset at which `read` gives, for each entry named, what is wanted of it. A name
    /// that the table does not have asks for nothing; at least two must be there.
    pub(crate) fn field<T: PartialEq>(
        &self,
        image: &Image<'_>,
        step: usize,
        read: fn(&[u8]) -> Option<T>,
        wanted: &[(&str, T)],
    ) -> Option<usize> {
        let wanted: Vec<(&[u8], &T)> = wanted
            .iter()
            .filter_map(|(name, value)| Some((self.entry(image, self.position(name)?)?, value)))
            .collect();
        let is_there = |offset: &usize| {
            wanted
                .iter()
                .all(|(entry, value)| entry.get(*offset..).and_then(read).as_ref() == Some(*value))
        };
        let mut offsets = (8..self.stride as usize).step_by(step);
        offsets.find(|offset| wanted.len() >= 2 && is_there(offset))
    }

    /// What shows that it is there.
    pub(crate) fn claim(&self, image: &Image<'_>, key: &'static str, more: &str) -> Claim {
        let (section, offset) = image.place(self.address);
        let (count, stride) = (self.names.len(), self.stride);
        let first: Vec<&str> = self.names.iter().take(3).map(String::as_str).collect();
        let first = first.join(", ");
        Claim {
            key,
            section,
            address: self.address,
            offset,
            text: format!(
                "{count} entries of {stride} bytes that each begin with a pointer to a name, {first} and so on, as {}; it ends where {}{more}",
                self.encoding.name(),
                self.end,
            ),
        }
    }
}

/// Where a string stands that a zero ends, and that another or nothing precedes.
fn strings(image: &Image<'_>, text: &str) -> FxHashSet<u64> {
    let wanted: Vec<u8> = [text.as_bytes(), &[0]].concat();
    let mut found = FxHashSet::default();
    for region in &image.regions {
        for (at, window) in region.bytes.windows(wanted.len()).enumerate() {
            if window == wanted && (at == 0 || region.bytes[at - 1] == 0) {
                found.extend(region.address.checked_add(at as u64));
            }
        }
    }
    found
}

fn encodings(region: &Region<'_>) -> Vec<Encoding> {
    match region.encoding {
        Some(encoding) => vec![encoding],
        None => Encoding::GUESSES.to_vec(),
    }
}

/// Addresses of aligned words that point to one of the anchors.
fn pointers(
    image: &Image<'_>,
    region: &Region<'_>,
    encoding: Encoding,
    anchors: &FxHashSet<u64>,
) -> Vec<u64> {
    let skipped = (8 - region.address % 8) % 8;
    let words = region.bytes.get(skipped as usize..).unwrap_or(&[]);
    let words = words.chunks_exact(8).enumerate();
    words
        .filter_map(|(index, bytes)| {
            let word = u64::from_le_bytes(*bytes.first_chunk()?);
            let target = encoding.target(word, image.base)?;
            let address = region.address.checked_add(skipped + 8 * index as u64)?;
            anchors.contains(&target).then_some(address)
        })
        .collect()
}

/// The byte that a field starts with.
pub(crate) fn u8_of(bytes: &[u8]) -> Option<u8> {
    bytes.first().copied()
}

/// Two bytes, least significant first.
pub(crate) fn u16_of(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

/// Four bytes, least significant first.
pub(crate) fn u32_of(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}
