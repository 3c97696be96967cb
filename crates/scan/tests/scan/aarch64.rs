//! ELF object files of AArch64, compiled here by rustc, which needs no linker for them.

use std::path::Path;
use std::process::Command;

use crate::support::{all, found, has_evidence, report};

/// The object file of a source; `None`, and said so, if rustc lacks the target.
pub(crate) fn compile(source: &Path, level: &str) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("object.o");
    let run = Command::new("rustc")
        .args(["--edition=2024", "--crate-type=lib", "--emit=obj"])
        .args(["--target=aarch64-unknown-linux-gnu", "-Cpanic=abort"])
        .arg(format!("-Copt-level={level}"))
        .args(["-Coverflow-checks=off", "-Ccodegen-units=1", "-Awarnings"])
        .arg(source)
        .arg("-o")
        .arg(&out)
        .output()
        .expect("rustc");
    if run.status.success() {
        return Some(std::fs::read(out).expect("an object file"));
    }
    let error = String::from_utf8_lossy(&run.stderr);
    assert!(error.contains("target may not be installed"), "{error}");
    eprintln!("skipped: rustc lacks aarch64-unknown-linux-gnu; rustup target add it");
    None
}

fn every_source(level: &str) {
    for (source, wanted) in all("rs") {
        let Some(bytes) = compile(&source, level) else {
            return;
        };
        let report = report(&bytes, &[]);
        assert_eq!(report.architecture, "arm64");
        assert_eq!(found(&report), wanted, "{} at {level}", source.display());
        has_evidence(&report);
    }
}

#[test]
fn unoptimised() {
    every_source("0");
}

#[test]
fn a_little_optimised() {
    every_source("1");
}

#[test]
fn optimised() {
    every_source("2");
}

#[test]
fn for_size() {
    every_source("s");
}
