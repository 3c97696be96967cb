//! `lapbelt lab`: tools to learn how the system's own compiler works.

mod agreement;
mod build;
mod inventory;
mod layout;
mod meaning;
mod optable;
mod probe;
mod report;
mod roles;
mod scan;
mod sheets;
mod slots;
mod unknowns;
mod verify_host;
mod witness;
mod writes;

use crate::exit::{CommandError, Exit};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Count what the nodes of profiles hold, by filter and tag.
    Inventory(inventory::Args),
    /// Find out how compiled profiles of an unknown format are laid out.
    Layout(layout::Args),
    /// Apply a profile, try operations, and record what the system decided.
    Probe(probe::Args),
    /// Make a page of findings, with figures.
    Report(report::Args),
    /// Check what each field of a node is for.
    Roles(roles::Args),
    /// List the values that no vocabulary explains, each with what is around it.
    Unknowns(unknowns::Args),
    /// Hold the compiler of this very system against ours.
    VerifyHost(verify_host::Args),
    /// Say what op tables lead to, and why they differ from profile to profile.
    Optable(optable::Args),
    /// Find out what machine code does with the words it reads.
    Scan(scan::Args),
    /// Hold profiles that the system compiled against what is made of their sources here.
    Witness(witness::Args),
    /// Watch a compiler write, and join each byte of a profile to the write that made it.
    Writes(writes::Args),
    /// Try one operation: what `probe` runs confined.
    #[command(hide = true, name = probe::TRY)]
    Try(probe::TryArgs),
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    match args.command {
        Command::Inventory(args) => inventory::run(&args, output),
        Command::Layout(args) => layout::run(args, output),
        Command::Probe(args) => probe::run(&args, output),
        Command::Try(args) => Ok(probe::attempt(&args)),
        Command::Report(args) => report::run(&args, output),
        Command::Roles(args) => roles::run(args, output),
        Command::Unknowns(args) => unknowns::run(&args, output),
        Command::VerifyHost(args) => verify_host::run(&args, output),
        Command::Optable(args) => optable::run(&args, output),
        Command::Scan(args) => scan::run(&args, output),
        Command::Witness(args) => witness::run(args, output),
        Command::Writes(args) => writes::run(args, output),
    }
}
