//! `lapbelt lab layout diff`: what differs between two files, by a layout that was found.

use std::path::{Path, PathBuf};

use lapbelt_blob::infer::Layout;
use lapbelt_blob::infer::apply::{Node, Read};
use lapbelt_blob::infer::infer;
use lapbelt_blob::infer::record::Edges;
use serde_json::{Value, json};

use crate::corpus::{self, Member};
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

/// One thing that differs.
struct Change {
    /// What it is.
    place: String,
    one: Option<String>,
    other: Option<String>,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let members = [corpus::member(&args.one)?, corpus::member(&args.other)?];
    let layout = layout(args.layout.as_deref(), &members)?;
    let [one, other] = &members;
    let changes = changes(one, other, &layout)?;
    output.answer_either(
        || {
            let change = |own: &Change| json!({"place": own.place, "a": own.one, "b": own.other});
            Value::from_iter([("changes", changes.iter().map(change).collect::<Value>())])
        },
        || {
            let shown = |own: &Option<String>| own.clone().unwrap_or_else(|| "none".to_string());
            let line = |own: &Change| {
                format!(
                    "{}: {} -> {}\n",
                    own.place,
                    shown(&own.one),
                    shown(&own.other)
                )
            };
            match changes.is_empty() {
                true => "nothing differs\n".to_string(),
                false => changes.iter().map(line).collect(),
            }
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
    let best = infer(&blobs).into_iter().next();
    let found = best.map(|best| best.layout);
    found.ok_or_else(|| CommandError::Other("no layout fits both files".to_string()))
}

fn changes(one: &Member, other: &Member, layout: &Layout) -> Result<Vec<Change>, CommandError> {
    let read = |own: &Member| {
        let read = layout.read(&own.bytes);
        let error = || CommandError::Other(format!("{}: not of that layout", own.name));
        read.ok_or_else(error)
    };
    let (a, b) = (read(one)?, read(other)?);
    let mut changes = Vec::new();
    let mut compare = |place: String, one: Option<String>, other: Option<String>| {
        if one != other {
            changes.push(Change { place, one, other });
        }
    };
    for at in 0..layout.frame.header_length {
        let byte = |own: &Member| own.bytes.get(at).map(|byte| format!("{byte:#04x}"));
        compare(format!("header byte {at}"), byte(one), byte(other));
    }
    let index = |own: Option<usize>| own.map_or("nowhere".to_string(), |own| own.to_string());
    for slot in 0..a.entries.len().max(b.entries.len()) {
        let entry = |own: &Read| own.entries.get(slot).map(|own| index(*own));
        compare(format!("op table entry {slot}"), entry(&a), entry(&b));
    }
    for number in 0..a.nodes.len().max(b.nodes.len()) {
        let (left, right) = (a.nodes.get(number), b.nodes.get(number));
        let mut field = |name: &str, value: &dyn Fn(&Node) -> Option<String>| {
            compare(
                format!("node {number} {name}"),
                left.and_then(value),
                right.and_then(value),
            );
        };
        let edge = |own: &Node, is_match: bool| match own.edges {
            Edges::Terminal => None,
            Edges::Branch(matched, unmatched) => {
                Some(index(if is_match { matched } else { unmatched }))
            }
        };
        field("tag", &|own| Some(own.tag.to_string()));
        field("filter", &|own| own.filter.map(|own| own.to_string()));
        field("argument", &|own| own.argument.map(|own| own.to_string()));
        field("match", &|own| edge(own, true));
        field("unmatch", &|own| edge(own, false));
    }
    for number in 0..a.literals.len().max(b.literals.len()) {
        let literal = |own: &Member, read: &Read| {
            let stored = read.literals.get(number)?;
            Some(own.bytes[stored.content.clone()].escape_ascii().to_string())
        };
        compare(
            format!("literal {number}"),
            literal(one, &a),
            literal(other, &b),
        );
    }
    Ok(changes)
}
