//! `lapbelt summary`: what a run directory holds.

use std::path::PathBuf;

use lapbelt_learn::run_dir::RunDir;
use lapbelt_learn::summary::{read_manifest, text};

use crate::exit::{CommandError, Exit};
use crate::output::Output;

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
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let manifest = read_manifest(&RunDir::new(args.out))?;
    output.answer_either(
        || serde_json::to_value(&manifest).unwrap_or_default(),
        || text(&manifest),
    );
    Ok(Exit::Yes)
}
