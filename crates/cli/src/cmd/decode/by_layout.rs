//! `lapbelt decode --layout`: nodes and edges by a layout that was found, without their meanings.

use std::path::Path;

use lapbelt_blob::infer::apply::{Node, Read};
use lapbelt_blob::infer::record::Edges;
use serde_json::{Value, json};

use crate::corpus;
use crate::exit::{CommandError, Exit};
use crate::layout_file;
use crate::output::Output;

pub(super) fn run(blob: &Path, layout: &Path, output: &Output) -> Result<Exit, CommandError> {
    let layout = layout_file::read(layout)?;
    let member = corpus::member(blob)?;
    let read = layout.read(&member.bytes);
    let read = read.ok_or_else(|| {
        CommandError::of_named(&member.name, "its sections are not of that layout")
    })?;
    output.answer_either(|| json(&read, &member.bytes), || text(&read, &member.bytes));
    Ok(Exit::Yes)
}

fn literal(read: &Read, number: usize, bytes: &[u8]) -> String {
    let content = read.literals[number].content.clone();
    bytes[content].escape_ascii().to_string()
}

fn json(read: &Read, bytes: &[u8]) -> Value {
    let node = |(number, node): (usize, &Node)| {
        let (matched, unmatched) = match node.edges {
            Edges::Terminal => (None, None),
            Edges::Branch(matched, unmatched) => (matched, unmatched),
        };
        json!({"node": number, "offset": node.offset, "tag": node.tag, "filter": node.filter,
               "argument": node.argument,
               "literal": node.literal.map(|own| literal(read, own, bytes)),
               "matched": matched, "unmatched": unmatched})
    };
    let cut = &read.cut;
    json!({"op_table_offset": cut.op_table, "node_offset": cut.nodes, "op_table": read.entries,
           "nodes": read.nodes.iter().enumerate().map(node).collect::<Vec<_>>()})
}

fn text(read: &Read, bytes: &[u8]) -> String {
    let name = |node: Option<usize>| node.map_or("nowhere".to_string(), |own| own.to_string());
    let mut text = format!("op table at byte {}\n", read.cut.op_table);
    let mut targets = read.entries.clone();
    targets.sort();
    targets.dedup();
    for target in targets {
        let own = read.entries.iter().enumerate();
        let own = own.filter(|(_, entry)| **entry == target);
        let slots: Vec<String> = own.map(|(slot, _)| slot.to_string()).collect();
        text += &format!("  {:>5}  {}\n", name(target), slots.join(" "));
    }
    text += &format!("\nnodes at byte {}\n", read.cut.nodes);
    for (number, node) in read.nodes.iter().enumerate() {
        text += &format!("  {number:>5}  tag {}", node.tag);
        if let Edges::Branch(matched, unmatched) = node.edges {
            for (what, value) in [("filter", node.filter), ("argument", node.argument)] {
                text += &value.map_or(String::new(), |value| format!(" {what} {value}"));
            }
            if let Some(own) = node.literal {
                text += &format!(" \"{}\"", literal(read, own, bytes));
            }
            text += &format!("? {} : {}", name(matched), name(unmatched));
        }
        text.push('\n');
    }
    text
}
