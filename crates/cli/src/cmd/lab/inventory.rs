//! `lapbelt lab inventory`: what the nodes of profiles hold, in numbers.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use lapbelt_analysis::finding::{Finding, Tier};
use lapbelt_analysis::inventory::{Census, Fan, FilterValues, Profile, ValueCount, Word, census};
use lapbelt_policy::world::World;
use serde_json::json;

use super::sheets::{SheetArgs, Sheeted, Skipped, sheets, tell, told};
use super::slots::Slots;
use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::replace::write_out;
use crate::{evidence, parquet_file};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    sheets: SheetArgs,
    /// Read nodes by a layout that `lapbelt lab layout infer --export` wrote, without a vocabulary.
    #[arg(long, value_name = "FILE")]
    layout: Option<PathBuf>,
    /// Also write the findings to a file, for `lapbelt lab report`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also write a table with a row for each node to a Parquet file.
    #[arg(long, value_name = "FILE")]
    parquet: Option<PathBuf>,
}

/// Most values that are listed of one filter to a person.
const LISTED: usize = 6;
/// Most nodes whose bytes a finding holds.
const REGION: usize = 512;

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let world = args.sheets.world()?;
    let read = sheets(&args.sheets, args.layout.as_deref(), &world)?;
    let (found, skipped) = told_apart(read)?;
    let known = args.layout.is_none().then_some(&world);
    let slots = Slots::of(known);
    let mut findings = Vec::new();
    let mut text = String::new();
    for own in &found {
        let fans = own.sheet.fans();
        let profiles = own.sheet.profiles.iter();
        let profiles: Vec<Of<'_>> = profiles.map(|p| of(own, p, &fans)).collect();
        text += &to_text(own, &profiles, &slots);
        findings.push(finding(own, &profiles, &slots, known)?);
    }
    let answer = json!({"findings": findings, "skipped": told(&skipped)});
    if let Some(path) = &args.out {
        write_out(path, format!("{answer:#}\n").as_bytes())?;
    }
    if let Some(path) = &args.parquet {
        let inputs = found.iter().map(|own| own.input.clone()).collect();
        let evidence = evidence::evidence(known, inputs)?;
        parquet_file::write(path, &table::columns(&found, &slots), &evidence)?;
    }
    tell(&skipped, output);
    output.answer_either(|| answer, || text);
    Ok(Exit::Yes)
}

/// Those that could be read, and the others; if there are no others than such, that is an error.
pub(super) fn told_apart(
    read: Vec<Result<Sheeted, Skipped>>,
) -> Result<(Vec<Sheeted>, Vec<Skipped>), CommandError> {
    let (mut found, mut skipped) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(own) => found.push(own),
            Err(own) => skipped.push(own),
        }
    }
    match skipped.first() {
        Some(first) if found.is_empty() => {
            let message = format!("{}: {}", first.name, first.why);
            Err(CommandError::Other(message))
        }
        _ => Ok((found, skipped)),
    }
}

/// A profile of a file, counted.
struct Of<'s> {
    profile: &'s Profile,
    census: Census,
    /// How many nodes have so many edges that lead to them.
    fan_in: BTreeMap<usize, usize>,
    /// How many nodes lead to so many others.
    fan_out: BTreeMap<usize, usize>,
    /// The slots that come by any node of a tag and filter, in the order of the census.
    reach: Vec<Vec<usize>>,
}

/// Counts a profile: of a bundle the nodes it comes by, else all.
fn of<'s>(own: &'s Sheeted, profile: &'s Profile, fans: &[Fan]) -> Of<'s> {
    let sheet = &own.sheet;
    let reach = sheet.reach(profile);
    let is_bundle = sheet.profiles.len() > 1;
    let nodes = (0..sheet.nodes.len()).filter(|index| !is_bundle || !reach[*index].is_empty());
    let nodes: Vec<usize> = nodes.collect();
    let (mut fan_in, mut fan_out) = (BTreeMap::new(), BTreeMap::new());
    for index in &nodes {
        *fan_in.entry(fans[*index].edges_in).or_insert(0) += 1;
        *fan_out.entry(fans[*index].out).or_insert(0) += 1;
    }
    let census = census(nodes.iter().map(|index| &sheet.nodes[*index]));
    let mut by_filter: BTreeMap<(usize, usize, bool), BTreeSet<usize>> = BTreeMap::new();
    for index in nodes {
        let node = &sheet.nodes[index];
        if let Some(test) = &node.test {
            let key = (node.tag, test.filter.number, test.filter.other_form);
            by_filter.entry(key).or_default().extend(&reach[index]);
        }
    }
    let of = |own: &FilterValues| by_filter.remove(&(own.tag, own.filter, own.other_form));
    let reach = census.filters.iter().map(of);
    let reach = reach.map(|slots| slots.into_iter().flatten().collect());
    Of {
        profile,
        reach: reach.collect(),
        census,
        fan_in,
        fan_out,
    }
}

fn finding(
    own: &Sheeted,
    profiles: &[Of<'_>],
    slots: &Slots,
    world: Option<&World>,
) -> Result<Finding, CommandError> {
    let evidence = evidence::evidence(world, vec![own.input.clone()])?;
    let told = profiles.iter().map(|one| {
        let filters = one
            .census
            .filters
            .iter()
            .zip(&one.reach)
            .map(|(key, reach)| {
                let mut value = json!(key);
                value["operations"] = slots.names(reach).into();
                value
            });
        json!({"name": one.profile.name, "nodes": one.census.nodes, "tags": one.census.tags,
               "filters": filters.collect::<Vec<_>>(), "high_bits": one.census.high_bits,
               "fan_in": one.fan_in, "fan_out": one.fan_out})
    });
    let nodes = &own.sheet.nodes;
    let rows: Vec<String> = nodes
        .iter()
        .take(REGION)
        .map(|node| own.hex(node))
        .collect();
    let data = json!({
        "file": own.name, "layout": own.layout, "faults": own.faults,
        "profiles": told.collect::<Vec<_>>(),
        "region": {"offset": nodes.first().map(|node| node.offset), "stride": own.stride,
                   "nodes": nodes.len(), "fields": own.fields, "rows": rows},
    });
    let total = census(nodes);
    let arguments: usize = total.filters.iter().map(|key| key.values.len()).sum();
    let unexplained = nodes
        .iter()
        .filter(|node| node.has(&[Word::Miss, Word::Broken]));
    let claim = format!(
        "{} holds {} that test {} with {}; nodes with a value that nothing explains: {}",
        own.name,
        counted(nodes.len(), "node"),
        counted(total.filters.len(), "filter"),
        counted(arguments, "argument"),
        unexplained.count(),
    );
    let tier = match world {
        Some(_) => Tier::Derived,
        None => Tier::Hypothesis,
    };
    Ok(evidence.finding(tier, claim, data))
}

fn to_text(own: &Sheeted, profiles: &[Of<'_>], slots: &Slots) -> String {
    let mut text = format!("{}: layout {}\n", own.name, own.layout);
    for fault in &own.faults {
        text += &format!("  fault: {fault}\n");
    }
    for one in profiles {
        let census = &one.census;
        let name = one.profile.name.as_ref();
        text += &name.map_or(String::new(), |name| format!("  profile {name}\n"));
        text += &format!(
            "  {}; tags {}\n",
            counted(census.nodes, "node"),
            counts(&census.tags)
        );
        for (key, reach) in census.filters.iter().zip(&one.reach) {
            text += &format!(
                "  tag {} filter {}{}: in {}, reached by {}\n",
                key.tag,
                filter(key.filter, key.name.as_deref()),
                if key.other_form { ", other form" } else { "" },
                counted(key.nodes, "node"),
                slots.summary(reach),
            );
            for value in key.values.iter().take(LISTED) {
                text += &line(value);
            }
            if key.values.len() > LISTED {
                let more = counted(key.values.len() - LISTED, "more value");
                text += &format!("    … and {more}\n");
            }
        }
        for row in &census.high_bits {
            text += &format!(
                "  high bits {:#06x}: {}, {} of the low 14 bits, {} of them also with other high bits\n",
                row.high,
                counted(row.nodes, "node"),
                counted(row.low_values, "value"),
                row.pairs
            );
        }
        text += &format!("  edges in {}\n", counts(&one.fan_in));
        text += &format!("  edges out {}\n", counts(&one.fan_out));
    }
    text
}

/// A filter by number, and by name if it has one.
pub(super) fn filter(number: usize, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{number} {name}"),
        None => number.to_string(),
    }
}

fn line(value: &ValueCount) -> String {
    let said = match (value.word, &value.meaning) {
        (Word::Literal, Some(meaning)) => meaning.clone(),
        (word, Some(meaning)) => format!("{} {meaning}", word.name()),
        (word, None) => word.name().to_string(),
    };
    let ValueCount { value, count, .. } = value;
    format!("    {value:>5} {value:#06x} x{count} {said}\n")
}

fn counts(counts: &BTreeMap<usize, usize>) -> String {
    let each = counts
        .iter()
        .map(|(what, count)| format!("{what} x{count}"));
    each.collect::<Vec<_>>().join(", ")
}
