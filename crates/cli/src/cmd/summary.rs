//! `lapbelt summary`: what a run directory holds.

mod page;

use std::path::PathBuf;

use lapbelt_analysis::report::html;
use lapbelt_learn::matrix::{Row, summarise};
use lapbelt_learn::run_dir::RunDir;
use lapbelt_learn::summary::{read_manifest, text};

use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::replace::write_out;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The run directory.
    #[arg(
        long,
        value_name = "DIR",
        env = "OUT_DIR",
        default_value = "lapbelt-out"
    )]
    out: PathBuf,
    /// Sum up all runs in DIR/matrix into DIR/matrix/summary.json.
    #[arg(long)]
    matrix: bool,
    /// Write a page too: the profile, how it grew, and each candidate of the shrinking.
    #[arg(long, value_name = "FILE", conflicts_with = "matrix")]
    html: Option<PathBuf>,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    if args.matrix {
        let matrix = summarise(&args.out)?;
        output.answer_either(
            || serde_json::to_value(&matrix).unwrap_or_default(),
            || matrix.runs.iter().map(line).collect(),
        );
        return Ok(Exit::Yes);
    }
    let dir = RunDir::new(args.out);
    let manifest = read_manifest(&dir)?;
    if let Some(file) = &args.html {
        write_out(file, html(&page::of(&dir, &manifest)?).as_bytes())?;
    }
    output.answer_either(
        || serde_json::to_value(&manifest).unwrap_or_default(),
        || text(&manifest),
    );
    Ok(Exit::Yes)
}

/// A run of a matrix in one line: iterations, lines before and after, rules rejected.
fn line(row: &Row) -> String {
    format!(
        "{}  trace {}, {} -> {}, {} rejected; shrink {} removed, {} kept\n",
        row.label,
        counted(row.trace_iterations, "iteration"),
        row.trace_lines,
        counted(row.shrunk_lines, "line"),
        row.bad_rules,
        row.shrink_removed,
        row.shrink_kept
    )
}
