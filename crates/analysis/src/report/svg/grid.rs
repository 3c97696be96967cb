//! Shaded cells, in bands that fit a page.

use std::fmt::Write as _;

use super::short;
use crate::report::html::escaped;
use crate::report::{Cell, Grid};

/// Most columns of a band.
const BAND: usize = 64;
/// Widths of a cell: as wide as a band of few leaves room for.
const CELLS: (usize, usize) = (11, 30);
const ROW: usize = 15;
/// Steps of shading.
const STEPS: usize = 8;
/// Most letters of a row's name.
const NAME: usize = 26;

/// Width, height and marks.
pub(super) fn drawn(grid: &Grid) -> (usize, usize, String) {
    let names = grid
        .rows
        .iter()
        .map(|(name, _)| name.chars().count().min(NAME));
    let left = 7 * names.max().unwrap_or(0) + 10;
    let columns = grid.columns.len();
    let cell = (CELLS.0 * BAND / columns.max(1)).clamp(CELLS.0, CELLS.1);
    let mut out = String::new();
    let (mut top, legend) = legend(grid, left, &mut out);
    for start in (0..columns).step_by(BAND) {
        let end = (start + BAND).min(columns);
        // As many numbers as there is room for.
        for column in (start..end).step_by(if cell < 24 { 8 } else { 1 }) {
            let x = left + cell * (column - start) + cell / 2;
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                top + 9,
                grid.first + column,
            );
        }
        top += 14;
        for (name, cells) in &grid.rows {
            let _ = writeln!(
                out,
                "<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}<title>{}</title>\
                 </text>",
                left - 6,
                top + 11,
                escaped(&short(name, NAME)),
                escaped(name),
            );
            let band = &cells[start.min(cells.len())..end.min(cells.len())];
            let place = Place { left, top, cell };
            row(grid, name, start, band, &place, &mut out);
            top += ROW;
        }
        top += 10;
    }
    let width = left + cell * columns.min(BAND) + 12;
    (width.max(legend), top, out)
}

/// Where a row is drawn.
struct Place {
    left: usize,
    top: usize,
    /// Width of a cell.
    cell: usize,
}

/// What the columns are, and what light and dark mean. Returns where it ends, down and to the right.
fn legend(grid: &Grid, left: usize, out: &mut String) -> (usize, usize) {
    let (light, dark) = (escaped(&grid.scale.0), escaped(&grid.scale.1));
    let _ = writeln!(
        out,
        "<text x=\"{left}\" y=\"11\">{}</text>",
        escaped(&grid.x)
    );
    let _ = writeln!(out, "<text x=\"{left}\" y=\"31\">{light}</text>");
    let start = left + 6 * grid.scale.0.chars().count() + 10;
    for step in 1..=STEPS {
        let x = start + 14 * (step - 1);
        let _ = writeln!(
            out,
            "<rect class=\"s{step}\" x=\"{x}\" y=\"21\" width=\"14\" height=\"12\"/>"
        );
    }
    let end = start + 14 * STEPS + 6;
    let _ = writeln!(out, "<text x=\"{end}\" y=\"31\">{dark}</text>");
    let words = [&grid.scale.1, &grid.x].map(|text| 7 * text.chars().count());
    (48, (end + words[0]).max(left + words[1]))
}

/// The cells of a row; neighbours that say the same are one.
fn row(grid: &Grid, name: &str, start: usize, cells: &[Cell], place: &Place, out: &mut String) {
    let Place { left, top, cell } = place;
    let mut from = 0;
    for run in cells.chunk_by(|one, other| one == other) {
        let (first, last) = (start + from, start + from + run.len() - 1);
        let column = |index: usize| grid.columns[index].as_str();
        let columns = match first == last {
            true => column(first).to_string(),
            false => format!("{} to {}", column(first), column(last)),
        };
        let _ = writeln!(
            out,
            "<rect class=\"s{}\" x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{ROW}\"><title>{}, {}: \
             {}</title></rect>",
            run[0].step(STEPS),
            left + cell * from,
            cell * run.len(),
            escaped(name),
            escaped(&columns),
            escaped(&run[0].says),
        );
        from += run.len();
    }
}
