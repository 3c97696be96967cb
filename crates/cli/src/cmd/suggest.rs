//! `lapbelt suggest`: the fewest rules that would allow what was denied.

use std::path::PathBuf;

use lapbelt_learn::denial_rule::is_blank;
use lapbelt_learn::suggest::suggest;
use lapbelt_learn::violation::Violation;
use serde_json::json;

use crate::exit::{CommandError, Exit};
use crate::json_lines::json_lines;
use crate::output::Output;
use crate::profile;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Violations, as `exec --violations` writes them; `-` for standard input.
    violations: PathBuf,
    /// The world the denials are of.
    #[arg(long, default_value = "linux")]
    world: String,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let name = profile::shown(&args.violations);
    let text = profile::read(&args.violations)?;
    let mut events = Vec::new();
    for line in json_lines::<Violation>(text.as_bytes()) {
        let number = line.number;
        let violation = line.value.map_err(|why| CommandError::In {
            file: name.clone(),
            line: Some(number),
            column: None,
            text: format!("{name}:{why}; expected lines that `lapbelt exec --violations` wrote"),
        })?;
        let event = violation
            .event(&world)
            .map_err(|error| CommandError::in_line(&name, number, error))?;
        events.push(event);
    }
    let blank = events
        .iter()
        .filter(|event| is_blank(event, &world))
        .count();
    if blank > 0 {
        output.tell(&format!(
            "lapbelt: {} not told what was asked, and no rule is suggested for that",
            match blank {
                1 => "1 denial has".to_string(),
                _ => format!("{blank} denials have"),
            }
        ));
    }
    let rules = suggest(&events, &world);
    output.answer_either(|| json!({ "rules": rules }), || rules.clone());
    Ok(Exit::Yes)
}
