//! `lapbelt world check`: is a world file well-formed, and does it mean what it says.

use lapbelt_policy::world::{Provenance, lint, shipped_text};
use serde_json::json;

use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The world file; `-` for standard input.
    file: std::path::PathBuf,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let text = profile::read(&args.file)?;
    let name = profile::shown(&args.file);
    let world = profile::parse_world(&name, &text)?;
    let findings = lint(&world, &Provenance::read(&text, &shipped_text));
    output.answer_either(
        || {
            let findings = findings.iter();
            let findings = findings.map(|f| json!({"line": f.line, "text": f.text}));
            json!({"file": name, "world": world.id(), "findings": findings.collect::<Vec<_>>()})
        },
        || match findings.as_slice() {
            [] => format!("{name}: world {} is well-formed", world.id()),
            findings => findings
                .iter()
                .map(|finding| format!("{name}:{}: {}\n", finding.line, finding.text))
                .collect(),
        },
    );
    Ok(if findings.is_empty() {
        Exit::Yes
    } else {
        Exit::No
    })
}
