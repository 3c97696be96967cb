//! `lapbelt lab`: tools to learn how the system's own compiler works.

mod witness;

use crate::exit::{CommandError, Exit};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Hold profiles that the system compiled against what is made of their sources here.
    Witness(witness::Args),
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    match args.command {
        Command::Witness(args) => witness::run(args, output),
    }
}
