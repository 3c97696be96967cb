//! A document and its forms: text, Markdown, and one HTML page that needs nothing else.
//!
//! This knows nothing of what it prints: headings, paragraphs, tables, figures.

mod figure;
mod html;
mod markdown;
mod svg;
mod text;

pub use figure::{Cell, Curves, Figure, Grid, Plot, Series};
pub use html::html;
pub use markdown::markdown;
pub use text::text;

/// A document.
#[derive(Clone, Debug, PartialEq)]
pub struct Doc {
    /// Its title.
    pub title: String,
    /// What is in it, in order.
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading below the title.
    Heading(Level, String),
    /// Running text.
    Paragraph(String),
    /// Text to be kept as it is: commands, data.
    Verbatim(String),
    /// A table.
    Table(Table),
    /// A figure.
    Figure(Figure),
    /// Parts that are shown when they are asked for, where the form can do that.
    Folded {
        /// What they are.
        label: String,
        /// The parts.
        blocks: Vec<Block>,
    },
}

/// How deep a heading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A section.
    Section,
    /// A part of a section.
    Part,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The columns' names with how they are set.
    pub columns: Vec<(String, Align)>,
    /// The rows; each has a cell for each column.
    pub rows: Vec<Vec<String>>,
}

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
    /// Names and digits that are read letter by letter.
    Code,
}

#[cfg(test)]
mod tests;
