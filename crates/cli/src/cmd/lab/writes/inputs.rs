//! What is compiled in a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lapbelt_learn::run_dir;
use lapbelt_tracer::Mode;
use lapbelt_tracer::image::Place;
use serde::{Deserialize, Deserializer};

use super::target::address;
use super::way::Way;

use crate::exit::CommandError;

/// A profile to compile.
pub(super) struct Input {
    /// The name of its files.
    pub(super) id: String,
    pub(super) text: Text,
    pub(super) params: BTreeMap<String, String>,
    /// How it is watched, if not as all are.
    pub(super) mode: Option<Mode>,
    /// Where the routine is, if not where it is for all.
    pub(super) place: Option<Place>,
}

/// Where a profile's text comes from.
pub(super) enum Text {
    File(PathBuf),
    /// From the list itself.
    Inline(String),
    /// The program needs none.
    None,
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
    #[serde(default)]
    mode: Option<Way>,
    #[serde(default, deserialize_with = "hexadecimal")]
    address: Option<u64>,
    #[serde(default, deserialize_with = "hexadecimal")]
    unslid_address: Option<u64>,
}

fn hexadecimal<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(from)?;
    address(&text).map(Some).map_err(serde::de::Error::custom)
}

/// The profiles that are named one by one, then those of a list; each with a name of its own. Where
/// there are none, what `alone` names is run once.
pub(super) fn collect(
    profiles: &[PathBuf],
    params: &BTreeMap<String, String>,
    list: Option<&Path>,
    alone: Option<&Path>,
) -> Result<Vec<Input>, CommandError> {
    let plain = |id: String, text: Text| Input {
        id,
        text,
        params: params.clone(),
        mode: None,
        place: None,
    };
    let named = profiles
        .iter()
        .map(|path| plain(stem(path), Text::File(path.clone())));
    let mut inputs: Vec<Input> = named.collect();
    if let Some(list) = list {
        let wrong = |why: String| CommandError::Other(format!("{}: {why}", list.display()));
        let entries: Vec<Entry> = serde_json::from_str(&run_dir::read(list)?)
            .map_err(|error| wrong(error.to_string()))?;
        if entries.is_empty() {
            return Err(wrong("the list is empty".to_string()));
        }
        for (entry, number) in entries.into_iter().zip(1..) {
            inputs.push(input(entry, number, list).map_err(wrong)?);
        }
    } else if let Some(alone) = alone.filter(|_| inputs.is_empty()) {
        inputs.push(plain(stem(alone), Text::None));
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

fn input(entry: Entry, number: usize, list: &Path) -> Result<Input, String> {
    let (text, named) = match (entry.file, entry.string) {
        (Some(file), None) => (Text::File(list.with_file_name(&file)), stem(&file)),
        (None, Some(string)) => (Text::Inline(string), format!("string-{number}")),
        _ => return Err(format!("entry {number} needs either `file` or `string`")),
    };
    let place = match (entry.address, entry.unslid_address) {
        (Some(_), Some(_)) => return Err(format!("entry {number} has two addresses")),
        (address, unslid) => address.map(Place::Address).or(unslid.map(Place::Unslid)),
    };
    let mode = entry.mode.map(|way| {
        let why = || format!("entry {number}: triage is for all inputs or none");
        way.mode().ok_or_else(why)
    });
    Ok(Input {
        id: entry.id.unwrap_or(named),
        text,
        params: entry.params,
        mode: mode.transpose()?,
        place,
    })
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
