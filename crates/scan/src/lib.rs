//! What the machine code of a kernel extension or an evaluator does with the words it reads: whether
//! one of 16 bits is taken apart, whether records of one length are walked, whether byte code is
//! interpreted.
//!
//! Functions are gone through from the called to the callers, each once and in time linear in its
//! length, and what one does with its arguments and returns is known where it is called. Nothing is
//! run. This crate is pure, and takes any bytes for what a hostile file may be.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod arm;
mod code;
mod decode;
mod error;
mod eval;
mod findings;
mod function;
mod image;
mod jumps;
mod machine;
mod outline;
mod program;
mod record;
mod report;
mod split;
mod summary;
mod text;
mod value;
mod verdict;
mod web;
mod workers;
mod x86;

pub use error::ScanError;
pub use report::{
    Answer, Dispatch, Field, Machine, Mask, Part, Reader, Records, Report, Site, Split, Verdict,
    Walk,
};
pub use workers::Workers;

/// What to scan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The slice of a fat file: `arm64`, `arm64e` or `x86_64`; without it the first that is read.
    pub architecture: Option<&'a str>,
    /// Where to start: names of symbols, or addresses as `0x…`; all functions without any.
    pub from: &'a [String],
}

/// Scans a Mach-O or ELF file.
///
/// # Errors
/// If the bytes are no such file, are damaged, or have no function where to start.
pub fn scan(bytes: &[u8], options: &Options<'_>) -> Result<Report, ScanError> {
    scan_with(bytes, options, &workers::Alone)
}

/// Scans a Mach-O or ELF file, with others that do the work; the report is the same whoever does it.
///
/// # Errors
/// As [`scan`].
pub fn scan_with(
    bytes: &[u8],
    options: &Options<'_>,
    workers: &dyn Workers,
) -> Result<Report, ScanError> {
    let image = image::Image::read(bytes, options.architecture)?;
    program::scan(&image, options.from, workers)
}
