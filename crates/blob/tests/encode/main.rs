//! Compiling: the bytes, and what they decide.

#[path = "../support/agree.rs"]
mod agree;
mod expressions;
mod limits;
mod own_profiles;
mod published_counts;
mod round_trip;
#[path = "../support/mod.rs"]
mod support;
mod witness_bytes;
