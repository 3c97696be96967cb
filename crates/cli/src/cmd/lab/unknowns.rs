//! `lapbelt lab unknowns`: values that no vocabulary explains, each with what is around it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lapbelt_analysis::finding::{Input, Tier};
use lapbelt_analysis::inventory::{Context, Word, unexplained};
use serde_json::json;

use super::inventory::{filter, told_apart};
use super::sheets::{SheetArgs, Sheeted, sheets, tell, told};
use super::slots::Slots;
use crate::evidence;
use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::replace::write_out;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    sheets: SheetArgs,
    /// Also list numbers of filters that have no vocabulary at all, such as ports and user ids.
    #[arg(long)]
    numbers: bool,
    /// Read nodes by a layout that `lapbelt lab layout infer --export` wrote; then nothing but
    /// literals is explained.
    #[arg(long, value_name = "FILE")]
    layout: Option<PathBuf>,
    /// Also write the findings to a file, for `lapbelt lab report`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A value of a filter; of flags and modifiers without one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Unknown {
    tag: usize,
    filter: Option<usize>,
    name: Option<String>,
    other_form: bool,
    of: &'static str,
    value: i64,
    word: Word,
}

/// Where a value was seen.
struct Seen<'s> {
    own: &'s Sheeted,
    context: Context,
    /// By name of a profile, the slots that come by.
    reach: Vec<(Option<&'s str>, Vec<usize>)>,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let world = args.sheets.world()?;
    let (found, skipped) = told_apart(sheets(&args.sheets, args.layout.as_deref(), &world)?)?;
    let known = args.layout.is_none().then_some(&world);
    let slots = Slots::of(known);
    let mut words = vec![Word::Miss, Word::Broken, Word::Unasked];
    words.extend(args.numbers.then_some(Word::Fallback));
    let unknowns = collect(&found, &words);
    let mut findings = Vec::new();
    let mut text = String::new();
    for (unknown, seen) in &unknowns {
        let mut inputs: Vec<Input> = seen.iter().map(|one| one.own.input.clone()).collect();
        inputs.dedup();
        let evidence = evidence::evidence(known, inputs)?;
        let data = json!({
            "tag": unknown.tag, "filter": unknown.filter, "filter_name": unknown.name,
            "other_form": unknown.other_form, "of": unknown.of, "value": unknown.value,
            "word": unknown.word, "seen": seen.iter().map(|one| json(one, &slots))
                .collect::<Vec<_>>(),
        });
        let tier = known.map_or(Tier::Hypothesis, |_| Tier::Derived);
        findings.push(evidence.finding(tier, claim(unknown, seen), data));
        text += &to_text(unknown, seen, &slots);
    }
    let answer = json!({"findings": findings, "skipped": told(&skipped)});
    if let Some(path) = &args.out {
        write_out(path, format!("{answer:#}\n").as_bytes())?;
    }
    tell(&skipped, output);
    let files = counted(found.len(), "file");
    let values = counted(unknowns.len(), "value");
    output.answer_either(
        || answer,
        || match unknowns.is_empty() {
            true => format!("every value of {files} is explained\n"),
            false => format!("{text}{values} that nothing explains, in {files}\n"),
        },
    );
    Ok(match findings.is_empty() {
        true => Exit::Yes,
        false => Exit::No,
    })
}

fn collect<'s>(found: &'s [Sheeted], words: &[Word]) -> BTreeMap<Unknown, Vec<Seen<'s>>> {
    let mut unknowns: BTreeMap<Unknown, Vec<Seen<'s>>> = BTreeMap::new();
    for own in found {
        let contexts = unexplained(&own.sheet, words);
        if contexts.is_empty() {
            continue;
        }
        let profiles = own.sheet.profiles.iter();
        let reaches: Vec<_> = profiles.map(|p| (p, own.sheet.reach(p))).collect();
        for context in contexts {
            let reach = reaches.iter().map(|(profile, reach)| {
                let slots = reach[context.node].clone();
                (profile.name.as_deref(), slots)
            });
            let reach = reach.filter(|(_, slots)| !slots.is_empty()).collect();
            let unknown = Unknown {
                tag: context.tag,
                filter: context.filter,
                name: context.filter_name.clone(),
                other_form: context.other_form,
                of: context.of,
                value: context.value,
                word: context.word,
            };
            let seen = Seen {
                own,
                context,
                reach,
            };
            unknowns.entry(unknown).or_default().push(seen);
        }
    }
    unknowns
}

fn subject(unknown: &Unknown) -> String {
    let form = if unknown.other_form {
        ", other form"
    } else {
        ""
    };
    let of = match unknown.filter {
        Some(number) => format!("filter {}{form}", filter(number, unknown.name.as_deref())),
        None => "a decision".to_string(),
    };
    let why = match unknown.word {
        Word::Miss => "has no name where others have one",
        Word::Fallback => "is a number without a vocabulary",
        Word::Broken => "does not hold together with the file",
        _ => "was read without a vocabulary",
    };
    let value = unknown.value;
    format!(
        "{} {value} ({value:#06x}) of {of}, tag {}, {why}",
        unknown.of, unknown.tag
    )
}

fn claim(unknown: &Unknown, seen: &[Seen<'_>]) -> String {
    format!(
        "{}; seen in {}",
        subject(unknown),
        counted(seen.len(), "node")
    )
}

fn json(seen: &Seen<'_>, slots: &Slots) -> serde_json::Value {
    let node = &seen.own.sheet.nodes[seen.context.node];
    let reach = seen.reach.iter();
    let reach = reach.map(|(name, own)| json!({"profile": name, "operations": slots.names(own)}));
    json!({"file": seen.own.name, "node": seen.context.node, "offset": seen.context.offset,
           "bytes": seen.own.hex(node), "fan": seen.context.fan,
           "reach": reach.collect::<Vec<_>>(), "literals_near": seen.context.literals_near})
}

/// Most places that are listed of one value to a person.
const PLACES: usize = 4;

fn to_text(unknown: &Unknown, seen: &[Seen<'_>], slots: &Slots) -> String {
    let mut text = format!("{}\n", subject(unknown));
    for one in seen.iter().take(PLACES) {
        let (context, fan) = (&one.context, &one.context.fan);
        let node = &one.own.sheet.nodes[context.node];
        text += &format!(
            "  {} node {} at byte {}: {}\n    {} and {} in, {} out; ",
            one.own.name,
            context.node,
            context.offset,
            one.own.hex(node),
            counted(fan.edges_in, "edge"),
            counted(fan.slots_in, "slot"),
            fan.out,
        );
        let reach = one.reach.iter().map(|(name, own)| {
            let name = name.map_or(String::new(), |name| format!("{name}: "));
            format!("{name}{}", slots.summary(own))
        });
        let reach = reach.collect::<Vec<_>>().join("; ");
        text += &match reach.is_empty() {
            true => "no operation comes by\n".to_string(),
            false => format!("reached by {reach}\n"),
        };
        if !context.literals_near.is_empty() {
            text += &format!("    near {}\n", context.literals_near.join(", "));
        }
    }
    if seen.len() > PLACES {
        let more = counted(seen.len() - PLACES, "more node");
        text += &format!("  … and {more}\n");
    }
    text
}
