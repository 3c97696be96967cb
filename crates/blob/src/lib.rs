//! Compiled Seatbelt profiles: what each byte says, and what the profile decides.
//!
//! Data flows one way: bytes and a [`layout::Layout`] → raw tables and nodes → meanings, with each
//! byte of the input claimed by one named span ([`bytes::Claims`]).
//!
//! This crate is pure: no files, processes, clock or environment.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod again;
pub mod byte_set;
pub mod bytes;
pub mod decode;
pub mod encode;
pub mod error;
pub mod explain;
pub mod infer;
pub mod layout;
pub mod policy;
pub mod raw;
pub mod regex;
pub mod strings;
pub mod survey;
