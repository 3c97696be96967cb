//! `lapbelt lab layout diff`: what differs between two files, by a layout that was found.

use std::path::{Path, PathBuf};

use lapbelt_analysis::finding::Tier;
use lapbelt_blob::infer::{Layout, STEPS, infer};
use serde_json::{Value, json};

use super::changes::{Change, changes, lines};
use crate::corpus::{self, Member};
use crate::evidence;
use crate::exit::{CommandError, Exit};
use crate::layout_file;
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The one compiled profile.
    one: PathBuf,
    /// The other.
    other: PathBuf,
    /// How they are laid out; without it, what is found from the two alone.
    #[arg(long, value_name = "FILE")]
    layout: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let members = [corpus::member(&args.one)?, corpus::member(&args.other)?];
    let layout = layout(args.layout.as_deref(), &members)?;
    let [one, other] = &members;
    let changes = changes(one, other, &layout)?;
    let inputs = members.iter();
    let inputs = inputs.map(|member| evidence::input(&member.name, &member.bytes));
    let evidence = evidence::evidence(None, inputs.collect())?;
    output.answer_either(
        || {
            let list: Value = changes.iter().map(Change::json).collect();
            let claim = format!("{} things differ between the two", changes.len());
            let data = json!({"changes": list});
            let finding = evidence.finding(Tier::Hypothesis, claim, data);
            json!({"changes": list, "findings": [finding]})
        },
        || match changes.is_empty() {
            true => "nothing differs\n".to_string(),
            false => lines(&changes).join("\n"),
        },
    );
    Ok(match changes.is_empty() {
        true => Exit::Yes,
        false => Exit::No,
    })
}

fn layout(path: Option<&Path>, members: &[Member]) -> Result<Layout, CommandError> {
    if let Some(path) = path {
        return layout_file::read(path);
    }
    let blobs: Vec<&[u8]> = members.iter().map(|own| own.bytes.as_slice()).collect();
    let best = infer(&blobs, STEPS).hypotheses.into_iter().next();
    let found = best.map(|best| best.layout);
    found.ok_or_else(|| CommandError::Other("no layout fits both files".to_string()))
}
