//! `lapbelt shrink`: remove what a program does not need from a profile.

use std::path::PathBuf;

use lapbelt_learn::manifest::Phases;

use super::run_options::{ProgramOptions, Run};
use crate::exit::{CommandError, Exit};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile to shrink; it is not changed, the result is in the run directory.
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    program: ProgramOptions,
    /// Remove what an earlier run left in the run directory.
    #[arg(long, conflicts_with = "resume")]
    clean: bool,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let Args {
        profile,
        program,
        clean,
    } = args;
    Run {
        phases: Phases::Shrink,
        program,
        learn: None,
        profile,
        clean,
    }
    .carry_out(output)
}
