//! A small Scheme after TinyScheme, under limits, that knows nothing of sandboxes.
//!
//! The [`machine::Machine`] evaluates without recursion: its stack is a list of frames, so tail
//! calls cost nothing and a hostile profile ends in a diagnostic. Values live in an arena that is
//! dropped as a whole. What SBPL adds comes in through the [`host::Host`] trait.

mod binding;
mod branch;
mod builtin;
pub(crate) mod call;
mod equal;
pub(crate) mod fault;
pub(crate) mod heap;
pub(crate) mod host;
pub(crate) mod language;
pub(crate) mod limits;
pub(crate) mod machine;
mod not_given;
mod quasi;
pub(crate) mod read;
mod recover;
mod special;
pub(crate) mod value;
pub(crate) mod write;
