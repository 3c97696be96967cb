//! What is compiled in a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lapbelt_learn::run_dir;
use serde::Deserialize;

use crate::exit::CommandError;

/// A profile to compile.
pub(super) struct Input {
    /// The name of its files.
    pub(super) id: String,
    pub(super) text: Text,
    pub(super) params: BTreeMap<String, String>,
}

/// Where a profile's text comes from.
pub(super) enum Text {
    File(PathBuf),
    /// By standard input.
    Inline(String),
}

/// An entry of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    file: Option<PathBuf>,
    #[serde(default)]
    string: Option<String>,
    #[serde(default)]
    params: BTreeMap<String, String>,
}

/// The profiles that are named one by one, then those of a list; each with a name of its own.
pub(super) fn collect(
    profiles: &[PathBuf],
    params: &BTreeMap<String, String>,
    list: Option<&Path>,
) -> Result<Vec<Input>, CommandError> {
    let named = profiles.iter().map(|path| Input {
        id: stem(path),
        text: Text::File(path.clone()),
        params: params.clone(),
    });
    let mut inputs: Vec<Input> = named.collect();
    if let Some(list) = list {
        let wrong = |why: String| CommandError::Other(format!("{}: {why}", list.display()));
        let entries: Vec<Entry> = serde_json::from_str(&run_dir::read(list)?)
            .map_err(|error| wrong(error.to_string()))?;
        for (number, entry) in entries.into_iter().enumerate() {
            let (text, named) = match (entry.file, entry.string) {
                (Some(file), None) => (list.with_file_name(&file), Some(stem(&file))),
                (None, Some(string)) => {
                    let text = Text::Inline(string);
                    let id = entry.id.unwrap_or_else(|| format!("string-{}", number + 1));
                    inputs.push(input(id, text, entry.params));
                    continue;
                }
                _ => {
                    let why = format!("entry {} needs either `file` or `string`", number + 1);
                    return Err(wrong(why));
                }
            };
            let id = entry.id.or(named).unwrap_or_default();
            inputs.push(input(id, Text::File(text), entry.params));
        }
    }
    let mut taken = BTreeSet::new();
    for input in &mut inputs {
        if input.id.is_empty() || input.id.starts_with('.') || input.id.contains('/') {
            let message = format!("`{}` cannot name files", input.id);
            return Err(CommandError::Other(message));
        }
        let own = input.id.clone();
        let mut number = 2;
        while !taken.insert(input.id.clone()) {
            input.id = format!("{own}-{number}");
            number += 1;
        }
    }
    match inputs.is_empty() {
        true => Err(CommandError::Other(
            "nothing to compile: give --profile or --inputs".to_string(),
        )),
        false => Ok(inputs),
    }
}

fn input(id: String, text: Text, params: BTreeMap<String, String>) -> Input {
    Input { id, text, params }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
