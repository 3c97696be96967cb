//! Figures as SVG inside a page: colours come from the page's style, so that they follow it into
//! the dark; each mark says its value when it is pointed at.

mod curves;
mod grid;

use super::Plot;

/// Text of at most so many characters.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    let end: Vec<char> = text.chars().rev().take(most - 1).collect();
    // Names of files differ at the end.
    std::iter::once('…').chain(end.into_iter().rev()).collect()
}

/// A plot with its caption, which is escaped already.
pub(super) fn drawn(plot: &Plot, caption: &str) -> String {
    let (width, height, body) = match plot {
        Plot::Curves(curves) => curves::drawn(curves),
        Plot::Grid(grid) => grid::drawn(grid),
    };
    format!(
        "<svg role=\"img\" aria-label=\"{caption}\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n{body}</svg>\n"
    )
}
