//! `lapbelt decode`: what a compiled profile says, node by node or byte by byte.

mod by_layout;

use std::path::PathBuf;

use lapbelt_blob::decode::{Blob, Node, NodeIndex};
use lapbelt_blob::explain;
use lapbelt_blob::layout::RecordField;
use lapbelt_policy::escaped::escaped;
use lapbelt_policy::world::World;
use serde_json::{Value, json};

use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::{profile, subject};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The compiled profile or bundle; `-` for standard input.
    blob: PathBuf,
    /// Show every byte with what it says.
    #[arg(long)]
    bytes: bool,
    /// Read nodes and edges by a layout that `lapbelt lab layout infer --export` wrote.
    #[arg(long, value_name = "FILE", conflicts_with = "bytes")]
    layout: Option<PathBuf>,
    /// The OS build that it was compiled for.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    if let Some(layout) = &args.layout {
        return by_layout::run(&args.blob, layout, output);
    }
    let world = profile::world(&args.world)?;
    let bytes = profile::read_bytes(&args.blob)?;
    let blob = subject::blob(&args.blob, &bytes, &world)?;
    output.answer_either(
        || {
            let mut answer = json(&blob, &world);
            if args.bytes {
                let rows = explain::rows(&blob, &bytes, &world);
                let row = |row: &explain::Row| {
                    json!({"start": row.start, "end": row.end, "meaning": row.meaning})
                };
                answer["bytes"] = rows.iter().map(row).collect();
            }
            answer
        },
        || {
            if args.bytes {
                dump(&explain::rows(&blob, &bytes, &world), &bytes)
            } else {
                text(&blob, &world)
            }
        },
    );
    Ok(Exit::Yes)
}

/// A hex dump with meanings: up to 16 bytes a line, the meaning at the first of a row.
fn dump(rows: &[explain::Row], bytes: &[u8]) -> String {
    let mut text = String::new();
    for row in rows {
        let mut meaning = row.meaning.as_str();
        for (index, line) in bytes[row.start..row.end].chunks(16).enumerate() {
            let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let line = format!(
                "{:08x}  {:<47}  {meaning}",
                row.start + 16 * index,
                hex.join(" ")
            );
            text.push_str(line.trim_end());
            text.push('\n');
            meaning = "";
        }
    }
    text
}

fn text(blob: &Blob, world: &World) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    for evidence in &blob.provenance.evidence {
        line(format!("; {evidence}"));
    }
    for (name, what) in [
        (&blob.provenance.same, "says the same"),
        (&blob.provenance.differing, "would read it in another way"),
    ] {
        if !name.is_empty() {
            line(format!("; layout {} {what}", name.join(", ")));
        }
    }
    for rejection in &blob.provenance.rejected {
        line(format!("; not {}: {}", rejection.layout, rejection.error));
    }
    for (index, profile) in blob.profiles.iter().enumerate() {
        line(String::new());
        match profile.name {
            Some(name) => line(format!(
                "profile {index} \"{}\"",
                blob.text(name).escape_ascii()
            )),
            None => line("op table".to_string()),
        }
        let mut entries: Vec<(NodeIndex, Vec<String>)> = Vec::new();
        for (operation, entry) in explain::slots(world).zip(&profile.entries) {
            let name = explain::operation(operation, world);
            match entries.iter_mut().find(|(own, _)| own == entry) {
                Some((_, names)) => names.push(name),
                None => entries.push((*entry, vec![name])),
            }
        }
        entries.sort();
        for (entry, names) in entries {
            line(format!("  {entry:>5}  {}", names.join(" ")));
        }
    }
    line(String::new());
    line("nodes".to_string());
    for index in (0..).map(NodeIndex).take(blob.nodes.len()) {
        let node = explain::node(blob, index, world);
        line(match blob.node(index) {
            Node::Filter {
                matched, unmatched, ..
            } => format!("  {index:>5}  {node}? {matched} : {unmatched}"),
            Node::Terminal(_) => format!("  {index:>5}  {node}"),
        });
    }
    for (name, starts) in [("message filters", &blob.policies)] {
        if !starts.is_empty() {
            line(String::new());
            line(name.to_string());
            for (index, start) in starts.iter().enumerate() {
                line(format!("  {index:>5}  starts at node {start}"));
            }
        }
    }
    text
}

fn json(blob: &Blob, world: &World) -> Value {
    let provenance = &blob.provenance;
    let rejected = provenance.rejected.iter();
    let rejected =
        rejected.map(|one| json!({"layout": one.layout, "error": one.error.to_string()}));
    let text = |at| escaped(blob.text(at));
    let header = blob.header.fields.iter();
    let header = header.map(|(field, value)| json!({"field": field.name(), "value": value}));
    let profiles = blob.profiles.iter().map(|profile| {
        let entries = explain::slots(world).zip(&profile.entries);
        let entries = entries.map(|(id, entry)| (explain::operation(id, world), json!(entry.0)));
        let fields = profile.fields.iter();
        let fields = fields.filter(|(field, _)| *field != RecordField::Name);
        let fields = fields.map(|(field, value)| json!({"field": field.name(), "value": value}));
        json!({"name": profile.name.map(text), "fields": fields.collect::<Vec<_>>(),
               "op-table": entries.collect::<serde_json::Map<_, _>>()})
    });
    let nodes = (0..).map(NodeIndex).take(blob.nodes.len());
    json!({
        "world": world.id(),
        "provenance": {"layout": blob.layout.name, "source": blob.layout.source,
                       "evidence": provenance.evidence, "same": provenance.same,
                       "differing": provenance.differing, "rejected": rejected.collect::<Vec<_>>()},
        "header": header.collect::<Vec<_>>(),
        "profiles": profiles.collect::<Vec<_>>(),
        "nodes": nodes.map(|index| node_json(blob, index, world)).collect::<Vec<_>>(),
        "regexes": blob.regexes.iter().map(|at| explain::literal_text(blob, *at)).collect::<Vec<_>>(),
        "variables": blob.variables.iter().copied().map(text).collect::<Vec<_>>(),
        "states": blob.states.iter().copied().map(text).collect::<Vec<_>>(),
        "message-filters": blob.policies.iter().map(|node| node.0).collect::<Vec<_>>(),
    })
}

fn node_json(blob: &Blob, index: NodeIndex, world: &World) -> Value {
    let offset = blob.node_at(index);
    match blob.node(index) {
        Node::Filter {
            filter,
            argument,
            matched,
            unmatched,
        } => json!({"node": index.0, "offset": offset, "filter": world.filter(*filter).name,
                    "argument": explain::argument(blob, *filter, *argument, world),
                    "matched": matched.0, "unmatched": unmatched.0}),
        Node::Terminal(terminal) => {
            let modifiers = terminal.modifiers.iter();
            let modifiers = modifiers.map(|one| explain::modified(one, world));
            let filters = terminal.message_filters.iter().map(|filter| {
                json!({"operation": explain::operation(filter.operation, world),
                       "number": filter.policy})
            });
            json!({"node": index.0, "offset": offset, "decision": terminal.action.word(),
                   "flags": terminal.flags, "modifiers": modifiers.collect::<Vec<_>>(),
                   "message-filters": filters.collect::<Vec<_>>()})
        }
    }
}
