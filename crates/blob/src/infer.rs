//! How files of an unknown format are laid out, found from their bytes alone.
//!
//! Nothing here knows a format: each hypothesis is built by trial ([`frame`]: where sections lie and
//! how nodes are referred to; [`record`]: what a node's bytes are; [`literal`]: where literals
//! stand), held against all files and scored term by term ([`score`]). What is assumed is only the
//! shape of the thing: a table with an entry for each operation, an array of records of one size of
//! which some lead to two others and some decide, and stored values behind the records.

pub mod apply;
mod budget;
mod columns;
mod endings;
pub mod field;
pub mod frame;
mod frames;
mod heads;
mod length;
pub mod literal;
mod literals;
pub mod record;
mod records;
pub mod score;
mod search;
mod tables;
mod widths;

pub use search::{Found, Hypothesis, infer};

/// Steps that bound a search unless told otherwise; a few hundred small files take about a tenth.
pub const STEPS: u64 = 20_000_000;

/// How files are laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Where sections lie, and how nodes are referred to.
    pub frame: frame::Frame,
    /// What a node's bytes are.
    pub record: record::Record,
    /// Where literals stand; `None` if no file has any.
    pub literals: Option<literal::Literals>,
}
