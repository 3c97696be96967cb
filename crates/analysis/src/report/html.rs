//! A document as one HTML page that needs nothing else: style and figures are in it, scripts are
//! none.

use std::fmt::Write as _;

use super::{Align, Block, Doc, Level, Table, svg};

/// How it looks, in light and in dark.
const STYLE: &str = include_str!("page.css");

/// A document as one HTML page.
pub fn html(doc: &Doc) -> String {
    let title = escaped(&doc.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n"
    );
    contents(doc, &mut out);
    let mut numbered = 0;
    blocks(&doc.blocks, &mut numbered, &mut out);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// Text that is no mark-up, in elements and in quoted attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // A browser would drop these, or show nothing.
            own if own.is_control() && !matches!(own, '\n' | '\t') => {
                out.extend(own.escape_unicode());
            }
            own => out.push(own),
        }
    }
    out
}

/// Links to the sections, if there are some.
fn contents(doc: &Doc, out: &mut String) {
    let sections = doc.blocks.iter().filter_map(|block| match block {
        Block::Heading(Level::Section, heading) => Some(heading),
        _ => None,
    });
    let items = sections.zip(1..).map(|(heading, number)| {
        format!("<li><a href=\"#s{number}\">{}</a></li>\n", escaped(heading))
    });
    let items: String = items.collect();
    if items.matches("<li>").count() > 1 {
        let _ = writeln!(
            out,
            "<nav aria-label=\"Contents\">\n<ol>\n{items}</ol>\n</nav>"
        );
    }
}

fn blocks(all: &[Block], sections: &mut usize, out: &mut String) {
    for block in all {
        let _ = match block {
            Block::Heading(Level::Section, heading) => {
                *sections += 1;
                writeln!(out, "<h2 id=\"s{sections}\">{}</h2>", escaped(heading))
            }
            Block::Heading(Level::Part, heading) => writeln!(out, "<h3>{}</h3>", escaped(heading)),
            Block::Paragraph(words) => writeln!(out, "<p>{}</p>", escaped(words)),
            Block::Verbatim(kept) => {
                writeln!(
                    out,
                    "<pre tabindex=\"0\"><code>{}</code></pre>",
                    escaped(kept)
                )
            }
            Block::Table(table) => {
                out.push_str(&self::table(table));
                Ok(())
            }
            Block::Figure(figure) => {
                let caption = escaped(&figure.caption);
                let drawn = svg::drawn(&figure.plot, &caption);
                writeln!(
                    out,
                    "<figure>\n<div class=\"wide\">\n{drawn}</div>\n<figcaption>{caption}\
                     </figcaption>\n</figure>"
                )
            }
            Block::Folded { label, blocks } => {
                let _ = writeln!(out, "<details>\n<summary>{}</summary>", escaped(label));
                self::blocks(blocks, sections, out);
                writeln!(out, "</details>")
            }
        };
    }
}

fn table(table: &Table) -> String {
    let class = |align: &Align| match align {
        Align::Left => "",
        Align::Right => " class=\"n\"",
        Align::Code => " class=\"c\"",
    };
    let mut out = "<div class=\"wide\">\n<table>\n<thead><tr>".to_string();
    for (name, align) in &table.columns {
        let _ = write!(
            out,
            "<th scope=\"col\"{}>{}</th>",
            class(align),
            escaped(name)
        );
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (cell, (_, align)) in row.iter().zip(&table.columns) {
            let _ = write!(out, "<td{}>{}</td>", class(align), escaped(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    out
}
