//! Regeneration of data files, and the checks on the shape of the tree that no other tool makes.
#![forbid(unsafe_code)]

mod licences;
mod programs;
mod tables;
mod tidy;
mod worlds;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask worlds [--check] | programs [TEXT] | tidy";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["worlds"] => worlds::write(&corpus(), &root()),
        ["worlds", "--check"] => worlds::check(&corpus(), &root()),
        ["programs"] => programs::write(&root(), None),
        ["programs", only] => programs::write(&root(), Some(only)),
        ["tidy"] => tidy::check(&root()),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The corpus of third-party facts, that is not part of the repository.
fn corpus() -> PathBuf {
    std::env::var_os("LAPBELT_CORPUS")
        .map_or_else(|| root().join("../shared/corpus"), PathBuf::from)
}
