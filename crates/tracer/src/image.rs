//! Executables and shared libraries: where a routine is in the file, and in a process.

use std::path::{Path, PathBuf};

use object::elf::STT_GNU_IFUNC;
use object::{BinaryFormat, Object, ObjectSegment, ObjectSymbol, SymbolFlags};
use serde::Serialize;

use crate::maps::{Region, code};

/// An ELF file.
#[derive(Clone, Debug)]
pub struct Image {
    path: PathBuf,
    data: Vec<u8>,
    code: Vec<CodeSegment>,
}

/// How a routine is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The name of a symbol as the file has it, or the path of a Rust function: `a::b::C::d`.
    Symbol(String),
    /// The address that the file gives it, to which the place of the image in a process is added.
    Unslid(u64),
    /// The address in the process, whose addresses are not randomised then.
    Address(u64),
}

/// A symbol of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Symbol {
    /// Its name in the file.
    pub name: String,
    /// Its address in the file.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
    /// `local`, `global` or `weak`.
    pub binding: &'static str,
    /// Whether other images can bind to it, and so whether it can be interposed.
    pub exported: bool,
}

/// What is wrong with an image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is not an ELF file, or a damaged one.
    #[error(
        "{} is no executable or library that is known here ({error}); of a script, name the \
         interpreter as the program",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Why.
        error: object::Error,
    },
    /// No symbol has that name.
    #[error("{} has no symbol `{name}`; is it stripped?", path.display())]
    NoSymbol {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The loader is to ask it which routine it stands for.
    #[error(
        "`{name}` of {} only chooses among routines when the library is loaded (it is an indirect \
         function); name one of those, or give an address",
        path.display()
    )]
    Indirect {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// It is in no code.
    #[error(
        "{} has no code at {address:#x}; --unslid-address is an address as the file has it, and \
         --address one in the process",
        path.display()
    )]
    NoCode {
        /// The file.
        path: PathBuf,
        /// The address.
        address: u64,
    },
    /// Many do.
    #[error("{} has {count} symbols `{name}`; give an address", path.display())]
    ManySymbols {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// How many.
        count: usize,
    },
}

/// An executable segment of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeSegment {
    /// Address of its first byte.
    pub(crate) address: u64,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Where it is in the file.
    offset: u64,
}

const PAGE: u64 = 4096;

impl Image {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is no such file.
    pub fn read(path: &Path) -> Result<Self, ImageError> {
        let failed = |error| ImageError::Read {
            path: path.to_owned(),
            error,
        };
        let path = path.canonicalize().map_err(failed)?;
        let data = std::fs::read(&path).map_err(failed)?;
        let code = Vec::new();
        let mut image = Self { path, data, code };
        let code = (image.file()?.segments())
            .filter(|segment| segment.permissions().executable())
            .map(|segment| CodeSegment {
                address: segment.address(),
                size: segment.size(),
                offset: segment.file_range().0,
            })
            .collect();
        image.code = code;
        Ok(image)
    }

    /// The file, without links on the way.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self) -> Result<object::File<'_>, ImageError> {
        object::File::parse(&*self.data).map_err(|error| ImageError::Format {
            path: self.path.clone(),
            error,
        })
    }

    /// Finds a function.
    ///
    /// # Errors
    /// None or many have that name; the file is damaged.
    pub fn symbol(&self, name: &str) -> Result<Symbol, ImageError> {
        let file = self.file()?;
        // Mach-O files write one before each name of C.
        let extra = match file.format() {
            BinaryFormat::MachO => "_",
            _ => "",
        };
        let mut found: Vec<Symbol> = Vec::new();
        for (symbol, exported) in (file.dynamic_symbols().map(|one| (one, true)))
            .chain(file.symbols().map(|one| (one, false)))
        {
            let own = symbol.name().unwrap_or_default();
            let plain = own.strip_prefix(extra).unwrap_or(own);
            if is_indirect(&symbol) && plain == name {
                return Err(ImageError::Indirect {
                    path: self.path.clone(),
                    name: name.to_string(),
                });
            }
            let address = symbol.address();
            let is_new = !found.iter().any(|one| one.address == address);
            if symbol.is_definition() && is_new && is_named(plain, name) {
                let local = symbol.is_local();
                let weak = symbol.is_weak();
                found.push(Symbol {
                    name: own.to_string(),
                    address: symbol.address(),
                    size: symbol.size(),
                    binding: match (local, weak) {
                        (true, _) => "local",
                        (false, true) => "weak",
                        (false, false) => "global",
                    },
                    exported: exported && !local,
                });
            }
        }
        match found.len() {
            0 => Err(ImageError::NoSymbol {
                path: self.path.clone(),
                name: name.to_string(),
            }),
            1 => Ok(found.remove(0)),
            count => Err(ImageError::ManySymbols {
                path: self.path.clone(),
                name: name.to_string(),
                count,
            }),
        }
    }

    /// Holds an address against the code of the file.
    pub(crate) fn in_code(&self, address: u64) -> Result<u64, ImageError> {
        let has = |own: &CodeSegment| {
            (own.address..own.address.saturating_add(own.size)).contains(&address)
        };
        match self.code.iter().any(has) {
            true => Ok(address),
            false => Err(ImageError::NoCode {
                path: self.path.clone(),
                address,
            }),
        }
    }

    /// The executable segments.
    pub(crate) fn code(&self) -> &[CodeSegment] {
        &self.code
    }

    /// What must be added to an address of the file to have that of the process; `None` if its
    /// code is not mapped.
    pub fn slide(&self, regions: &[Region]) -> Option<u64> {
        let region = code(regions, &self.path)?;
        let floor = |number: u64| number & !(PAGE - 1);
        let segment = self.code.iter().find(|segment| {
            (floor(segment.offset)..segment.offset.saturating_add(segment.size))
                .contains(&region.offset)
        })?;
        let into = region.offset.wrapping_sub(floor(segment.offset));
        let unslid = floor(segment.address).wrapping_add(into);
        Some(region.start.wrapping_sub(unslid))
    }

    /// The bytes at an address of the file; none if there are none.
    pub(crate) fn bytes(&self, address: u64, size: u64) -> Result<Vec<u8>, ImageError> {
        let file = self.file()?;
        let found = (file.segments()).find_map(|segment| {
            let end = segment.address().checked_add(segment.size())?;
            let own = (segment.address()..end).contains(&address);
            let size = size.min(end.saturating_sub(address));
            segment.data_range(address, size).ok()?.filter(|_| own)
        });
        Ok(found.unwrap_or_default().to_vec())
    }
}

/// Whether a symbol is an indirect function of glibc (`STT_GNU_IFUNC`).
fn is_indirect(symbol: &object::Symbol<'_, '_>) -> bool {
    matches!(symbol.flags(), SymbolFlags::Elf { st_info, .. } if st_info.st_type() == STT_GNU_IFUNC)
}

/// Whether a symbol of a file is the function that a name means: the name itself, or a Rust path
/// whose parts both manglings of Rust write as length and text, in their order.
fn is_named(symbol: &str, name: &str) -> bool {
    if symbol == name {
        return true;
    }
    if !name.contains("::") || !(symbol.starts_with("_ZN") || symbol.starts_with("_R")) {
        return false;
    }
    let mut rest = symbol;
    for part in name.split("::") {
        let part = format!("{}{part}", part.len());
        let Some(at) = rest.find(&part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    // The older mangling ends with a hash of 16 digits.
    let is_hash = rest.len() == 20 && rest.starts_with("17h") && rest.ends_with('E');
    rest.is_empty() || is_hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_paths_are_found_in_both_manglings() {
        let name = "lapbelt_blob::encode::buffer::Buffer::write";
        let found = [
            "_ZN12lapbelt_blob6encode6buffer6Buffer5write17h2e3fede7364e05a2E",
            "_RNvMNtNtCs1_12lapbelt_blob6encode6bufferNtB2_6Buffer5write",
        ];
        assert!(found.iter().all(|symbol| is_named(symbol, name)));
        for other in [
            "_ZN12lapbelt_blob6encode6buffer6Buffer6writer17h2e3fede7364e05a2E",
            "_ZN12lapbelt_blob6encode6buffer6Buffer5write28_$u7b$closure17h2e3fede7364e05a2E",
            "write",
        ] {
            assert!(!is_named(other, name), "{other}");
        }
        assert!(is_named("memcpy", "memcpy") && !is_named("__memcpy", "memcpy"));
    }

    #[test]
    fn the_running_program_is_found_in_itself() {
        let own = std::env::current_exe().expect("a path");
        let image = Image::read(&own).expect("an image");
        let text = std::fs::read_to_string("/proc/self/maps");
        let Ok(text) = text else {
            lapbelt_corpus::say_skipped("no /proc/self/maps");
            return;
        };
        let name = "lapbelt_tracer::image::tests::landmark";
        let symbol = image.symbol(name).expect("a symbol");
        let slide = image.slide(&crate::maps::parse(&text));
        let address = symbol.address.wrapping_add(slide.expect("mapped"));
        assert_eq!(address, landmark as *const () as u64);
        assert_eq!(landmark(3), 10);
        assert!(matches!(
            image.symbol("no::such::function"),
            Err(ImageError::NoSymbol { .. })
        ));
    }

    #[inline(never)]
    fn landmark(number: u64) -> u64 {
        number * 3 + 1
    }
}
