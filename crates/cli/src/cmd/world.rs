//! `lapbelt world`: the vocabularies of OS builds.

mod check;
mod diff;
mod extract;
mod list;
mod show;

use std::path::Path;

use lapbelt_policy::world::{World, shipped_text};

use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile;

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

/// A world by name, or from a file; with the text it was read from.
fn open(name: &str) -> Result<(World, String), CommandError> {
    if is_file(name) {
        let text = profile::read(Path::new(name))?;
        return Ok((parse(name, &text)?, text));
    }
    let world = profile::world(name)?;
    let text = shipped_text(name).unwrap_or_default();
    Ok((world, text.to_owned()))
}

/// Whether a word names a file rather than a shipped world: names of worlds have no slash, and their
/// files end in `.world`.
fn is_file(name: &str) -> bool {
    name == "-" || name.contains('/') || Path::new(name).extension().is_some_and(|e| e == "world")
}

fn parse(name: &str, text: &str) -> Result<World, CommandError> {
    World::parse(text, &shipped_text).map_err(|error| {
        let name = profile::shown(Path::new(name));
        CommandError::Other(format!("{name}:{}: {}", error.line, error.problem))
    })
}
