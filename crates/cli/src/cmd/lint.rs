//! `lapbelt lint`: check profiles.

use std::path::PathBuf;

use lapbelt_learn::lint::{lint, warnings};
use serde_json::json;

use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile::{self, Params};
use crate::show;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile to check.
    #[arg(long, value_name = "FILE", required_unless_present = "profiles")]
    profile: Option<PathBuf>,
    /// More profiles to check.
    profiles: Vec<PathBuf>,
    #[command(flatten)]
    params: Params,
    /// The OS build whose vocabulary decides what is right.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

/// One finding a line, `N: text` for one profile, `FILE:N: text` for several.
pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let profiles: Vec<PathBuf> = args.profile.into_iter().chain(args.profiles).collect();
    let several = profiles.len() > 1;
    let mut exit = Exit::Yes;
    let mut findings = Vec::new();
    for path in &profiles {
        match profile::load(path, &args.params.map(), &world) {
            Ok(loaded) => {
                let mut found = warnings(&loaded);
                found.extend(lint(&loaded, &world));
                for finding in found {
                    exit = if exit == Exit::Failed { exit } else { Exit::No };
                    findings.push(json!({"file": path.display().to_string(),
                        "line": finding.origin.map(|o| o.line),
                        "column": finding.origin.map(|o| o.column), "message": finding.message}));
                    if !output.json {
                        let file = several.then(|| format!("{}:", path.display()));
                        output.answer(&format!("{}{finding}", file.unwrap_or_default()));
                    }
                }
            }
            Err(CommandError::Profile(error)) => {
                exit = if exit == Exit::Failed { exit } else { Exit::No };
                findings.extend(error.diagnostics.iter().map(|d| {
                    json!({"file": path.display().to_string(), "line": d.origin.map(|o| o.line),
                        "column": d.origin.map(|o| o.column), "message": d.message,
                        "code": d.code.as_str()})
                }));
                if !output.json {
                    let coloured = output.is_coloured();
                    output.answer(&show::diagnostics(
                        &error.diagnostics,
                        &error.sources,
                        coloured,
                    ));
                }
            }
            Err(error) => {
                error.show(output);
                exit = Exit::Failed;
            }
        }
    }
    if output.json {
        output.answer(&json!({ "findings": findings }).to_string());
    }
    Ok(exit)
}
