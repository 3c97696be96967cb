//! `lapbelt workflow`: learn a profile, then shrink it.

use lapbelt_learn::manifest::Phases;

use super::run_options::{LearnOptions, ProgramOptions, Run};
use crate::exit::{CommandError, Exit};
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    program: ProgramOptions,
    #[command(flatten)]
    learn: LearnOptions,
    /// Start from this profile instead of denying everything.
    #[arg(long, value_name = "FILE")]
    profile: Option<std::path::PathBuf>,
    /// Keep what an earlier run left in the run directory.
    #[arg(long)]
    no_clean: bool,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let Args {
        program,
        learn,
        profile,
        no_clean,
    } = args;
    Run {
        phases: Phases::Both,
        program,
        learn: Some(learn),
        profile,
        clean: !no_clean,
    }
    .carry_out(output)
}
