//! `lapbelt lab roles check`: structure fails, a value that is merely unknown never does.

use std::path::PathBuf;

use lapbelt_analysis::finding::{Finding, Tier};
use lapbelt_analysis::inventory::{Role, roles};
use lapbelt_policy::world::World;
use serde_json::{Value, json};

use super::drift::{Drift, drift};
use super::pin::pinned;
use crate::cmd::lab::inventory::filter;
use crate::cmd::lab::sheets::{SheetArgs, Sheeted, sheets, tell, told};
use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::replace::write_out;
use crate::{evidence, profile};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    sheets: SheetArgs,
    /// Write what is known of these profiles to a file.
    #[arg(long, value_name = "FILE")]
    pin: Option<PathBuf>,
    /// Fail if what is known differs from what such a file has.
    #[arg(long, value_name = "FILE", conflicts_with = "pin")]
    guard: Option<PathBuf>,
}

/// What a tag and filter is declared to be.
struct Declared {
    tag: usize,
    /// Number, name and form; none for nodes that decide.
    filter: Option<(usize, Option<String>, bool)>,
    /// Kind of the argument; none if none is declared.
    kind: Option<&'static str>,
    counts: Role,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let world = args.sheets.world()?;
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    let (mut inputs, mut skipped) = (Vec::new(), Vec::new());
    for one in sheets(&args.sheets, None, &world)? {
        match one {
            Ok(own) => {
                inputs.push(own.input.clone());
                faults.extend(
                    own.faults
                        .iter()
                        .map(|what| format!("{}: {what}", own.name)),
                );
                found.push(own);
            }
            // It is not what was asked, nor is it an answer.
            Err(own) if own.is_source => skipped.push(own),
            Err(own) => {
                inputs.push(own.input);
                faults.push(format!("{}: {}", own.name, own.why));
            }
        }
    }
    match skipped.first() {
        Some(first) if inputs.is_empty() => {
            let message = format!("{}: {}", first.name, first.why);
            return Err(CommandError::Other(message));
        }
        _ => tell(&skipped, output),
    }
    let declared = declared(&found, &world);
    let evidence = evidence::evidence(Some(&world), inputs)?;
    let known = pinned(&found, &world)?;
    let claim = format!(
        "{} in {}, with {}: this is what they hold",
        counted(
            declared.iter().filter(|own| own.kind.is_some()).count(),
            "role"
        ),
        counted(found.len(), "file"),
        counted(faults.len(), "fault")
    );
    let finding = evidence.finding(Tier::Derived, claim, known);
    if let Some(path) = &args.pin {
        write_out(path, format!("{:#}\n", json!(finding)).as_bytes())?;
    }
    let drifts = match &args.guard {
        Some(path) => {
            let pinned = serde_json::from_slice(&profile::read_bytes(path)?).ok();
            let is_pin =
                |own: &Finding| own.data["files"].is_object() && own.data["kinds"].is_object();
            let Some(pinned) = pinned.filter(is_pin) else {
                return Err(CommandError::Other(format!(
                    "{} is no guardrail; `lapbelt lab roles check --pin FILE` writes one",
                    path.display()
                )));
            };
            drift(&pinned.data, &finding.data)
        }
        None => Vec::new(),
    };
    let holds = faults.is_empty() && drifts.is_empty();
    output.answer_either(
        || {
            let roles: Vec<Value> = declared.iter().map(to_json).collect();
            let drifts = drifts.iter();
            let drifts = drifts.map(|one| {
                json!({"what": one.what, "pinned": one.pinned,
                                                 "now": one.now})
            });
            json!({"world": world.id(), "files": found.len(), "roles": roles, "faults": faults,
                   "drift": drifts.collect::<Vec<_>>(), "skipped": told(&skipped),
                   "findings": [finding]})
        },
        || to_text(&declared, &faults, &drifts, found.len(), &world),
    );
    Ok(match holds {
        true => Exit::Yes,
        false => Exit::No,
    })
}

fn declared(found: &[Sheeted], world: &World) -> Vec<Declared> {
    let nodes = found.iter().flat_map(|own| &own.sheet.nodes);
    let mut rows = Vec::new();
    for ((tag, key), counts) in roles(nodes) {
        let info = key.and_then(|(number, _)| {
            world
                .filters()
                .iter()
                .find(|own| usize::from(own.id.0) == number)
        });
        let kind = match (tag, key) {
            (0, Some(_)) => info.map(|own| own.kind.word()),
            (1, None) => Some("decision"),
            _ => None,
        };
        rows.push(Declared {
            tag,
            filter: key.map(|(number, form)| (number, info.map(|own| own.name.clone()), form)),
            kind,
            counts,
        });
    }
    rows
}

fn to_json(own: &Declared) -> Value {
    let filter = own.filter.as_ref();
    json!({"tag": own.tag, "filter": filter.map(|(number, ..)| number),
           "name": filter.and_then(|(_, name, _)| name.as_ref()),
           "other_form": filter.is_some_and(|(.., form)| *form),
           "kind": own.kind, "counts": own.counts})
}

fn to_text(
    declared: &[Declared],
    faults: &[String],
    drifts: &[Drift],
    files: usize,
    world: &World,
) -> String {
    let row = |own: [&str; 7]| {
        let [what, kind, numbers @ ..] = own;
        let numbers: String = numbers.iter().map(|own| format!(" {own:>8}")).collect();
        format!("{what:<40} {kind:<13}{numbers}\n")
    };
    let head = [
        "tag and filter",
        "kind",
        "hit",
        "miss",
        "fallback",
        "literal",
        "broken",
    ];
    let mut text = row(head);
    for own in declared {
        let what = match &own.filter {
            Some((number, name, form)) => format!(
                "tag {} filter {}{}",
                own.tag,
                filter(*number, name.as_deref()),
                if *form { ", other form" } else { "" }
            ),
            None => format!("tag {}", own.tag),
        };
        let counts = &own.counts;
        let numbers = [
            counts.hit,
            counts.miss,
            counts.fallback,
            counts.literal,
            counts.broken,
        ];
        let [hit, miss, fallback, literal, broken] = numbers.map(|count| count.to_string());
        let kind = own.kind.unwrap_or("NONE");
        text += &row([&what, kind, &hit, &miss, &fallback, &literal, &broken]);
    }
    for fault in faults {
        text += &format!("fault: {fault}\n");
    }
    for one in drifts {
        let shown = |own: &Option<Value>| {
            own.as_ref()
                .map_or("nothing".to_string(), ToString::to_string)
        };
        text += &format!(
            "drift: {}: pinned {}, now {}\n",
            one.what,
            shown(&one.pinned),
            shown(&one.now)
        );
    }
    text += &format!(
        "{}, {}, {}, in {}\n",
        counted(files, "file"),
        counted(faults.len(), "fault"),
        counted(drifts.len(), "drift"),
        world.id()
    );
    text
}
