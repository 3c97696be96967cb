//! Subcommands, one file each.

pub(crate) mod compile;
pub(crate) mod decode;
pub(crate) mod decompile;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod exec;
pub(crate) mod expand;
pub(crate) mod fmt;
pub(crate) mod graph;
pub(crate) mod lab;
pub(crate) mod lint;
pub(crate) mod query;
pub(crate) mod run_options;
pub(crate) mod shrink;
pub(crate) mod suggest;
pub(crate) mod summary;
pub(crate) mod trace;
pub(crate) mod workflow;
pub(crate) mod world;
