//! What is drawn of a finding's data, by the shape that the commands give it.

use std::collections::BTreeSet;

use lapbelt_analysis::report::{Block, Cell, Curves, Figure, Grid, Plot, Series};
use serde_json::Value;

use crate::cmd::lab::slots::Slots;
use crate::corpus::from_hex;

/// The figures of a finding.
pub(super) fn of(data: &Value, slots: &Slots) -> Vec<Block> {
    let figures = [
        scores(data),
        terms(data),
        region(data),
        buckets(data, slots),
    ];
    figures.into_iter().flatten().map(Block::Figure).collect()
}

fn score(own: &Value) -> f64 {
    own["score"].as_f64().unwrap_or(f64::NAN)
}

/// Scores of hypotheses, best first.
fn scores(data: &Value) -> Option<Figure> {
    let values: Vec<f64> = data["scores"].as_array()?.iter().map(score).collect();
    let margin = match values.as_slice() {
        [best, second, ..] => format!("; the first is {:.4} ahead of the second", best - second),
        _ => String::new(),
    };
    let caption = format!("Scores of {} hypotheses, best first{margin}.", values.len());
    let series = vec![Series {
        name: "score".to_string(),
        values,
    }];
    let plot = Plot::Curves(Curves {
        x: "hypothesis, by rank".to_string(),
        y: "score".to_string(),
        series,
    });
    Some(Figure { caption, plot })
}

/// What each term gives to each hypothesis.
fn terms(data: &Value) -> Option<Figure> {
    let scores = data["scores"].as_array()?;
    let names = scores.first()?["terms"].as_object()?.keys();
    let value = |own: &Value, name: &str| own["terms"][name].as_f64();
    let rows = names.map(|name| {
        let values: Vec<Option<f64>> = scores.iter().map(|own| value(own, name)).collect();
        let most = values.iter().flatten().copied().fold(0.0, f64::max);
        let cells = values.into_iter().map(|value| Cell {
            shade: value.map(|value| if most > 0.0 { value / most } else { 0.0 }),
            says: value.map_or("none".to_string(), |value| format!("{value:.4}")),
        });
        (name.clone(), cells.collect())
    });
    let grid = Grid {
        x: "hypothesis, by rank".to_string(),
        first: 1,
        columns: (1..=scores.len())
            .map(|rank| format!("hypothesis {rank}"))
            .collect(),
        rows: rows.collect(),
        scale: ("nothing".to_string(), "the most that any has".to_string()),
    };
    let caption = "What each term of the score gives to each hypothesis, against the most that \
                   it gives to any.";
    Some(Figure {
        caption: caption.to_string(),
        plot: Plot::Grid(grid),
    })
}

/// The bytes of nodes.
fn region(data: &Value) -> Option<Figure> {
    let region = &data["region"];
    let stride = usize::try_from(region["stride"].as_u64()?).ok()?;
    let rows = region["rows"].as_array()?.iter().filter_map(Value::as_str);
    let nodes = rows.map(|row| from_hex(row.as_bytes()));
    let nodes = nodes.collect::<Option<Vec<Vec<u8>>>>()?;
    if nodes.is_empty() {
        return None;
    }
    let fields = region["fields"].as_object();
    let name = |at: usize| {
        let holds = |(_, field): &(&String, &Value)| {
            let number = |key: &str| field[key].as_u64().unwrap_or(0);
            let start = number("offset");
            (start..start.saturating_add(number("size"))).contains(&(at as u64))
        };
        let found = fields.and_then(|fields| fields.iter().find(holds));
        found.map_or("byte", |(name, _)| name.as_str())
    };
    let byte = |at: usize| {
        let values = nodes.iter().map(|node| node.get(at).copied());
        let differing: BTreeSet<u8> = values.clone().flatten().collect();
        let cells = values.map(|value| Cell {
            // Most values are small, and zero is to be told from them.
            shade: value.map(|value| f64::from(value).ln_1p() / 256f64.ln()),
            says: value.map_or("none".to_string(), |value| format!("{value:#04x}, {value}")),
        });
        let count = differing.len();
        (
            format!("{at} {}: {count} values", name(at)),
            cells.collect(),
        )
    };
    let grid = Grid {
        x: "node".to_string(),
        first: 0,
        columns: (0..nodes.len())
            .map(|index| format!("node {index}"))
            .collect(),
        rows: (0..stride.min(64)).map(byte).collect(),
        scale: ("0x00".to_string(), "0xff".to_string()),
    };
    let all = region["nodes"].as_u64().unwrap_or(nodes.len() as u64);
    let shown = match all == nodes.len() as u64 {
        true => "all".to_string(),
        false => format!("the first {} of", nodes.len()),
    };
    let caption = format!(
        "The bytes of {shown} {all} nodes, {stride} bytes each, from byte {} of {} on. A field shows \
         as a row of its own.",
        region["offset"],
        data["file"].as_str().unwrap_or("the file"),
    );
    Some(Figure {
        caption,
        plot: Plot::Grid(grid),
    })
}

/// Op tables by the names of their profiles: wherever there is `op_entries`.
pub(super) fn op_entries(data: &Value) -> Vec<(String, Vec<u64>)> {
    let mut found = Vec::new();
    collect("", data, &mut found);
    found
}

fn collect(name: &str, value: &Value, found: &mut Vec<(String, Vec<u64>)>) {
    match value {
        Value::Object(object) => {
            let named = ["id", "name", "profile", "file"]
                .iter()
                .find_map(|key| object.get(*key)?.as_str());
            if let Some(Value::Array(entries)) = object.get("op_entries") {
                let entries = entries.iter().filter_map(Value::as_u64).collect();
                found.push((named.unwrap_or(name).to_string(), entries));
                return;
            }
            object
                .iter()
                .for_each(|(key, own)| collect(key, own, found));
        }
        Value::Array(list) => list.iter().for_each(|own| collect(name, own, found)),
        _ => {}
    }
}

/// Where each slot of each op table leads.
fn buckets(data: &Value, names: &Slots) -> Option<Figure> {
    let tables = op_entries(data);
    let slots = tables.iter().map(|(_, entries)| entries.len()).max()?;
    let rows = tables.iter().map(|(name, entries)| {
        let mut distinct = entries.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let last = distinct.len().saturating_sub(1).max(1) as f64;
        let cells = (0..slots).map(|slot| match entries.get(slot) {
            Some(entry) => Cell {
                shade: distinct
                    .binary_search(entry)
                    .ok()
                    .map(|rank| (distinct.len() - 1 - rank) as f64 / last),
                says: format!("starts at node {entry}"),
            },
            None => Cell {
                shade: None,
                says: "no such slot".to_string(),
            },
        });
        (name.clone(), cells.collect())
    });
    let grid = Grid {
        x: "operation, by its slot".to_string(),
        first: 0,
        columns: (0..slots).map(|slot| names.name(slot)).collect(),
        rows: rows.collect(),
        scale: (
            "the last node, the default".to_string(),
            "the first".to_string(),
        ),
    };
    let caption = "Where the decision of each operation starts. Slots of one profile that have one \
                   shade start at one node.";
    Some(Figure {
        caption: caption.to_string(),
        plot: Plot::Grid(grid),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_or_a_row_that_cannot_be_is_no_field_and_no_figure() {
        let of = |row: &str, size: u64| {
            let field = json!({"tag": {"offset": u64::MAX, "size": size}});
            region(&json!({"region": {"stride": 2, "rows": ["0001", row], "fields": field}}))
        };
        assert!(of("0102", 1).is_some());
        assert!(of("+f+f", 1).is_none());
    }
}
