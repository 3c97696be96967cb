//! SBPL, the language of Seatbelt profiles: text, evaluation, binding to a world, printing.
//!
//! [`evaluate()`] turns the text of a profile into a [`lapbelt_policy::rule::Policy`];
//! [`print`](mod@print) turns a policy into text again. Nothing here does I/O.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod bind;
pub mod diag;
mod eval;
mod evaluate;
pub mod expand;
pub mod fmt;
pub mod lint;
pub mod print;
mod source;
pub mod syntax;

pub use evaluate::{Evaluation, NO_IMPLICIT_RULES, evaluate};
pub use source::{Imports, LoadedSource, NoImports, Source};
