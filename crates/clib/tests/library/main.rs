//! The library as programs use it, and as the tracer watches it.
#![cfg(target_os = "linux")]

mod program;
#[cfg(target_arch = "x86_64")]
mod three_modes;

use std::path::PathBuf;

/// The library, which is built with these tests.
fn library() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    own.with_file_name("liblapbelt_clib.so")
}
