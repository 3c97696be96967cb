//! `lapbelt world diff`: what a build added, removed, renumbered and changed.

use std::fmt::Write as _;

use lapbelt_policy::world::{Change, Delta, What, delta};
use serde_json::{Value, json};

use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The world before: one of `lapbelt world list`, or a file.
    a: String,
    /// The world after.
    b: String,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let ((a, _), (b, _)) = (
        profile::world_and_text(&args.a)?,
        profile::world_and_text(&args.b)?,
    );
    let delta = delta(&a, &b);
    output.answer_either(
        || {
            let changes = delta.changes.iter().map(json).collect::<Vec<_>>();
            let left_out: Vec<&str> = delta.not_compared.iter().map(|p| p.word()).collect();
            json!({"a": a.id(), "b": b.id(), "not_compared": left_out, "changes": changes})
        },
        || text(&delta, a.id(), b.id()),
    );
    Ok(if delta.changes.is_empty() {
        Exit::Yes
    } else {
        Exit::No
    })
}

fn json(change: &Change) -> Value {
    let (kind, name) = (change.kind, &change.name);
    match &change.what {
        What::Added(number) => {
            json!({"kind": kind, "name": name, "change": "added", "to": number})
        }
        What::Removed(number) => {
            json!({"kind": kind, "name": name, "change": "removed", "from": number})
        }
        What::Renumbered { from, to } => {
            json!({"kind": kind, "name": name, "change": "renumbered", "from": from, "to": to})
        }
        What::Changed { field, from, to } => {
            json!({"kind": kind, "name": name, "change": "changed", "field": field, "from": from,
                   "to": to})
        }
        What::Treated { from, to } => {
            json!({"kind": kind, "name": name, "change": "changed", "from": from, "to": to})
        }
    }
}

fn text(delta: &Delta, a: &str, b: &str) -> String {
    let mut text = format!("{a} → {b}\n");
    if !delta.not_compared.is_empty() {
        let left_out: Vec<&str> = delta.not_compared.iter().map(|p| p.word()).collect();
        let _ = writeln!(
            text,
            "not compared, for one of them lacks it: {}",
            left_out.join(", ")
        );
    }
    if delta.changes.is_empty() {
        text.push_str("nothing differs\n");
    }
    let mut last = None;
    let mut changes = delta.changes.iter().peekable();
    while let Some(change) = changes.next() {
        if last.replace(change.kind) != Some(change.kind) {
            let _ = writeln!(text, "\n{}s", change.kind);
        }
        let name = &change.name;
        let line = match &change.what {
            What::Added(number) => format!("+ {name} ({number})"),
            What::Removed(number) => format!("- {name} ({number})"),
            What::Changed { field, from, to } => format!("~ {name}: {field} {from} → {to}"),
            What::Treated { from, to } => {
                let said = |words: &Option<String>| words.clone().unwrap_or("-".to_owned());
                format!("~ {name}: {} → {}", said(from), said(to))
            }
            // A name put in the middle moves all that follow: those are told as one.
            What::Renumbered { from, to } => {
                let mut end = change;
                let mut count = 1;
                while let Some(next) = changes.next_if(|next| is_moved_alike(next, change)) {
                    (end, count) = (next, count + 1);
                }
                match &end.what {
                    What::Renumbered {
                        from: end_from,
                        to: end_to,
                    } if count > 1 => format!(
                        "~ {name} … {}: {count} renumbered, {from}–{end_from} → {to}–{end_to}",
                        end.name
                    ),
                    _ => format!("~ {name}: renumbered {from} → {to}"),
                }
            }
        };
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// Whether both are renumbered by the same distance.
fn is_moved_alike(one: &Change, other: &Change) -> bool {
    let distance = |change: &Change| match change.what {
        What::Renumbered { from, to } => Some(to.wrapping_sub(from)),
        _ => None,
    };
    one.kind == other.kind && distance(one).is_some() && distance(one) == distance(other)
}
