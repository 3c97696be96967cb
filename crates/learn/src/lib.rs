//! Learning a profile from runs, and shrinking it to what is needed.
//!
//! [`trace()`](trace::trace) and [`shrink()`](shrink::shrink) run one [`target::Target`] many times
//! through a sandbox backend and keep everything in a [`run_dir::RunDir`].
#![forbid(unsafe_code)]

pub mod atom;
pub mod base;
mod created;
pub mod denial_rule;
pub mod error;
pub mod generalise;
pub mod host;
pub mod lint;
mod loader;
mod made;
mod made_folders;
pub mod manifest;
pub mod matrix;
pub mod next_step;
pub mod plan;
mod ports;
pub mod probe;
pub mod profile_text;
pub mod record;
pub mod run_dir;
mod second;
pub mod seed;
pub mod session;
pub mod shrink;
pub mod source;
mod streams;
pub mod suggest;
pub mod summary;
pub mod system_profile;
pub mod target;
pub mod trace;
pub mod violation;
