//! Answers from policy graphs: what differs between two, and what one looks like; and from the
//! writes of a compiler: which made what. What is found out about builds and formats is kept with its
//! evidence.
//!
//! This crate is pure: no files, processes, clock or environment. It knows neither text nor bytes;
//! who calls it brings the graphs and prints the rules.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod decompile;
pub mod diff;
pub mod finding;
pub mod inventory;
pub mod op_table;
pub mod operations;
pub mod picture;
pub mod report;
pub mod subject;
pub mod unix_sockets;
pub mod writes;
