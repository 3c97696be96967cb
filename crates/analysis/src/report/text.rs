//! A document as plain text.

use std::fmt::Write as _;

use super::{Align, Block, Doc, Grid, Level, Plot, Table};

/// A document as plain text.
pub fn text(doc: &Doc) -> String {
    let mut out = format!("{}\n{}\n", doc.title, "=".repeat(doc.title.chars().count()));
    blocks(&doc.blocks, &mut out);
    out
}

fn blocks(all: &[Block], out: &mut String) {
    for block in all {
        out.push('\n');
        match block {
            Block::Heading(level, heading) => {
                let line = match level {
                    Level::Section => "-",
                    Level::Part => ".",
                };
                let _ = writeln!(out, "{heading}\n{}", line.repeat(heading.chars().count()));
            }
            Block::Paragraph(words) => out.push_str(&wrapped(words)),
            Block::Verbatim(kept) => kept.lines().for_each(|line| {
                let _ = writeln!(out, "    {line}");
            }),
            Block::Table(table) => out.push_str(&self::table(table)),
            Block::Figure(figure) => {
                out.push_str(&plot(&figure.plot));
                out.push_str(&wrapped(&figure.caption));
            }
            Block::Folded { label, blocks } => {
                let _ = writeln!(out, "{label}:");
                self::blocks(blocks, out);
            }
        }
    }
}

/// Words in lines of at most 80 characters.
fn wrapped(words: &str) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in words.split_whitespace() {
        let own = word.chars().count();
        if length > 0 && length + 1 + own > 80 {
            out.push('\n');
            length = 0;
        } else if length > 0 {
            out.push(' ');
            length += 1;
        }
        out.push_str(word);
        length += own;
    }
    out.push('\n');
    out
}

fn table(table: &Table) -> String {
    let width = |index: usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(index));
        let cells = cells.chain(table.columns.get(index).map(|(name, _)| name));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &String>| {
        let cells = cells.zip(&table.columns).zip(&widths);
        let cells = cells.map(|((cell, (_, align)), width)| match align {
            Align::Right => format!("{cell:>width$}"),
            Align::Left | Align::Code => format!("{cell:<width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    let mut out = line(&mut table.columns.iter().map(|(name, _)| name));
    let rules = widths.iter().map(|width| "-".repeat(*width));
    out += &format!("{}\n", rules.collect::<Vec<_>>().join("  "));
    for row in &table.rows {
        out += &line(&mut row.iter());
    }
    out
}

/// A figure in letters.
pub(super) fn plot(plot: &Plot) -> String {
    match plot {
        Plot::Grid(grid) => self::grid(grid),
        Plot::Curves(curves) => {
            let mut out = String::new();
            let (least, most) = curves.range().unwrap_or((0.0, 1.0));
            for series in &curves.series {
                let _ = writeln!(out, "{} by {}: {}", curves.y, curves.x, series.name);
                let values = series.values.iter().enumerate();
                for (rank, value) in values.filter(|(_, value)| value.is_finite()) {
                    let share = match most > least {
                        true => (value - least.min(0.0)) / (most - least.min(0.0)),
                        false => 1.0,
                    };
                    let bar = "#".repeat((share.clamp(0.0, 1.0) * 50.0).round() as usize);
                    let line = format!("{:>4} {value:>9.4} {bar}", rank + 1);
                    let _ = writeln!(out, "{}", line.trim_end());
                }
            }
            out
        }
    }
}

/// Most columns of a grid that a line holds.
const BAND: usize = 64;

fn grid(grid: &Grid) -> String {
    const SHADES: [char; 6] = ['?', '.', '-', '+', '*', '#'];
    let names = grid.rows.iter().map(|(name, _)| name.chars().count());
    let width = names.max().unwrap_or(0);
    let mut out = format!("{}: . {}, # {}\n", grid.x, grid.scale.0, grid.scale.1);
    for start in (0..grid.columns.len()).step_by(BAND) {
        if grid.columns.len() > BAND {
            let _ = writeln!(out, "from {} {}", grid.first + start, grid.columns[start]);
        }
        for (name, cells) in &grid.rows {
            let band = cells.iter().skip(start).take(BAND);
            let shades: String = band
                .map(|cell| SHADES[cell.step(SHADES.len() - 1)])
                .collect();
            let _ = writeln!(out, "{name:<width$} {shades}");
        }
    }
    out
}
