//! `lapbelt lab writes join`.

use std::path::PathBuf;

use lapbelt_analysis::writes::{Difference, join, rebuild, widest};
use lapbelt_blob::decode::decode;
use serde_json::{Value, json};

use super::super::meaning::meaning;
use super::folder::{Folder, Made};
use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A folder of a run, or of witnesses: NAME.hex with NAME.writes.jsonl.
    dir: PathBuf,
    /// Two inputs.
    #[arg(num_args = 2, required = true, value_names = ["ONE", "OTHER"])]
    pair: Vec<String>,
    /// The OS build that the profiles are for.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let folder = Folder::open(args.dir);
    let [one, other] = args.pair.as_slice() else {
        return Err(CommandError::Other("two inputs make a pair".to_string()));
    };
    let made = [folder.read(one)?, folder.read(other)?];
    let [first, second] = &made;
    let profile = |made: &Made| {
        let missing = || CommandError::Other(format!("no profile was made of `{}`", made.id));
        made.bytes.clone().ok_or_else(missing)
    };
    let bytes = [profile(first)?, profile(second)?];
    let buffers = [first, second].map(|made| rebuild(made.writes.as_deref().unwrap_or_default()));
    let aligned = [0, 1].map(|side: usize| widest(&buffers[side], &bytes[side]));
    let found = join(
        (&bytes[0], aligned[0].as_ref()),
        (&bytes[1], aligned[1].as_ref()),
    );
    let decoded = bytes.each_ref().map(|bytes| decode(bytes, &world).ok());
    let name = |one: &Difference| {
        let mut names = decoded
            .iter()
            .flatten()
            .filter_map(|blob| meaning(blob, one.at, &world));
        names.next().unwrap_or_else(|| "not decoded".to_string())
    };
    let names: Vec<String> = found.iter().map(name).collect();
    let witnessed = found.iter().filter(|one| one.is_witnessed()).count();
    output.answer_either(
        || {
            let differences: Vec<Value> = (found.iter().zip(&names))
                .map(|(one, name)| {
                    json!({"offset": one.at, "bytes": one.bytes, "writes": one.writes,
                           "what": name, "by": by(one)})
                })
                .collect();
            json!({"one": first.id, "other": second.id, "differences": differences,
                   "witnessed": witnessed, "inferred": found.len() - witnessed})
        },
        || {
            let lines: String = (found.iter().zip(&names))
                .map(|(one, name)| line(one, name))
                .collect();
            let of = found.len();
            format!("{lines}{of} bytes differ, {witnessed} of them witnessed\n")
        },
    );
    Ok(match witnessed == found.len() {
        true => Exit::Yes,
        false => Exit::No,
    })
}

fn by(one: &Difference) -> &'static str {
    match one.is_witnessed() {
        true => "witnessed",
        false => "inferred",
    }
}

fn line(one: &Difference, name: &str) -> String {
    let byte = |byte: Option<u8>| byte.map_or("--".to_string(), |byte| format!("{byte:02x}"));
    let write = |seq: Option<u64>| seq.map_or("unseen".to_string(), |seq| format!("write {seq}"));
    format!(
        "{:>6}: {} by {}, {} by {}: {name}, {}\n",
        one.at,
        byte(one.bytes[0]),
        write(one.writes[0]),
        byte(one.bytes[1]),
        write(one.writes[1]),
        by(one),
    )
}
