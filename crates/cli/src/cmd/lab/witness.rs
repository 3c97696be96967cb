//! `lapbelt lab witness`: sources with the bytes that the system's compiler made of them.
//!
//! A directory of witnesses holds `NAME.sb` and `NAME.hex` for each, and in `index.json` a list
//! `entries` of objects with the name as `id` and the parameters as `params`, if there is one. What
//! `lab verify-host` writes is one file with all of that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lapbelt_analysis::decompile::decompile_to;
use lapbelt_analysis::finding::{Finding, Tier};
use lapbelt_analysis::subject::Subject;
use lapbelt_blob::again::Original;
use lapbelt_blob::decode::{Blob, decode};
use lapbelt_blob::encode::{Encoded, encode};
use lapbelt_blob::policy::compiled;
use lapbelt_learn::run_dir;
use lapbelt_policy::world::World;
use serde::Deserialize;
use serde_json::{Value, json};

use super::agreement::first_difference;
use super::meaning::meaning;
use super::verify_host::FORMAT;
use crate::corpus::from_hex;
use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::{evidence, profile};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The directory, or a file that `verify-host` wrote.
    from: PathBuf,
    /// The OS build that compiled them.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

#[derive(Deserialize)]
struct Index {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    params: Option<BTreeMap<String, String>>,
}

/// What `verify-host` writes, as far as it is needed.
#[derive(Deserialize)]
struct Sent {
    format: String,
    profiles: Vec<SentProfile>,
}

#[derive(Deserialize)]
struct SentProfile {
    name: String,
    source: String,
    params: BTreeMap<String, String>,
    theirs: Theirs,
}

#[derive(Deserialize)]
struct Theirs {
    /// None where the system's compiler refused.
    #[serde(default)]
    hex: Option<String>,
}

/// A source and the bytes that the system made of it.
struct Pair {
    id: String,
    path: PathBuf,
    source: String,
    params: BTreeMap<String, String>,
    witness: Vec<u8>,
}

/// What was found of one pair.
struct Report {
    id: String,
    length: usize,
    /// Whether the rules of its bytes compile to the same bytes; why there are none: a byte that is
    /// not explained, or no rules that are proven to decide the same.
    decompiled: Result<bool, Undone>,
    compiled: Result<Compiled, String>,
}

enum Undone {
    Decoding(String),
    Decompiling(String),
}

struct Compiled {
    length: usize,
    witnessed: bool,
    /// First byte that differs, and what it is.
    difference: Option<(usize, String)>,
}

impl Report {
    fn is_identical(&self) -> bool {
        matches!(&self.compiled, Ok(compiled) if compiled.difference.is_none())
    }

    fn is_decoded(&self) -> bool {
        !matches!(self.decompiled, Err(Undone::Decoding(_)))
    }
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let mut unreadable = Vec::new();
    let pairs = if args.from.is_file() {
        sent(&args.from)?
    } else {
        let mut pairs = Vec::new();
        for entry in entries(&args.from)? {
            let id = entry.id.clone();
            match pair(&args.from, entry) {
                Ok(pair) => pairs.push(pair),
                Err(error) => {
                    output.complain(&format!("lapbelt: {error}"));
                    unreadable.push(id);
                }
            }
        }
        pairs
    };
    let reports: Vec<Report> = pairs.iter().map(|pair| report(pair, &world)).collect();
    let count = |holds: fn(&Report) -> bool| reports.iter().filter(|one| holds(one)).count();
    let identical = count(Report::is_identical);
    let decoded = count(Report::is_decoded);
    let decompiled = count(|one| one.decompiled.is_ok());
    let recompiled = count(|one| matches!(one.decompiled, Ok(true)));
    let findings = findings(&pairs, &reports, &world)?;
    output.answer_either(
        || {
            let witnesses: Vec<Value> = reports.iter().map(to_json).collect();
            json!({"world": world.id(), "witnesses": witnesses, "count": reports.len(),
                   "decoded": decoded, "decompiled": decompiled, "recompiled": recompiled,
                   "identical": identical, "unreadable": unreadable, "findings": findings})
        },
        || {
            let lines: String = reports.iter().map(to_text).collect();
            let count = reports.len();
            format!(
                "{lines}of {count}: {decoded} decoded, {decompiled} decompiled, {recompiled} \
                 recompiled to the same bytes, {identical} compiled byte-identical\n"
            )
        },
    );
    Ok(match identical == reports.len() {
        _ if !unreadable.is_empty() => Exit::Failed,
        true => Exit::Yes,
        false => Exit::No,
    })
}

/// Which of the system's own bytes are made here; none if there are no pairs.
fn findings(
    pairs: &[Pair],
    reports: &[Report],
    world: &World,
) -> Result<Vec<Finding>, CommandError> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let inputs = pairs.iter().flat_map(|own| {
        let source = evidence::input(own.path.display().to_string(), own.source.as_bytes());
        let bytes = format!("{} as the system compiled it", own.id);
        [source, evidence::input(bytes, &own.witness)]
    });
    let evidence = evidence::evidence(Some(world), inputs.collect())?;
    let ids = |is_identical: bool| {
        let own = reports.iter();
        let own = own.filter(move |one| one.is_identical() == is_identical);
        own.map(|one| one.id.as_str()).collect::<Vec<_>>()
    };
    let (identical, differing) = (ids(true), ids(false));
    let claim = format!(
        "The compiler writes the system's very bytes for {} of {}",
        identical.len(),
        counted(pairs.len(), "profile")
    );
    let data = json!({"identical": identical, "differing": differing});
    Ok(vec![evidence.finding(Tier::Witnessed, claim, data)])
}

/// The pairs of a directory, by its index, else by the names of its files.
fn entries(dir: &Path) -> Result<Vec<Entry>, CommandError> {
    let index = dir.join("index.json");
    let list = if index.exists() {
        let parsed: Index = serde_json::from_str(&run_dir::read(&index)?)
            .map_err(|error| CommandError::Other(format!("{}: {error}", index.display())))?;
        parsed.entries
    } else {
        let unreadable =
            |error| CommandError::Other(format!("cannot read {}: {error}", dir.display()));
        let mut names = BTreeSet::new();
        for file in std::fs::read_dir(dir).map_err(unreadable)? {
            let path = file.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "hex") {
                names.extend(path.file_stem().and_then(|s| s.to_str()).map(str::to_owned));
            }
        }
        let entry = |id| Entry { id, params: None };
        names.into_iter().map(entry).collect()
    };
    if list.is_empty() {
        let message = format!("no witnesses in {}: NAME.sb with NAME.hex", dir.display());
        return Err(CommandError::Other(message));
    }
    Ok(list)
}

fn digits(hex: &str, file: &Path) -> Result<Vec<u8>, CommandError> {
    from_hex(hex.trim().as_bytes()).ok_or_else(|| {
        let file = file.display();
        CommandError::Other(format!("{file}: not a line of hexadecimal digits"))
    })
}

fn pair(dir: &Path, entry: Entry) -> Result<Pair, CommandError> {
    let file = dir.join(format!("{}.hex", entry.id));
    let witness = digits(&run_dir::read(&file)?, &file)?;
    let path = dir.join(format!("{}.sb", entry.id));
    Ok(Pair {
        source: run_dir::read(&path)?,
        id: entry.id,
        path,
        params: entry.params.unwrap_or_default(),
        witness,
    })
}

/// The pairs of a file that `verify-host` wrote.
fn sent(file: &Path) -> Result<Vec<Pair>, CommandError> {
    let failed = |what: String| CommandError::Other(format!("{}: {what}", file.display()));
    let sent: Sent = serde_json::from_str(&run_dir::read(file)?).map_err(|error| {
        failed(format!(
            "neither a folder of witnesses nor what `lapbelt lab verify-host` writes: {error}"
        ))
    })?;
    if sent.format != FORMAT {
        return Err(failed(format!(
            "the format is `{}`, not {FORMAT}",
            sent.format
        )));
    }
    let pair = |one: SentProfile| {
        let hex = one.theirs.hex?;
        Some(digits(&hex, file).map(|witness| Pair {
            path: PathBuf::from(&one.name),
            id: one.name,
            source: one.source,
            params: one.params,
            witness,
        }))
    };
    sent.profiles.into_iter().filter_map(pair).collect()
}

fn report(pair: &Pair, world: &World) -> Report {
    let witness = &pair.witness;
    let decoded = decode(witness, world);
    let compiled = compile(pair, world).map(|encoded| Compiled {
        length: encoded.bytes.len(),
        witnessed: encoded.fidelity.is_witnessed(),
        difference: first_difference(&encoded.bytes, witness).map(|at| {
            let meaning = decoded
                .as_ref()
                .ok()
                .and_then(|blob| meaning(blob, at, world));
            (at, meaning.unwrap_or_else(|| "past the end".to_string()))
        }),
    });
    Report {
        id: pair.id.clone(),
        length: witness.len(),
        decompiled: match &decoded {
            Ok(blob) => recompile(blob, witness, world).map_err(Undone::Decompiling),
            Err(error) => Err(Undone::Decoding(error.to_string())),
        },
        compiled,
    }
}

fn compile(pair: &Pair, world: &World) -> Result<Encoded, String> {
    let loaded = profile::evaluate(&pair.path, &pair.source, &pair.params, world)
        .map_err(|error| error.to_string())?;
    encode(&loaded.policy, world)
        .map_err(|error| super::super::compile::refused(&error, &loaded.policy, world).to_string())
}

/// Whether the rules that bytes are decompiled to compile to the same bytes.
fn recompile(blob: &Blob, bytes: &[u8], world: &World) -> Result<bool, String> {
    let profile = blob.profiles.first().ok_or("no profile in it")?;
    let compiled = compiled(blob, profile, world).map_err(|error| error.to_string())?;
    let subject = Subject::of_bytes(compiled.graph, &compiled.rules, compiled.written, world);
    let original = Original { bytes, world };
    let policy = decompile_to(&subject, Some(&|one| original.is_it(one)))
        .map_err(|error| error.to_string())?;
    Ok(original.is_it(&policy))
}

fn to_json(report: &Report) -> Value {
    let (error, compiled) = match &report.compiled {
        Ok(compiled) => (None, Some(compiled)),
        Err(error) => (Some(error), None),
    };
    let difference = compiled.and_then(|one| one.difference.as_ref());
    let undone = report.decompiled.as_ref().err();
    let undone = undone.map(|(Undone::Decoding(why) | Undone::Decompiling(why))| why);
    json!({
        "id": report.id,
        "length": report.length,
        "decoded": report.is_decoded(),
        "decompiled": report.decompiled.is_ok(),
        "decode_error": undone,
        "recompiled": report.decompiled.as_ref().ok(),
        "compiled_length": compiled.map(|one| one.length),
        "compile_error": error,
        "witnessed": compiled.map(|one| one.witnessed),
        "identical": report.is_identical(),
        "first_difference": difference.map(|(at, meaning)| json!({"offset": at, "meaning": meaning})),
    })
}

fn to_text(report: &Report) -> String {
    let decoded = match &report.decompiled {
        Ok(true) => "decoded, decompiled, recompiled".to_string(),
        Ok(false) => "decoded, decompiled, recompiled to other bytes".to_string(),
        Err(Undone::Decompiling(why)) => format!("decoded, not decompiled: {why}"),
        Err(Undone::Decoding(why)) => format!("not decoded: {why}"),
    };
    let compiled = match &report.compiled {
        Err(error) => format!("not compiled: {error}"),
        Ok(Compiled {
            difference: None, ..
        }) => "identical".to_string(),
        Ok(Compiled {
            difference: Some((at, meaning)),
            length,
            ..
        }) => format!(
            "differs at byte {at} ({meaning}); {length} bytes, the system wrote {}",
            report.length
        ),
    };
    format!("{}: {decoded}, {compiled}\n", report.id)
}
