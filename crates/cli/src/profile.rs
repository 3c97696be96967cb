//! Arguments that name a profile, its parameters and its world.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use lapbelt_learn::source::{FileImports, Profile, evaluate_text};
use lapbelt_policy::graph::Source;
use lapbelt_policy::origin::Origin;
use lapbelt_policy::rule::{Policy, Rule, RuleRef};
use lapbelt_policy::world::{SHIPPED, World, shipped_text};

use crate::exit::CommandError;
use crate::subject::is_blob;

/// Parameters of a profile.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Params {
    /// Set a parameter of the profile, read there by (param "KEY").
    #[arg(short = 'D', value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) params: Vec<(String, String)>,
}

impl Params {
    pub(crate) fn map(&self) -> BTreeMap<String, String> {
        self.params.iter().cloned().collect()
    }
}

/// Splits `KEY=VALUE`.
pub(crate) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_string(), value.to_string())),
        _ => Err("expected KEY=VALUE".to_string()),
    }
}

/// A shipped world by name, or one of the user's own, by its file.
pub(crate) fn world(name: &str) -> Result<World, CommandError> {
    world_and_text(name).map(|(world, _)| world)
}

/// A world, and the text it was read from.
pub(crate) fn world_and_text(name: &str) -> Result<(World, String), CommandError> {
    // Names of worlds have no slash, and their files end in `.world`.
    let is_file = name == "-" || name.contains('/') || name.ends_with(".world");
    let text = match shipped_text(name).filter(|_| !is_file) {
        Some(text) => text.to_owned(),
        None if is_file => read(Path::new(name))?,
        None => {
            let known: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
            let known = known.join(", ");
            return Err(CommandError::Other(format!(
                "no world is called `{name}`; there are {known}, and files: `./{name}`, or what \
                 ends in .world"
            )));
        }
    };
    Ok((parse_world(name, &text)?, text))
}

/// The world that a text is.
pub(crate) fn parse_world(name: &str, text: &str) -> Result<World, CommandError> {
    World::parse(text, &shipped_text)
        .map_err(|error| CommandError::in_line(&shown(Path::new(name)), error.line, error.problem))
}

/// Reads a text; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<String, CommandError> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).map_err(|error| {
        let name = shown(path);
        if is_blob(error.as_bytes()) {
            let help = "a compiled profile is turned into rules by `lapbelt decompile`";
            return CommandError::In {
                text: format!("{name} is not text; {help}"),
                file: name,
                line: None,
                column: None,
            };
        }
        let at = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..at];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before
            .iter()
            .rev()
            .take_while(|byte| **byte != b'\n')
            .count()
            + 1;
        let byte = error.as_bytes()[at];
        let help = "it has to be UTF-8 text: convert the file, or escape the byte";
        let problem = format!("byte {byte:#04x} is not UTF-8; {help}");
        CommandError::at(&name, line, column, problem)
    })
}

/// Reads bytes; `-` is standard input.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, CommandError> {
    let failed = |error| CommandError::of_file("read", path, &error);
    if path != Path::new("-") {
        return std::fs::read(path).map_err(failed);
    }
    static IS_READ: AtomicBool = AtomicBool::new(false);
    if IS_READ.swap(true, Ordering::Relaxed) {
        let error = "standard input can be read but once; give the other profile as a file";
        return Err(CommandError::Other(error.to_string()));
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// A path as it is named to a person.
pub(crate) fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        "<stdin>".to_string()
    } else {
        path.display().to_string()
    }
}

/// Reads and evaluates a profile; `-` is standard input.
pub(crate) fn load(
    path: &Path,
    params: &BTreeMap<String, String>,
    world: &World,
) -> Result<Profile, CommandError> {
    let text = read(path)?;
    evaluate(path, &text, params, world)
}

/// Evaluates the text that a path holds.
pub(crate) fn evaluate(
    path: &Path,
    text: &str,
    params: &BTreeMap<String, String>,
    world: &World,
) -> Result<Profile, CommandError> {
    let is_stdin = path == Path::new("-");
    let name = shown(path);
    let imports = FileImports::new((!is_stdin).then_some(path), params);
    Ok(evaluate_text(&name, text, params, &imports, world)?)
}

/// What decided, for a person and for scripts: `FILE:LINE:COLUMN`, a default, or what
/// the system adds.
pub(crate) fn place(source: &Source, policy: &Policy, world: &World) -> String {
    let reference = match source {
        Source::OwnDefault(id) if *id == world.root() => return "default".to_string(),
        Source::OwnDefault(id) => return format!("own default of {}", world.operation(*id).name),
        Source::Implied(number) if (*number as usize) < world.implied().len() => {
            return "implied by the system".to_string();
        }
        Source::Implied(_) => return "a rule that the system's compiler adds".to_string(),
        Source::Rule(reference) => reference,
    };
    let rule = &policy.rules[reference.rule as usize];
    rule_place(rule, reference, &policy.sources)
}

/// `FILE:LINE:COLUMN` of a rule, or the number that it has among its like.
pub(crate) fn rule_place(rule: &Rule, reference: &RuleRef, sources: &[String]) -> String {
    let filter = reference
        .filter
        .and_then(|at| rule.filters[at as usize].origin);
    match rule.origin.or(filter) {
        Some(origin) => origin_place(origin, sources),
        None => format!("rule {}", reference.rule + 1),
    }
}

/// `FILE:LINE:COLUMN`.
pub(crate) fn origin_place(origin: Origin, sources: &[String]) -> String {
    let name = sources
        .get(origin.source.0 as usize)
        .map_or("?", String::as_str);
    format!("{name}:{}:{}", origin.line, origin.column)
}
