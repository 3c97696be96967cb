//! A document as Markdown. Figures are in letters: Markdown has no way to draw that every reader
//! of it follows.

use std::fmt::Write as _;

use super::{Align, Block, Doc, Level, Table, text};

/// A document as Markdown.
pub fn markdown(doc: &Doc) -> String {
    let mut out = format!("# {}\n", escaped(&doc.title));
    blocks(&doc.blocks, &mut out);
    out
}

fn blocks(all: &[Block], out: &mut String) {
    for block in all {
        out.push('\n');
        let _ = match block {
            Block::Heading(Level::Section, heading) => writeln!(out, "## {}", escaped(heading)),
            Block::Heading(Level::Part, heading) => writeln!(out, "### {}", escaped(heading)),
            Block::Paragraph(words) => writeln!(out, "{}", escaped(words)),
            Block::Verbatim(kept) => writeln!(out, "{}", fenced(kept)),
            Block::Table(table) => writeln!(out, "{}", self::table(table)),
            Block::Figure(figure) => {
                let drawn = fenced(&text::plot(&figure.plot));
                writeln!(out, "{drawn}\n\n{}", escaped(&figure.caption))
            }
            Block::Folded { label, blocks } => {
                let _ = writeln!(out, "**{}**", escaped(label));
                self::blocks(blocks, out);
                continue;
            }
        };
    }
}

/// Text whose letters stand for themselves.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' {
            out.push(' ');
            continue;
        }
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&'
        ) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// Text as it is: the fence is longer than any in it.
fn fenced(text: &str) -> String {
    let longest = text
        .split(|own| own != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// Text in a cell letter by letter; a bar would end the cell even so.
fn code(text: &str) -> String {
    if text.is_empty() || text.contains('`') {
        return escaped(text);
    }
    format!("`{}`", text.replace('|', "\\|").replace('\n', " "))
}

fn table(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let names = table.columns.iter().map(|(name, _)| escaped(name));
    let rules = table.columns.iter().map(|(_, align)| match align {
        Align::Right => "---:".to_string(),
        Align::Left | Align::Code => "---".to_string(),
    });
    let mut lines = vec![row(names.collect()), row(rules.collect())];
    for cells in &table.rows {
        let cells = cells.iter().zip(&table.columns);
        let cells = cells.map(|(cell, (_, align))| match align {
            Align::Code => code(cell),
            Align::Left | Align::Right => escaped(cell),
        });
        lines.push(row(cells.collect()));
    }
    lines.join("\n")
}
