//! `lapbelt lab writes compile`: one profile by the compiler of a library, for `run` to watch. Nothing
//! else is done here, so that what is seen is the library's work.

use std::path::{Path, PathBuf};

use lapbelt_libsandbox::{Library, Source};

use crate::exit::{CommandError, Exit};
use crate::profile::{self, Params};
use crate::replace::write_out;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile; `-` for standard input, which is compiled as a string.
    profile: PathBuf,
    /// The library with the compiler.
    #[arg(long, value_name = "PATH")]
    library: PathBuf,
    /// Where the bytes go.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    params: Params,
}

pub(crate) fn run(args: &Args) -> Result<Exit, CommandError> {
    let failed = |error: lapbelt_libsandbox::LibraryError| CommandError::Other(error.to_string());
    let params = args.params.map();
    let text;
    let source = match args.profile == Path::new("-") {
        true => {
            text = profile::read(&args.profile)?;
            Source::Text(&text)
        }
        false => Source::File(&args.profile),
    };
    let library = Library::open(&args.library).map_err(failed)?;
    let bytes = library.compile(source, &params).map_err(failed)?;
    write_out(&args.out, &bytes)?;
    Ok(Exit::Yes)
}
