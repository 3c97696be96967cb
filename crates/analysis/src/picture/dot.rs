//! Pictures in the language of Graphviz.

use std::fmt::Write;

use super::{Kind, Picture, When};

/// The picture as a DOT graph.
pub fn dot(picture: &Picture) -> String {
    let mut out = String::from("digraph policy {\n");
    let mut label = picture.title.clone();
    for note in &picture.notes {
        label.push('\n');
        label.push_str(note);
    }
    let _ = writeln!(out, "  label=\"{}\"; labelloc=t;", escaped(&label, "\\n"));
    out.push_str("  node [fontname=\"monospace\", fontsize=10, style=filled];\n");
    for (at, one) in picture.boxes.iter().enumerate() {
        let (shape, colour) = match one.kind {
            Kind::Operations => ("ellipse", "#e8e8f8"),
            Kind::Questions => ("box", "#ffffff"),
            Kind::Allow => ("box", "#c8eecb"),
            Kind::Deny => ("box", "#f6caca"),
            Kind::Folded => ("folder", "#eeeeee"),
        };
        let lines: String = one
            .lines
            .iter()
            .map(|line| format!("{}\\l", escaped(line, " ")))
            .collect();
        let _ = writeln!(
            out,
            "  n{at} [shape={shape}, fillcolor=\"{colour}\", label=\"{lines}\"];"
        );
    }
    for arrow in &picture.arrows {
        let style = match arrow.kind {
            When::Start => "color=\"#888888\"",
            When::Matched => "color=\"#1a6b22\"",
            When::Unmatched => "color=\"#555555\", style=dashed",
        };
        let _ = writeln!(out, "  n{} -> n{} [{style}];", arrow.from, arrow.to);
    }
    out.push_str("}\n");
    out
}

fn escaped(text: &str, line_end: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace('\n', line_end)
}
