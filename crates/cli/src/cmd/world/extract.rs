//! `lapbelt world extract`: a world file from a file of the system.

use std::fmt::Write as _;
use std::path::PathBuf;

use lapbelt_macho::{Extracted, extract};
use serde_json::{Value, json};

use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::profile;
use crate::replace::write_out;

#[derive(clap::Args)]
pub(super) struct Args {
    /// A Mach-O file, thin or fat: libsandbox.1.dylib, the sandbox kext, or an unpacked kernel
    /// cache.
    #[arg(value_name = "LIBSANDBOX")]
    file: PathBuf,
    /// Where the world file goes; standard output without it.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let bytes = profile::read_bytes(&args.file)?;
    let found = extract(&bytes).map_err(|error| CommandError::about(&args.file, error))?;
    // The directory is the user's business, and no part of what the file is.
    let file = args.file.file_name().map(|name| name.to_string_lossy());
    let source = file.as_deref().unwrap_or("a file");
    let text = found.world(&format!("{source}-{}", found.architecture), source);
    if let Some(out) = &args.out {
        write_out(out, text.as_bytes())?;
    }
    match (&args.out, output.json) {
        (_, true) => output.answer(&json(&found, &text).to_string()),
        (Some(_), false) => output.answer(&summary(&found)),
        (None, false) => {
            output.verbatim(&text);
            output.tell(&summary(&found));
        }
    }
    Ok(Exit::Yes)
}

fn json(found: &Extracted, text: &str) -> Value {
    let claims = found.claims.iter().map(|claim| {
        json!({"key": claim.key, "section": claim.section,
               "address": format!("{:#x}", claim.address), "offset": claim.offset,
               "text": claim.text})
    });
    json!({"architecture": found.architecture, "operations": found.operations.len(),
           "filters": found.filters.len(), "filters_untold": found.untold(), "modifiers": found.modifiers.len(),
           "claims": claims.collect::<Vec<_>>(), "world": text})
}

fn summary(found: &Extracted) -> String {
    let mut text = format!(
        "{}, {}, {} in the {} slice\n",
        counted(found.operations.len(), "operation"),
        counted(found.filters.len(), "filter"),
        counted(found.modifiers.len(), "modifier"),
        found.architecture
    );
    if found.untold() > 0 {
        let _ = writeln!(
            text,
            "of {} the kind of argument could not be told: they are comments in the file, which says how to complete them",
            counted(found.untold(), "filter")
        );
    }
    for claim in &found.claims {
        let _ = writeln!(
            text,
            "{}: {} at {:#x} (byte {:#x}): {}",
            claim.key, claim.section, claim.address, claim.offset, claim.text
        );
    }
    text
}
