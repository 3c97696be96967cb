//! Pictures as SVG that needs nothing else: no fonts, scripts or style sheets of others.

use std::fmt::Write;

use super::layout::{Place, layout};
use super::{Kind, Picture, When};

const LINE: u32 = 15;
/// Pixels above the picture for the title and each note.
const HEAD: u32 = 20;

const STYLE: &str = "\
text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#222}\
.title{font-weight:bold}.note{fill:#666}\
rect{stroke:#999;fill:#fff}.operations{fill:#e8e8f8}.allow{fill:#c8eecb}.deny{fill:#f6caca}\
.folded{fill:#eee;stroke-dasharray:2 2}\
path{fill:none;stroke:#888}.matched{stroke:#1a6b22}.unmatched{stroke:#555;stroke-dasharray:5 3}";

/// The picture as an SVG document.
pub fn svg(picture: &Picture) -> String {
    let layout = layout(picture);
    let mut heads = vec![("title", picture.title.as_str())];
    heads.extend(picture.notes.iter().map(|note| ("note", note.as_str())));
    heads.push(("note", "solid: a question matches; dashed: none does"));
    let top = HEAD * heads.len() as u32;
    let longest = heads.iter().map(|head| head.1.chars().count()).max();
    let width = layout.width.max(longest.unwrap_or(0) as u32 * 8 + HEAD);
    let height = layout.height + top;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" style=\"fill:#666;stroke:none\"/>\
         </marker></defs>\n",
        escaped(&picture.title)
    );
    for (at, (class, text)) in heads.iter().enumerate() {
        let y = HEAD * (at as u32 + 1) - 4;
        let text = escaped(text);
        let _ = writeln!(
            out,
            "<text class=\"{class}\" x=\"10\" y=\"{y}\">{text}</text>"
        );
    }
    for (arrow, way) in picture.arrows.iter().zip(&layout.ways) {
        let class = match arrow.kind {
            When::Start => "start",
            When::Matched => "matched",
            When::Unmatched => "unmatched",
        };
        let (from, to) = (layout.boxes[arrow.from], layout.boxes[arrow.to]);
        let (mut x, mut y) = start(from, arrow.kind, top);
        let mut path = format!("M{x} {y}");
        let end = Place { height: 0, ..to };
        for stretch in way.iter().chain([&end]) {
            let (to_x, to_y) = (stretch.x, stretch.y + top);
            let middle = (y + to_y) / 2;
            let _ = write!(path, "C{x} {middle} {to_x} {middle} {to_x} {to_y}");
            (x, y) = (to_x, to_y + stretch.height);
            if stretch.height > 0 {
                let _ = write!(path, "V{y}");
            }
        }
        let _ = writeln!(
            out,
            "<path class=\"{class}\" d=\"{path}\" marker-end=\"url(#tip)\"/>"
        );
    }
    for (one, place) in picture.boxes.iter().zip(&layout.boxes) {
        let class = match one.kind {
            Kind::Operations => "operations",
            Kind::Questions => "questions",
            Kind::Allow => "allow",
            Kind::Deny => "deny",
            Kind::Folded => "folded",
        };
        let (x, y) = (place.x - place.width / 2, place.y + top);
        let rounding = if one.kind == Kind::Operations { 12 } else { 3 };
        let _ = writeln!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"{rounding}\"/>",
            place.width, place.height
        );
        for (at, line) in one.lines.iter().enumerate() {
            let y = y + LINE * (at as u32 + 1) + 2;
            let line = escaped(line);
            let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\">{line}</text>", x + 10);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Where an arrow leaves a box: to the left if a question matched, to the right if not.
fn start(place: Place, kind: When, top: u32) -> (u32, u32) {
    let x = match kind {
        When::Start => place.x,
        When::Matched => place.x - place.width / 4,
        When::Unmatched => place.x + place.width / 4,
    };
    (x, place.y + place.height + top)
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
