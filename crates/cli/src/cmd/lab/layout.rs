//! `lapbelt lab layout`: how files of an unknown format are laid out.

pub(super) mod changes;
mod diff;
mod family;
mod infer;
mod vary;
mod written;

use crate::exit::{CommandError, Exit};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Find the layout of compiled profiles from their bytes alone.
    Infer(infer::Args),
    /// Show which records and fields differ between two compiled profiles.
    Diff(diff::Args),
    /// Compile profiles that differ in one thing, and show what differs in their bytes.
    Vary(vary::Args),
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    match args.command {
        Command::Infer(args) => infer::run(&args, output),
        Command::Diff(args) => diff::run(&args, output),
        Command::Vary(args) => vary::run(args, output),
    }
}
