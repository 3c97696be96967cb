//! `lapbelt lab writes analyze`.

use std::ops::Range;
use std::path::PathBuf;

use lapbelt_analysis::finding::Tier;
use lapbelt_analysis::writes::{Alignment, rebuild, widest};
use lapbelt_blob::decode::decode;
use lapbelt_blob::explain::{Row, rows};
use lapbelt_blob::raw::Part;
use lapbelt_policy::world::World;
use serde_json::{Value, json};

use super::folder::{Folder, Made};
use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::replace::write_out;
use crate::{evidence, profile};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A folder of a run, or of witnesses: NAME.hex with NAME.writes.jsonl.
    dir: PathBuf,
    /// Only these inputs.
    ids: Vec<String>,
    /// The OS build that the profiles are for.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
    /// Also write the findings to a file, for `lapbelt lab report`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What was found of one input.
struct Report {
    claim: String,
    json: Value,
    text: String,
    /// Whether all but padding was seen to be written.
    is_explained: bool,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let folder = Folder::open(args.dir);
    let ids = match args.ids.is_empty() {
        true => folder.traced()?,
        false => args.ids,
    };
    let tier = tier(&folder)?;
    let (mut reports, mut findings) = (Vec::new(), Vec::new());
    for id in &ids {
        let made = folder.read(id)?;
        let report = report(&made, &world);
        let evidence = evidence::evidence(Some(&world), made.inputs)?;
        findings.push(evidence.finding(tier, report.claim.clone(), report.json.clone()));
        reports.push(report);
    }
    if let Some(path) = &args.out {
        write_out(
            path,
            format!("{:#}\n", json!({"findings": findings})).as_bytes(),
        )?;
    }
    let explained = reports.iter().filter(|one| one.is_explained).count();
    output.answer_either(
        || {
            let inputs: Vec<&Value> = reports.iter().map(|one| &one.json).collect();
            json!({"world": world.id(), "inputs": inputs, "explained": explained,
                   "findings": findings})
        },
        || {
            let texts: String = reports.iter().map(|one| one.text.as_str()).collect();
            let of = reports.len();
            format!("{texts}of {of}: {explained} rebuilt from their writes, but for padding\n")
        },
    );
    Ok(match explained == reports.len() {
        true => Exit::Yes,
        false => Exit::No,
    })
}

/// How far what was found in a folder carries.
pub(super) fn tier(folder: &Folder) -> Result<Tier, CommandError> {
    Ok(match folder.is_of_the_system()? {
        true => Tier::Witnessed,
        false => Tier::Derived,
    })
}

fn report(made: &Made, world: &World) -> Report {
    let id = &made.id;
    let writes = made.writes.as_deref().unwrap_or_default();
    let profile = made.bytes.as_deref().unwrap_or_default();
    let buffers = rebuild(writes, profile);
    let best = widest(&buffers, profile);
    let parts: Vec<Value> = (buffers.iter())
        .map(|buffer| {
            let shift = buffer.align(profile).map(|found| found.shift);
            json!({"process": buffer.process, "buf": format!("{:#x}", buffer.buf), "writes": buffer.writes,
                   "bytes": buffer.bytes.len(), "found_at": shift})
        })
        .collect();
    let Some(best) = best else {
        let why = match &made.bytes {
            None => "no profile was made",
            Some(_) => "no buffer holds bytes of the profile",
        };
        let count = writes.len();
        return Report {
            claim: format!("{id}: of {count} writes, {why}"),
            json: json!({"id": id, "writes": count, "buffers": parts, "aligned": false, "why": why}),
            text: format!("{id}: {count} writes; {why}\n"),
            is_explained: false,
        };
    };
    let decoded = decode(profile, world);
    let rows = decoded.as_ref().map(|blob| rows(blob, profile, world));
    let rows = rows.unwrap_or_default();
    let padding: Vec<Range<usize>> = (decoded.iter().flat_map(|blob| &blob.spans))
        .filter(|span| span.owner == Part::Padding)
        .map(|span| span.start..span.end)
        .collect();
    let is_padding = |at: usize| padding.iter().any(|range| range.contains(&at));
    let holes = best.holes();
    let is_explained = holes.iter().cloned().flatten().all(is_padding);
    // What no write filled is zero.
    let is_rebuilt = is_explained && holes.iter().cloned().flatten().all(|at| profile[at] == 0);
    let (length, count) = (profile.len(), best.buffer.writes);
    let ranges = |list: &[Range<usize>]| -> Vec<Value> {
        let named = list.iter();
        named
            .map(|range| json!({"start": range.start, "end": range.end, "what": names(range, &rows)}))
            .collect()
    };
    let shown: String = (holes.iter())
        .map(|range| {
            format!(
                "  hole [{},{}): {}\n",
                range.start,
                range.end,
                names(range, &rows).join(", ")
            )
        })
        .collect();
    let covered = best.buffer.bytes.len();
    let unseen: usize = holes.iter().map(ExactSizeIterator::len).sum();
    Report {
        claim: match (unseen, is_rebuilt) {
            (0, _) => format!("{id}: each of {length} bytes was seen to be written"),
            (_, true) => format!(
                "{id}: each of {length} bytes was seen to be written, but for {unseen} of padding"
            ),
            _ => format!("{id}: {unseen} of {length} bytes were not seen to be written"),
        },
        json: json!({
            "id": id, "writes": writes.len(), "buffers": parts, "aligned": true,
            "length": length, "window": [best.shift, length], "covered": covered,
            "rebuilt": is_rebuilt, "holes_are_padding": is_explained,
            "witnessed_ranges": ranges(&best.witnessed()), "hole_ranges": ranges(&holes),
            "rows": by_row(&best, &rows),
        }),
        text: format!("{id}: {covered} of {length} bytes by {count} writes\n{shown}"),
        is_explained: is_rebuilt,
    }
}

/// What the decoder says of the bytes of a range.
fn names<'r>(range: &Range<usize>, rows: &'r [Row]) -> Vec<&'r str> {
    let own = rows
        .iter()
        .filter(|row| row.start < range.end && range.start < row.end);
    own.map(|row| row.meaning.as_str()).collect()
}

/// Each row of the decoder with the writes that made it.
fn by_row(best: &Alignment<'_>, rows: &[Row]) -> Vec<Value> {
    let rows = rows.iter();
    rows.map(|row| {
        let unseen = (row.start..row.end)
            .filter(|at| best.write_of(*at).is_none())
            .count();
        json!({"start": row.start, "end": row.end, "what": row.meaning, "unseen": unseen,
               "writes": best.writes_of(row.start..row.end),
               "overwritten": best.overwritten(row.start..row.end)})
    })
    .collect()
}
