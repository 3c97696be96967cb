//! What can be known of a routine before it is watched, and which modes can watch it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use object::{Architecture, Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionKind};
use serde::Serialize;

use crate::image::{Image, ImageError, Place, Symbol};
use crate::instruction::{LONGEST, moves_aarch64, moves_x86_64};
use crate::loaded::{self, LoadedError};
use crate::maps::Region;
use crate::trace::{Mode, Watch};

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Triage {
    /// The executable or library.
    pub image: PathBuf,
    /// Its build id or UUID in hexadecimal digits, if it has one.
    pub build_id: Option<String>,
    /// The symbol, where the routine was named by one.
    pub symbol: Option<Symbol>,
    /// The symbol of the routine that ends writing, where that was named by one.
    pub immutable: Option<Symbol>,
    /// The routine's address in the file, where that is known.
    pub unslid: Option<u64>,
    /// How it is reached, where that can be told.
    pub reached: Option<Reached>,
    /// Whether the program is started without the image, as far as its loader tells, and may load
    /// and unload it later.
    pub loaded_late: bool,
    /// How many places the loader fills with its address, in the program, the libraries that it is
    /// started with, and the image; 0 where they are not known.
    pub bindings: usize,
    /// The region that holds it in the process, once there is one.
    pub region: Option<Region>,
    /// What that region may be made to allow: `r`, `w`, `x` or `-` each, where the system tells.
    pub max_protection: Option<String>,
    /// Its address in the process.
    pub address: Option<u64>,
    /// What each mode can do.
    pub modes: Vec<Verdict>,
    /// Whether it is for another machine than this.
    #[serde(skip)]
    is_foreign: bool,
}

/// What refers to a routine within its image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// Relocations that the loader fills with its address: tables, and slots for calls.
    pub relocations: usize,
    /// Instructions that seem to call or jump to it, found by their bytes: some may be none.
    pub call_sites: usize,
}

/// Whether a mode can work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The mode.
    pub mode: Mode,
    /// Whether it can.
    pub can_work: bool,
    /// Why, or why not.
    pub reason: String,
}

/// Looks at the files of a program.
///
/// # Errors
/// The file is damaged, or has no such symbol.
pub fn of_files(program: &Path, image: &Image, watch: &Watch) -> Result<Triage, ImageError> {
    let file = image.file()?;
    let place = &watch.write;
    let symbol = match place {
        Place::Symbol(name) => Some(image.symbol(name)?),
        Place::Unslid(_) | Place::Address(_) => None,
    };
    let immutable = match &watch.immutable {
        Some((Place::Symbol(name), _)) => Some(image.symbol(name)?),
        Some(_) | None => None,
    };
    let unslid = match place {
        Place::Unslid(address) => Some(*address),
        Place::Address(_) => None,
        Place::Symbol(_) => symbol.as_ref().map(|symbol| symbol.address),
    };
    let reached = unslid.and_then(|address| reached(&file, address));
    let libraries = loaded::libraries(program);
    let is_image = |path: &Path| path.canonicalize().is_ok_and(|path| path == image.path());
    let is_early = (libraries.iter().flatten()).any(|path| is_image(path));
    let loaded_late = !is_early && !is_image(program);
    let build_id = file.build_id().ok().flatten().map(<[u8]>::to_vec);
    let uuid = || file.mach_uuid().ok().flatten().map(|uuid| uuid.to_vec());
    let build_id = build_id.or_else(uuid);
    let mut triage = Triage {
        image: image.path().to_owned(),
        build_id: build_id.map(|id| id.iter().map(|byte| format!("{byte:02x}")).collect()),
        symbol,
        immutable,
        unslid,
        reached,
        loaded_late,
        bindings: 0,
        region: None,
        max_protection: None,
        address: None,
        modes: Vec::new(),
        is_foreign: file.architecture() != HERE,
    };
    let interposing = triage.interposing(program, image, watch, libraries);
    triage.modes = vec![verdict(Mode::Interpose, interposing)];
    let code = match unslid {
        Some(address) => image.bytes(address, LONGEST as u64)?,
        None => Vec::new(),
    };
    triage.judge(&code);
    Ok(triage)
}

impl Triage {
    /// Adds what a process shows, and judges again.
    pub fn in_process(
        &mut self,
        address: u64,
        regions: &[Region],
        code: &[u8],
        max_protection: impl FnOnce(&Region) -> Option<String>,
    ) {
        self.address = Some(address);
        self.region = regions.iter().find(|one| one.contains(address)).cloned();
        self.max_protection = self.region.as_ref().and_then(max_protection);
        self.judge(code);
    }

    /// What was found of a mode.
    pub fn verdict(&self, mode: Mode) -> Option<&Verdict> {
        self.modes.iter().find(|verdict| verdict.mode == mode)
    }

    fn judge(&mut self, code: &[u8]) {
        // What was found of interposing does not depend on the code.
        self.modes.retain(|verdict| verdict.mode == Mode::Interpose);
        self.modes
            .push(verdict(Mode::HwBreakpoint, self.debug_registers()));
        self.modes.push(verdict(Mode::Patch, self.patch(code)));
    }

    /// Whether a library that is loaded first can come between the callers and the routine: the
    /// loader must bind the name, and not find it in the program, which it always asks first
    /// (ld.so(8)). The hook itself is code for one machine and one C library.
    fn interposing(
        &mut self,
        program: &Path,
        image: &Image,
        watch: &Watch,
        libraries: Result<Vec<PathBuf>, LoadedError>,
    ) -> Result<&'static str, &'static str> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err("hook_is_for_linux_on_x86_64");
        }
        if self.is_foreign {
            return Err(FOREIGN);
        }
        let symbol = self.symbol.as_ref().ok_or(NO_SYMBOL)?;
        let program = Image::read(program).map_err(|_| "program_cannot_be_read")?;
        if program.path() == self.image {
            return Err("defined_by_the_program_itself");
        }
        if !symbol.exported {
            return Err("symbol_not_exported");
        }
        match (&watch.immutable, &self.immutable) {
            (_, Some(symbol)) if !symbol.exported => return Err("immutable_symbol_not_exported"),
            (Some(_), None) => return Err(NO_SYMBOL),
            (_, Some(_)) | (None, None) => {}
        }
        let libraries = libraries.map_err(|error| match error {
            LoadedError::Static(_) => "program_is_static",
            _ => "loader_does_not_tell_libraries",
        })?;
        let mut files: Vec<Image> = libraries
            .iter()
            .filter_map(|path| Image::read(path).ok())
            .collect();
        let c_library = libraries.iter().find(|path| path.ends_with(C_LIBRARY));
        let c_library = c_library.and_then(|path| Image::read(path).ok());
        // Before 2.34 it did not have what finds symbols.
        if !c_library.is_some_and(|file| defines(&file, "dlsym")) {
            return Err("hook_needs_glibc_2.34");
        }
        if self.loaded_late {
            files.push(image.clone());
        }
        if defines(&program, &symbol.name) {
            return Err("defined_by_the_program_itself");
        }
        files.push(program);
        self.bindings = files.iter().map(|file| bindings(file, &symbol.name)).sum();
        match (self.bindings, self.loaded_late) {
            (0, _) => Err("no_relocation_reaches_it"),
            (_, false) => {
                Ok("the symbol is bound by the loader; calls that it does not bind are missed")
            }
            (_, true) => Ok(
                "a library that the program loads late: calls that the loader binds then are seen, \
                 those through an address that the program asks for are missed",
            ),
        }
    }

    fn debug_registers(&self) -> Result<&'static str, &'static str> {
        match &self.region {
            _ if self.is_foreign => Err(FOREIGN),
            Some(region) if !region.is_executable() => Err("region_not_executable"),
            _ => Ok("debug registers need nothing of the code; the host may refuse them"),
        }
    }

    fn patch(&self, code: &[u8]) -> Result<&'static str, &'static str> {
        if !cfg!(target_os = "linux") {
            return Err("patch_is_for_linux");
        }
        if self.is_foreign {
            return Err(FOREIGN);
        }
        match &self.region {
            Some(region) if !region.is_executable() => return Err("region_not_executable"),
            // A shared mapping would change for all who map it, and the kernel refuses.
            Some(region) if !region.takes_a_patch() => return Err(IMMUTABLE),
            _ => {}
        }
        if self
            .max_protection
            .as_ref()
            .is_some_and(|most| !most.contains('w'))
        {
            return Err(IMMUTABLE);
        }
        if !moves(code) {
            return Err("first_instruction_cannot_be_moved");
        }
        Ok("the region is private: the process gets a copy of the page that it patches")
    }
}

fn verdict(mode: Mode, judged: Result<&str, &str>) -> Verdict {
    Verdict {
        mode,
        can_work: judged.is_ok(),
        reason: judged.unwrap_or_else(|why| why).to_string(),
    }
}

/// The machine that this program is for.
const HERE: Architecture = match cfg!(target_arch = "aarch64") {
    true => Architecture::Aarch64,
    false => Architecture::X86_64,
};

/// The reason for which nothing of another machine is watched: arguments lie elsewhere.
const FOREIGN: &str = "image_is_for_another_machine";

/// The reason for which only routines that are named by symbols are interposed.
pub(crate) const NO_SYMBOL: &str = "not_named_by_a_symbol";

/// The library whose functions the hook calls.
pub(crate) const C_LIBRARY: &str = "libc.so.6";

/// Whether a file offers a symbol to others.
fn defines(image: &Image, name: &str) -> bool {
    image.file().is_ok_and(|file| {
        let mut symbols = file.dynamic_symbols();
        symbols.any(|one| one.is_definition() && one.name() == Ok(name))
    })
}

/// How many places of a file the loader fills with the address of a symbol.
fn bindings(image: &Image, name: &str) -> usize {
    let Ok(file) = image.file() else {
        return 0;
    };
    let symbols: BTreeSet<usize> = (file.dynamic_symbols())
        .filter(|symbol| symbol.name() == Ok(name))
        .map(|symbol| symbol.index().0)
        .collect();
    (file.dynamic_relocations().into_iter().flatten())
        .filter(|(_, relocation)| match relocation.target() {
            RelocationTarget::Symbol(symbol) => symbols.contains(&symbol.0),
            _ => false,
        })
        .count()
}

/// The reason for which `patch` is not tried on a region that can never be written.
pub const IMMUTABLE: &str = "region_max_protection_no_write";

fn moves(code: &[u8]) -> bool {
    match cfg!(target_arch = "aarch64") {
        true => moves_aarch64(code),
        false => moves_x86_64(code),
    }
}

/// Counts what refers to an address; `None` for machines whose calls are not known here.
fn reached(file: &object::File<'_>, address: u64) -> Option<Reached> {
    let x86_64 = file.architecture() == Architecture::X86_64;
    if !x86_64 && file.architecture() != Architecture::Aarch64 {
        return None;
    }
    let symbols: BTreeSet<usize> = (file.dynamic_symbols())
        .filter(|symbol| symbol.address() == address && symbol.is_definition())
        .map(|symbol| symbol.index().0)
        .collect();
    let slots: BTreeSet<u64> = (file.dynamic_relocations().into_iter().flatten())
        .filter(|(_, relocation)| match relocation.target() {
            RelocationTarget::Symbol(symbol) => symbols.contains(&symbol.0),
            RelocationTarget::Absolute => relocation.addend() as u64 == address,
            _ => false,
        })
        .map(|(slot, _)| slot)
        .collect();
    let code = (file.sections()).filter(|section| section.kind() == SectionKind::Text);
    let call_sites = code
        .filter_map(|section| Some((section.address(), section.data().ok()?)))
        .map(|(start, bytes)| match x86_64 {
            true => calls_x86_64(start, bytes, address, &slots),
            false => calls_aarch64(start, bytes, address),
        })
        .sum();
    Some(Reached {
        relocations: slots.len(),
        call_sites,
    })
}

/// `call` and `jmp` by a distance, and through a slot.
fn calls_x86_64(start: u64, code: &[u8], address: u64, slots: &BTreeSet<u64>) -> usize {
    let target = |at: usize, length: usize| {
        let distance = code.get(at + length - 4..)?.first_chunk()?;
        let distance = i64::from(i32::from_le_bytes(*distance));
        Some((start + (at + length) as u64).wrapping_add_signed(distance))
    };
    let calls = |at: usize| match (code[at], code.get(at + 1)) {
        (0xe8 | 0xe9, _) => target(at, 5) == Some(address),
        (0xff, Some(0x15 | 0x25)) => target(at, 6).is_some_and(|slot| slots.contains(&slot)),
        _ => false,
    };
    (0..code.len()).filter(|at| calls(*at)).count()
}

/// `b` and `bl`.
fn calls_aarch64(start: u64, code: &[u8], address: u64) -> usize {
    let words = code.chunks_exact(4).enumerate();
    words
        .filter(|(index, bytes)| {
            let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let distance = i64::from((word << 6).cast_signed() >> 6) * 4;
            let own = start + 4 * *index as u64;
            word & 0x7c00_0000 == 0x1400_0000 && own.wrapping_add_signed(distance) == address
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_their_bytes() {
        // nop; call 0x1010; jmp *0x2000; call 0x1011
        let mut code = vec![0x90, 0xe8];
        code.extend((0x1010_i32 - 0x1006).to_le_bytes());
        code.extend([0xff, 0x25]);
        code.extend((0x2000_i32 - 0x100c).to_le_bytes());
        code.push(0xe8);
        code.extend((0x1011_i32 - 0x1011).to_le_bytes());
        let slots = BTreeSet::from([0x2000]);
        assert_eq!(calls_x86_64(0x1000, &code, 0x1010, &slots), 2);
        assert_eq!(calls_x86_64(0x1000, &code, 0x1011, &BTreeSet::new()), 1);
        // bl .+8; b .-4
        let code = [0x9400_0002_u32, 0x17ff_ffff]
            .map(u32::to_le_bytes)
            .concat();
        assert_eq!(calls_aarch64(0x1000, &code, 0x1008), 1);
        assert_eq!(calls_aarch64(0x1000, &code, 0x1000), 1);
    }

    #[test]
    fn a_region_that_can_never_be_written_is_not_patched() {
        let own = std::env::current_exe().expect("a path");
        let image = Image::read(&own).expect("an image");
        let watch = Watch {
            image: None,
            write: Place::Address(0x1800),
            arguments: "buf=arg0,cursor=arg1,src=arg2,len=arg3"
                .parse()
                .expect("arguments"),
            immutable: None,
        };
        let mut triage = of_files(&own, &image, &watch).expect("a triage");
        let region = |protection: &str| Region {
            start: 0x1000,
            end: 0x2000,
            protection: protection.into(),
            offset: 0,
            path: PathBuf::new(),
        };
        #[cfg(target_arch = "aarch64")]
        let (plain, relative) = ([0xff, 0x83, 0, 0xd1], [0, 0, 0, 0x90]);
        #[cfg(not(target_arch = "aarch64"))]
        let (plain, relative) = ([0x55; 4], [0xe8, 0, 0, 0]);
        for (protection, code, hardware, patch) in [
            ("r-xp", plain, None, None),
            ("r-xs", plain, None, Some(IMMUTABLE)),
            (
                "r--p",
                plain,
                Some("region_not_executable"),
                Some("region_not_executable"),
            ),
            (
                "r-xp",
                relative,
                None,
                Some("first_instruction_cannot_be_moved"),
            ),
        ] {
            triage.in_process(0x1800, &[region(protection)], &code, |_| None);
            for (mode, wrong) in [(Mode::HwBreakpoint, hardware), (Mode::Patch, patch)] {
                let verdict = triage.verdict(mode).expect("a verdict");
                assert_eq!(verdict.can_work, wrong.is_none(), "{protection} {mode:?}");
                if let Some(wrong) = wrong {
                    assert_eq!(verdict.reason, wrong);
                }
            }
        }
    }
}
