//! The vocabulary of an OS build, from a Mach-O file of it: `libsandbox`, the sandbox kernel
//! extension or a kernel cache.
//!
//! No table is where a symbol says, for these files have none: each is found by what it holds, and
//! every claim carries the section and address that show it. This crate is pure, and takes any
//! bytes for what a hostile file may be.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod error;
mod fat;
mod filters;
mod fixups;
mod image;
mod modifiers;
mod operations;
mod pointer;
mod table;
mod world;

pub use error::ExtractError;
pub use filters::Filter;
pub use modifiers::{Argument, Modifier};

use image::Image;

/// Something that a file shows, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// A word for it: `operations`, `filters`, `filter-kinds`, `modifiers`, ….
    pub key: &'static str,
    /// Segment and section that hold it.
    pub section: String,
    /// Its address, as the file maps it.
    pub address: u64,
    /// Its offset in the file that was given.
    pub offset: u64,
    /// What is there, and what tells so.
    pub text: String,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Extracted {
    /// The architecture of the slice, such as `arm64e`.
    pub architecture: &'static str,
    /// The file's `LC_UUID`.
    pub uuid: Option<[u8; 16]>,
    /// Names of operations in the order of their numbers, from 0.
    pub operations: Vec<String>,
    /// Filters, in the order of their numbers.
    pub filters: Vec<Filter>,
    /// Modifiers, in the order of their numbers.
    pub modifiers: Vec<Modifier>,
    /// What shows each of these.
    pub claims: Vec<Claim>,
}

/// Reads the tables of a Mach-O file, thin or fat; of a fat one the first slice that has them, with
/// arm64 before x86-64.
///
/// # Errors
/// If the bytes are no 64-bit Mach-O file, are damaged, or hold no list of operations.
pub fn extract(bytes: &[u8]) -> Result<Extracted, ExtractError> {
    let mut first_error = None;
    for slice in fat::slices(bytes)? {
        match of_slice(&slice) {
            Ok(extracted) => return Ok(extracted),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or(ExtractError::NoSlice))
}

fn of_slice(slice: &fat::Slice<'_>) -> Result<Extracted, ExtractError> {
    let image = Image::read(slice)?;
    let mut claims = Vec::new();
    let operations = operations::find(&image, &mut claims)
        .ok_or_else(|| ExtractError::NoOperations(image.unreadable.clone()))?;
    let filters = filters::find(&image, &mut claims);
    let modifiers = modifiers::find(&image, &mut claims);
    Ok(Extracted {
        architecture: slice.architecture,
        uuid: image.uuid,
        operations,
        filters,
        modifiers,
        claims,
    })
}
