//! `lapbelt lab roles`: what each field of a node is for, and whether it holds.

mod check;
mod drift;
mod pin;

use crate::exit::{CommandError, Exit};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check that each tag and filter seen has a declared argument kind and a layout.
    Check(check::Args),
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    match args.command {
        Command::Check(args) => check::run(&args, output),
    }
}
