//! Where an op table that ends at a place starts.

use super::columns::Column;
use super::field::FieldAt;
use super::frame::{Count, NodesAt};
use super::length::Adaptive;
use super::tables::{FEWEST, Fixed, Front};

/// Heads kept for each op table of which a header field says the length.
const KEPT: usize = 8;
/// Heads kept of which none does.
const PEAKS: usize = 5;

/// What may stand in front of a table of at most `rows` entries, and how many of them it has then:
/// as many as a header field says, or as are better described as entries than as header bytes.
pub(super) fn heads(
    fixed: &Fixed,
    rows: usize,
    columns: &[Column],
    savings: &[f64],
) -> Vec<(Front, usize)> {
    let mut counts: Vec<(usize, Count)> = Vec::new();
    let most = |a: &usize, b: &usize| savings[*a].total_cmp(&savings[*b]);
    let own = (FEWEST - 1..rows).max_by(most).map_or(rows, |row| row + 1);
    for column in columns.iter().filter(|own| !own.varies()) {
        let count = column.values[0];
        if !(FEWEST..=rows).contains(&count) {
            continue;
        }
        let start = fixed.end - fixed.slot * count;
        let is_free = |field: &&FieldAt| {
            field.end() <= start || (fixed.end <= field.offset && field.end() <= fixed.nodes)
        };
        if let Some(field) = column.fields.iter().find(is_free) {
            counts.push((count, Count::Stated(*field)));
        }
    }
    // Those nearest to what is likely.
    counts.sort_by_key(|(count, _)| count.abs_diff(own));
    counts.truncate(KEPT);
    // Where one more row would cost more than it saves.
    let is_peak = |row: &usize| *row + 1 == rows || savings[*row] >= savings[row + 1];
    let mut peaks: Vec<usize> = (FEWEST - 1..rows).filter(is_peak).collect();
    peaks.sort_by(|a, b| most(b, a));
    for row in peaks.into_iter().take(PEAKS) {
        let count = row + 1;
        if !counts.iter().any(|(other, _)| *other == count) {
            counts.push((count, Count::Fixed(count)));
        }
    }
    let nodes = nodes(fixed, columns);
    let front = |(count, op_count)| {
        let front = Front {
            header_length: fixed.end - fixed.slot * count,
            tables: Vec::new(),
            op_count,
            nodes,
        };
        (front, count)
    };
    counts.into_iter().map(front).collect()
}

/// Bits that each number of rows saves as entries, where they would else be header bytes.
pub(super) fn savings(fixed: &Fixed) -> Vec<f64> {
    let bits = 8.0 * fixed.slot as f64;
    let files = fixed.rows.row(0).len();
    let mut seen: Vec<Adaptive> = vec![Adaptive::default(); files];
    let mut sum = 0.0;
    let saved = |number| {
        let row = fixed.rows.row(number);
        let is_same = row.iter().all(|entry| *entry == row[0]);
        sum += match row[0] {
            0 if is_same => 0.7 * fixed.slot as f64,
            _ if is_same => bits,
            _ => bits * files as f64,
        };
        let entries = row.iter().zip(&mut seen);
        sum -= entries
            .map(|(entry, seen)| seen.code(*entry, 6.0))
            .sum::<f64>();
        sum
    };
    (0..fixed.rows.len()).map(saved).collect()
}

fn nodes(fixed: &Fixed, columns: &[Column]) -> NodesAt {
    let power = 1 << fixed.nodes.trailing_zeros().min(5);
    let alignments = [1, 2, 4, 8, 16, 32].into_iter().filter(|own| *own <= power);
    let mut fitting = alignments.filter(|own| fixed.end.next_multiple_of(*own) == fixed.nodes);
    let start = fixed.end - fixed.slot * FEWEST;
    let says = |unit: usize| {
        let mut own = columns.iter();
        let says = |own: &&Column| !own.varies() && own.values[0] * unit == fixed.nodes;
        let field = own.find(says)?.before(start)?;
        Some(NodesAt::Stated(field, unit))
    };
    let stated = || [1, 2, 4, 8].into_iter().find_map(says);
    match fitting.next() {
        Some(alignment) => NodesAt::AfterOpTable(alignment),
        None => stated().unwrap_or(NodesAt::Fixed(fixed.nodes)),
    }
}
