//! Learns and shrinks profiles of programs that people use, and writes down what it took.

mod cases;
mod measure;
mod page;
mod server;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use cases::Case;
use measure::{Measured, Place};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Runs `lapbelt workflow` on every program and writes `docs/programs.md`; with `only`, runs those
/// whose name has the text, and prints the table.
///
/// # Errors
/// If Lapbelt cannot be built, or a file not be written. A program that does not converge is no
/// error: the table says so.
pub(crate) fn write(root: &Path, only: Option<&str>) -> Result<()> {
    let release = build(root)?;
    let port = server::start()?;
    let scratch = std::env::temp_dir().join(format!("lapbelt-programs-{}", std::process::id()));
    let mut rows = Vec::new();
    let chosen = |case: &Case| only.is_none_or(|text| case.name.contains(text));
    for case in cases::all(&release, port).into_iter().filter(chosen) {
        let place = Place::new(&scratch, rows.len(), &release)?;
        let measured = match case.found() {
            Some(program) => measure::measure(&case, &program, &place)?,
            None => Measured::Missing,
        };
        eprintln!("{}", page::row(&case, &measured));
        if measured.is_verified() {
            std::fs::remove_dir_all(place.root())?;
        } else {
            eprintln!("  kept: {}", place.root().display());
        }
        rows.push((case, measured));
    }
    // What is empty goes; what is kept to be looked at stays.
    let _ = std::fs::remove_dir(&scratch);
    if only.is_none() {
        std::fs::write(root.join("docs/programs.md"), page::page(&rows, &release)?)?;
    }
    Ok(())
}

/// Builds what is run, and answers with the folder of the programs.
fn build(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--release",
            "-p",
            "lapbelt-cli",
            "-p",
            "lapbelt-fixtures",
        ])
        .current_dir(root)
        .status()?;
    if !built.success() {
        return Err("cannot build lapbelt".into());
    }
    let own = std::env::current_exe()?;
    let target = own
        .parent()
        .and_then(Path::parent)
        .ok_or("this program is not in a target folder")?;
    Ok(target.join("release"))
}
