//! `lapbelt trace`: learn a profile from denials.

use std::path::PathBuf;

use lapbelt_learn::manifest::Phases;

use super::run_options::{LearnOptions, ProgramOptions, Run};
use crate::exit::{CommandError, Exit};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile to start from; created from what was learnt if it does not exist.
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    program: ProgramOptions,
    #[command(flatten)]
    learn: LearnOptions,
    /// Keep what an earlier run left in the run directory.
    #[arg(long)]
    no_clean: bool,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let Args {
        profile,
        program,
        learn,
        no_clean,
    } = args;
    Run {
        phases: Phases::Trace,
        program,
        learn: Some(learn),
        profile,
        clean: !no_clean,
    }
    .carry_out(output)
}
