//! `lapbelt lab writes join`.

use std::path::PathBuf;

use lapbelt_analysis::finding::{Input, Tier};
use lapbelt_analysis::writes::{Alignment, Buffer, Difference, join, rebuild, widest};
use lapbelt_blob::decode::decode;
use lapbelt_policy::world::World;
use serde_json::{Value, json};

use super::super::meaning::meaning;
use super::analyze::tier;
use super::folder::{Folder, Made};
use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::replace::write_out;
use crate::{evidence, profile};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A folder of a run, or of witnesses: NAME.hex with NAME.writes.jsonl.
    dir: PathBuf,
    /// Two inputs; of more, or of all if none is named, each pair is only counted.
    inputs: Vec<String>,
    /// The OS build that the profiles are for.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
    /// Also write the finding to a file, for `lapbelt lab report`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// One side of a pair.
struct Side {
    id: String,
    bytes: Vec<u8>,
    buffers: Vec<Buffer>,
    inputs: Vec<Input>,
}

impl Side {
    fn of(made: Made) -> Result<Self, CommandError> {
        let Some(bytes) = made.bytes else {
            let message = format!("no profile was made of `{}`", made.id);
            return Err(CommandError::Other(message));
        };
        Ok(Self {
            id: made.id,
            buffers: rebuild(made.writes.as_deref().unwrap_or_default(), &bytes),
            bytes,
            inputs: made.inputs,
        })
    }

    fn aligned(&self) -> Option<Alignment<'_>> {
        widest(&self.buffers, &self.bytes)
    }
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let folder = Folder::open(args.dir);
    let stored = Stored {
        tier: tier(&folder)?,
        out: args.out,
        world: &world,
    };
    let side = |id: &String| Side::of(folder.read(id)?);
    if let [one, other] = args.inputs.as_slice() {
        return pair(&side(one)?, &side(other)?, &stored, output);
    }
    let sides: Vec<Side> = match args.inputs.as_slice() {
        [] => {
            let made = folder.traced()?.into_iter().map(|id| folder.read(&id));
            let made = made.collect::<Result<Vec<Made>, _>>()?;
            // An input that could not be compiled has nothing to differ in.
            let made = made.into_iter().filter(|made| made.bytes.is_some());
            made.map(Side::of).collect::<Result<_, _>>()?
        }
        [one] => {
            return Err(CommandError::Other(format!(
                "`{one}` is to be joined with which other? give two inputs, or none for all"
            )));
        }
        named => named.iter().map(side).collect::<Result<_, _>>()?,
    };
    matrix(&sides, &stored, output)
}

/// What a finding is made and kept with.
struct Stored<'w> {
    tier: Tier,
    out: Option<PathBuf>,
    world: &'w World,
}

impl Stored<'_> {
    /// The answer with its finding, which goes to a file too if that is wanted.
    fn answer(&self, claim: String, sides: &[&Side], data: Value) -> Result<Value, CommandError> {
        let inputs = sides.iter().flat_map(|side| side.inputs.clone());
        let evidence = evidence::evidence(Some(self.world), inputs.collect())?;
        let findings = [evidence.finding(self.tier, claim, data.clone())];
        if let Some(path) = &self.out {
            let text = format!("{:#}\n", json!({"findings": findings}));
            write_out(path, text.as_bytes())?;
        }
        let mut answer = data;
        answer["findings"] = json!(findings);
        Ok(answer)
    }
}

/// Each byte that differs between two.
fn pair(
    one: &Side,
    other: &Side,
    stored: &Stored<'_>,
    output: &Output,
) -> Result<Exit, CommandError> {
    let world = stored.world;
    let aligned = [one.aligned(), other.aligned()];
    let found = join(
        (&one.bytes, aligned[0].as_ref()),
        (&other.bytes, aligned[1].as_ref()),
    );
    let decoded = [one, other].map(|side| decode(&side.bytes, world).ok());
    let name = |one: &Difference| {
        let mut names = decoded
            .iter()
            .flatten()
            .filter_map(|blob| meaning(blob, one.at, world));
        names.next().unwrap_or_else(|| "not decoded".to_string())
    };
    let names: Vec<String> = found.iter().map(name).collect();
    let witnessed = found.iter().filter(|one| one.is_witnessed()).count();
    let differences: Vec<Value> = (found.iter().zip(&names))
        .map(|(one, name)| {
            json!({"offset": one.at, "bytes": one.bytes, "writes": one.writes,
                   "what": name, "by": by(one)})
        })
        .collect();
    let claim = format!(
        "{} and {} differ in {}, {witnessed} of them seen to be written",
        one.id,
        other.id,
        counted(found.len(), "byte")
    );
    let data = json!({"one": one.id, "other": other.id, "differences": differences,
                      "witnessed": witnessed, "inferred": found.len() - witnessed});
    let answer = stored.answer(claim, &[one, other], data)?;
    output.answer_either(
        || answer,
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

/// How many bytes differ between each two, and how many of them were seen to be written.
fn matrix(sides: &[Side], stored: &Stored<'_>, output: &Output) -> Result<Exit, CommandError> {
    if sides.len() < 2 {
        return Err(CommandError::Other(format!(
            "there are no two inputs with a profile to be joined, but {}",
            sides.len()
        )));
    }
    let aligned: Vec<Option<Alignment<'_>>> = sides.iter().map(Side::aligned).collect();
    let watched: Vec<_> = (sides.iter().zip(&aligned))
        .map(|(side, aligned)| (side.id.as_str(), (&*side.bytes, aligned.as_ref())))
        .collect();
    let mut pairs = Vec::new();
    for (number, (one, first)) in watched.iter().enumerate() {
        for (other, second) in &watched[number + 1..] {
            let found = join(*first, *second);
            let witnessed = found.iter().filter(|one| one.is_witnessed()).count();
            pairs.push((*one, *other, found.len(), witnessed));
        }
    }
    let whole = pairs.iter().filter(|(.., all, seen)| all == seen).count();
    let listed = pairs.iter().map(|(one, other, all, seen)| {
        json!({"one": one, "other": other, "witnessed": seen, "inferred": all - seen})
    });
    let data = json!({"pairs": listed.collect::<Vec<Value>>(), "whole": whole});
    let claim = format!(
        "of {} of {} profiles, {whole} differ only in bytes that were seen to be written",
        counted(pairs.len(), "pair"),
        sides.len()
    );
    let answer = stored.answer(claim, &sides.iter().collect::<Vec<_>>(), data)?;
    output.answer_either(
        || answer,
        || {
            let lines = pairs.iter().map(|(one, other, all, seen)| {
                format!("{one}, {other}: {all} bytes differ, {seen} of them witnessed\n")
            });
            let of = pairs.len();
            format!(
                "{}of {of} pairs: {whole} witnessed in full\n",
                lines.collect::<String>()
            )
        },
    );
    Ok(match whole == pairs.len() {
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
