//! `lapbelt lab verify-host`: the compiler of the system it runs on, held against ours.
//!
//! What it writes is all that someone without that system needs: sources, parameters, the bytes
//! and their digests. `lab witness` reads it.

mod shipped;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lapbelt_libsandbox::{DEFAULT_PATH, Library, LibraryError, Source};
use lapbelt_policy::world::World;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shipped::SHIPPED;

use super::agreement::{Agreement, agreement};
use super::build::Build;
use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile::{self, Params};
use crate::replace::write_out;

/// What the file says of itself, so that a reader knows it.
pub(super) const FORMAT: &str = "lapbelt-witnesses-1";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Profiles to compile in place of those that are shipped.
    profiles: Vec<PathBuf>,
    #[command(flatten)]
    params: Params,
    /// The library with the system's compiler.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_PATH)]
    library: PathBuf,
    /// Write sources, parameters, bytes and digests to a file that can be sent to someone.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The OS build that our compiler follows.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

/// One profile, compiled both ways.
struct Compared {
    name: String,
    source: String,
    params: BTreeMap<String, String>,
    theirs: Result<Vec<u8>, LibraryError>,
    ours: Result<Vec<u8>, String>,
    agreement: Agreement,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let library = Library::open(&args.library);
    let library = library.map_err(|error| CommandError::Other(error.to_string()))?;
    let mut compared = Vec::new();
    let shipped = SHIPPED.iter().filter(|_| args.profiles.is_empty());
    for (name, text) in shipped {
        let theirs = library.compile(Source::Text(text), &BTreeMap::new());
        compared.push(compare(
            Path::new(name),
            text,
            &BTreeMap::new(),
            theirs,
            &world,
        ));
    }
    let params = args.params.map();
    for path in &args.profiles {
        let text = profile::read(path)?;
        let theirs = library.compile(Source::File(path), &params);
        compared.push(compare(path, &text, &params, theirs, &world));
    }
    let host = Build::of_host();
    let host_json = host.as_ref().map(Build::to_json);
    if let Some(out) = &args.out {
        let file = json!({
            "format": FORMAT,
            "tool": concat!("lapbelt ", env!("CARGO_PKG_VERSION")),
            "world": world.id(),
            "host": host_json,
            "library": args.library,
            "profiles": compared.iter().map(|one| record(one, true)).collect::<Vec<_>>(),
        });
        let text = serde_json::to_string_pretty(&file).unwrap_or_default();
        write_out(out, format!("{text}\n").as_bytes())?;
    }
    let agree = compared
        .iter()
        .filter(|one| one.agreement.is_full())
        .count();
    output.answer_either(
        || {
            let profiles: Vec<Value> = compared.iter().map(|one| record(one, false)).collect();
            json!({"world": world.id(), "host": host_json, "library": args.library,
                   "profiles": profiles, "count": compared.len(), "agree": agree})
        },
        || text(&compared, agree, host.as_ref(), &world),
    );
    Ok(match agree == compared.len() {
        true => Exit::Yes,
        false => Exit::No,
    })
}

fn compare(
    path: &Path,
    source: &str,
    params: &BTreeMap<String, String>,
    theirs: Result<Vec<u8>, LibraryError>,
    world: &World,
) -> Compared {
    let policy = profile::evaluate(path, source, params, world);
    let (ours, agreement) = agreement(theirs.as_deref().ok(), policy, world);
    Compared {
        name: profile::shown(path),
        source: source.to_owned(),
        params: params.clone(),
        theirs,
        ours,
        agreement,
    }
}

fn bytes_json(bytes: &[u8], in_full: bool) -> Value {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let mut value = json!({"length": bytes.len(), "sha256": hex(&Sha256::digest(bytes))});
    if in_full {
        value["hex"] = hex(bytes).into();
    }
    value
}

fn record(one: &Compared, in_full: bool) -> Value {
    let theirs = match &one.theirs {
        Ok(bytes) => bytes_json(bytes, in_full),
        Err(error) => json!({"error": error.to_string()}),
    };
    let ours = match &one.ours {
        Ok(bytes) => bytes_json(bytes, false),
        Err(error) => json!({"error": error}),
    };
    let mut record = json!({"name": one.name, "params": one.params, "theirs": theirs,
                            "ours": ours, "agreement": one.agreement.word()});
    if in_full {
        record["source"] = one.source.clone().into();
    }
    if let Some((at, meaning)) = one.agreement.difference() {
        record["first_difference"] = json!({"offset": at, "meaning": meaning});
    }
    record
}

fn text(compared: &[Compared], agree: usize, host: Option<&Build>, world: &World) -> String {
    let mut text: String = compared
        .iter()
        .map(|one| {
            let name = &one.name;
            let why = match (&one.theirs, &one.ours) {
                (Err(theirs), Err(ours)) => format!(": {theirs}; ours: {ours}"),
                (Err(theirs), Ok(_)) => format!(": {theirs}"),
                (Ok(_), Err(ours)) => format!(": {ours}"),
                (Ok(_), Ok(_)) => String::new(),
            };
            format!("{name}: {}{why}\n", one.agreement)
        })
        .collect();
    let host = host.map_or("a system that is no macOS".to_owned(), Build::to_string);
    text += &format!(
        "{agree} of {} agree with {host}; ours follows {}\n",
        compared.len(),
        world.id()
    );
    text
}
