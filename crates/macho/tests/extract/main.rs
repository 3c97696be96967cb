//! Extraction from files that are made here.
#![forbid(unsafe_code)]

mod hostile;
mod support;
mod tables;
