//! What is set in tables of a finding's data, by the shape that the commands give it.

use lapbelt_analysis::report::{Align, Block, Level, Table};
use serde_json::Value;

/// Most rows of a table.
const ROWS: usize = 60;

/// The tables of a finding.
pub(super) fn of(data: &Value) -> Vec<Block> {
    let mut blocks = Vec::new();
    for profile in list(&data["profiles"]) {
        let filters = list(&profile["filters"]);
        if filters.is_empty() {
            continue;
        }
        if let Some(name) = profile["name"].as_str() {
            blocks.push(Block::Heading(Level::Part, format!("Profile {name}")));
        }
        blocks.extend(values(filters));
        blocks.push(high_bits(&profile["high_bits"]));
    }
    let seen = list(&data["seen"]);
    if !seen.is_empty() {
        blocks.extend(places(seen));
    }
    blocks
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A value as a cell holds it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A table, and what is said of rows that are left out.
fn table(columns: &[(&str, Align)], mut rows: Vec<Vec<String>>) -> Vec<Block> {
    let more = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let columns = columns
        .iter()
        .map(|(name, align)| ((*name).to_string(), *align));
    let table = Block::Table(Table {
        columns: columns.collect(),
        rows,
    });
    let more = (more > 0).then(|| Block::Paragraph(format!("And {more} more, in the data.")));
    std::iter::once(table).chain(more).collect()
}

/// Arguments by filter.
fn values(filters: &[Value]) -> Vec<Block> {
    let mut rows = Vec::new();
    for filter in filters {
        let name = filter["name"].as_str().unwrap_or_default();
        let form = if filter["other_form"] == true {
            " (other form)"
        } else {
            ""
        };
        for value in list(&filter["values"]) {
            let number = value["value"].as_u64().unwrap_or_default();
            rows.push(vec![
                format!("{} {name}{form}", filter["filter"]),
                number.to_string(),
                format!("{number:#06x}"),
                cell(&value["count"]),
                cell(&value["word"]),
                cell(&value["meaning"]),
            ]);
        }
    }
    let columns = [
        ("filter", Align::Left),
        ("argument", Align::Right),
        ("", Align::Code),
        ("nodes", Align::Right),
        ("vocabulary", Align::Left),
        ("meaning", Align::Left),
    ];
    table(&columns, rows)
}

fn high_bits(rows: &Value) -> Block {
    let rows = list(rows).iter().map(|row| {
        let high = row["high"].as_u64().unwrap_or_default();
        vec![
            format!("{high:#06x}"),
            cell(&row["nodes"]),
            cell(&row["low_values"]),
            cell(&row["pairs"]),
        ]
    });
    let columns = [
        ("high bits", Align::Code),
        ("nodes", Align::Right),
        ("values of the low 14 bits", Align::Right),
        ("of them also with other high bits", Align::Right),
    ];
    let columns = columns.map(|(name, align)| (name.to_string(), align));
    Block::Table(Table {
        columns: columns.to_vec(),
        rows: rows.collect(),
    })
}

/// Where a value was seen.
fn places(seen: &[Value]) -> Vec<Block> {
    let rows = seen.iter().map(|one| {
        let reach = list(&one["reach"]).iter();
        let reach: Vec<String> = reach.map(|own| cell(&own["operations"])).collect();
        vec![
            cell(&one["file"]),
            cell(&one["node"]),
            cell(&one["offset"]),
            cell(&one["bytes"]),
            format!("{} + {}", one["fan"]["edges_in"], one["fan"]["slots_in"]),
            cell(&one["fan"]["out"]),
            reach.join("; "),
            cell(&one["literals_near"]),
        ]
    });
    let columns = [
        ("file", Align::Left),
        ("node", Align::Right),
        ("at byte", Align::Right),
        ("bytes", Align::Code),
        ("edges + slots in", Align::Right),
        ("out", Align::Right),
        ("reached by", Align::Left),
        ("literals near", Align::Left),
    ];
    table(&columns, rows.collect())
}
