//! Fuzz targets for every reader of foreign bytes.
//!
//! Each is a function of bytes that panics on a defect. `cargo test -p lapbelt-fuzz` feeds every
//! one for a moment; `cargo fuzz run profile --features libfuzzer` for as long as it is let.
#![forbid(unsafe_code)]

pub mod blob;
pub mod format;
pub mod log_line;
pub mod macho;
pub mod pattern_code;
pub mod profile;
pub mod question;
pub mod regex_code;
pub mod scan;
pub mod violation;
pub mod world;
