//! `lapbelt lab writes`: a compiler watched while it writes.

mod analyze;
mod compile;
mod folder;
mod inputs;
mod join;
mod line;
mod run;
mod target;
mod triage;
mod way;

use crate::exit::{CommandError, Exit};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Compile profiles here, and record each write of the compiler from outside.
    Run(Box<run::Args>),
    /// What `run --library` watches.
    #[command(hide = true)]
    Compile(compile::Args),
    /// Rebuild profiles from the writes, and say what was seen to be written and what was not.
    Analyze(analyze::Args),
    /// Say of each byte that differs between two profiles which write made it.
    Join(join::Args),
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    match args.command {
        Command::Run(args) => run::run(*args, output),
        Command::Compile(args) => compile::run(&args),
        Command::Analyze(args) => analyze::run(args, output),
        Command::Join(args) => join::run(args, output),
    }
}
