//! `--fix`.

use std::path::Path;

use lapbelt_policy::world::World;
use lapbelt_sbpl::Source;
use lapbelt_sbpl::lint::Effect;
use lapbelt_sbpl::lint::fix::{Tried, fix};

use super::{Settings, read};
use crate::exit::CommandError;
use crate::output::Output;
use crate::profile::Params;
use crate::replace::replace;

/// Mends a file in place, whole or not at all, and says what was done.
pub(super) fn mend(
    path: &Path,
    params: &Params,
    world: &World,
    settings: &Settings,
    output: &Output,
) -> Result<(), CommandError> {
    if path == Path::new("-") {
        let message = "standard input cannot be mended; give the profile as a file";
        return Err(CommandError::Other(message.to_owned()));
    }
    let (name, text, imports) = read(path, params)?;
    let source = Source {
        name: &name,
        text: &text,
    };
    let changing = settings.mends.as_deref().unwrap_or_default();
    let fixed = fix(&source, &params.map(), &imports, world, |finding| {
        let effect = finding.fix.as_ref().map(|fix| fix.effect);
        let code = finding.lint.code;
        !settings.allowed.contains(&code)
            && (effect == Some(Effect::Keeps) || changing.contains(&code))
    });
    if fixed.text != text {
        replace(path, fixed.text.as_bytes())
            .map_err(|error| CommandError::of_file("write", path, &error))?;
    }
    for tried in fixed.tried.iter().rev() {
        output.tell(&told(&name, tried));
    }
    Ok(())
}

fn told(name: &str, tried: &Tried) -> String {
    let finding = &tried.finding;
    let fix = finding.fix.as_ref();
    let title = fix.map_or("", |fix| fix.title.as_str());
    let place = format!("{name}:{}:{}", finding.origin.line, finding.origin.column);
    let what = match (tried.refused, fix.map(|fix| fix.effect)) {
        (Some(why), _) => format!("not mended, {why}"),
        (None, Some(Effect::Changes)) => "mended, which changes what the profile means".to_owned(),
        (None, _) => "mended".to_owned(),
    };
    format!("{place}: {}: {what}: {title}", finding.lint.code)
}
