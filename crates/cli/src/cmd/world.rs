//! `lapbelt world`: the vocabularies of OS builds.

mod check;
mod diff;
mod extract;
mod list;
mod show;

use crate::exit::{CommandError, Exit};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Name the worlds that Lapbelt ships, with what each has and lacks.
    List,
    /// Say what a world has, and on what evidence.
    Show(show::Args),
    /// Check a world file.
    Check(check::Args),
    /// Say what a build added, removed, renumbered and changed.
    Diff(diff::Args),
    /// Make a world file from a libsandbox, sandbox kext or kernel cache.
    Extract(extract::Args),
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    match args.command {
        Command::List => list::run(output),
        Command::Show(args) => show::run(&args, output),
        Command::Check(args) => check::run(&args, output),
        Command::Diff(args) => diff::run(&args, output),
        Command::Extract(args) => extract::run(&args, output),
    }
}
