//! Nodes as rows of a table.

use lapbelt_analysis::inventory::{Fan, Node, Profile, census};

use super::super::sheets::Sheeted;
use super::super::slots::Slots;
use crate::parquet_file::{Cells, Column};

/// A row: a node, in a bundle once for each profile that comes by.
struct Row<'s> {
    own: &'s Sheeted,
    profile: &'s Profile,
    index: usize,
    node: &'s Node,
    fan: Fan,
    slots: Vec<usize>,
}

/// The columns of a table of all nodes.
pub(super) fn columns(found: &[Sheeted], slots: &Slots) -> Vec<Column> {
    let rows: Vec<Row<'_>> = found.iter().flat_map(rows).collect();
    let text = |name, cell: &dyn Fn(&Row<'_>) -> Option<String>| Column {
        name,
        cells: Cells::Text(rows.iter().map(cell).collect()),
    };
    let number = |name, cell: &dyn Fn(&Row<'_>) -> Option<usize>| Column {
        name,
        cells: Cells::Number(rows.iter().map(|row| Some(cell(row)? as i64)).collect()),
    };
    let edge = |row: &Row<'_>, which: usize| *row.node.edges.get(which)?;
    let filter = |row: &Row<'_>| row.node.test.as_ref().map(|test| test.filter.clone());
    let other_form = rows.iter().map(|row| Some(filter(row)?.other_form));
    let operations = rows.iter().map(|row| slots.names(&row.slots));
    // What is said of an argument is said by the count of that one node.
    let said = |row: &Row<'_>| {
        let counted = census([row.node]).filters.pop();
        counted.and_then(|mut own| own.values.pop())
    };
    vec![
        text("file", &|row| Some(row.own.name.clone())),
        text("sha256", &|row| Some(row.own.input.sha256.to_string())),
        text("layout", &|row| Some(row.own.layout.clone())),
        text("profile", &|row| row.profile.name.clone()),
        number("node", &|row| Some(row.index)),
        number("offset", &|row| Some(row.node.offset)),
        text("bytes", &|row| Some(row.own.hex(row.node))),
        number("tag", &|row| Some(row.node.tag)),
        number("filter", &|row| Some(filter(row)?.number)),
        text("filter_name", &|row| filter(row)?.name),
        Column {
            name: "other_form",
            cells: Cells::Flag(other_form.collect()),
        },
        number("argument", &|row| Some(row.node.test.as_ref()?.argument)),
        text("word", &|row| Some(said(row)?.word.name().to_string())),
        text("meaning", &|row| said(row)?.meaning),
        number("matched", &|row| edge(row, 0)),
        number("unmatched", &|row| edge(row, 1)),
        number("edges_in", &|row| Some(row.fan.edges_in)),
        number("slots_in", &|row| Some(row.fan.slots_in)),
        number("edges_out", &|row| Some(row.fan.out)),
        Column {
            name: "operations",
            cells: Cells::List(operations.collect()),
        },
    ]
}

fn rows(own: &Sheeted) -> Vec<Row<'_>> {
    let fans = own.sheet.fans();
    let is_bundle = own.sheet.profiles.len() > 1;
    let mut rows = Vec::new();
    for profile in &own.sheet.profiles {
        let nodes = own.sheet.nodes.iter().enumerate();
        for ((index, node), slots) in nodes.zip(own.sheet.reach(profile)) {
            if !is_bundle || !slots.is_empty() {
                rows.push(Row {
                    own,
                    profile,
                    index,
                    node,
                    fan: fans[index],
                    slots,
                });
            }
        }
    }
    rows
}
