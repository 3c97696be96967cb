//! Settings that a run which goes on does not take, as it has its own: those of the command line
//! are refused. A variable may be set for other runs, so it is only told of.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error};

/// The variables that are passed over, if a run is to go on.
///
/// # Errors
/// If such a setting is on the command line.
pub(crate) fn passed_over(
    command: &mut Command,
    matches: &ArgMatches,
) -> Result<Vec<String>, Error> {
    let mut variables = Vec::new();
    let Some((verb, given)) = matches.subcommand() else {
        return Ok(variables);
    };
    let raw = |id: &str| given.try_get_raw(id).ok().flatten()?.next();
    let (Some(dir), Some(command)) = (raw("resume"), command.find_subcommand_mut(verb)) else {
        return Ok(variables);
    };
    let settings = command
        .get_arguments()
        .filter(|arg| arg.get_env().is_some());
    for setting in settings.cloned().collect::<Vec<_>>() {
        let id = setting.get_id().as_str();
        match given.value_source(id) {
            // The very folder in which the run goes on.
            _ if raw(id) == Some(dir) => {}
            Some(ValueSource::CommandLine) => {
                let message =
                    format!("the argument '--resume <DIR>' cannot be used with '{setting}'");
                return Err(command.error(ErrorKind::ArgumentConflict, message));
            }
            Some(ValueSource::EnvVariable) => {
                let name = setting.get_env().unwrap_or_default();
                variables.push(name.to_string_lossy().into_owned());
            }
            _ => {}
        }
    }
    Ok(variables)
}
