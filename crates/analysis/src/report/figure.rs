//! Figures as numbers, before they are drawn.

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it shows, in a sentence.
    pub caption: String,
    /// What is drawn.
    pub plot: Plot,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Plot {
    /// Lines over ranks.
    Curves(Curves),
    /// Shaded cells.
    Grid(Grid),
}

/// Lines over ranks 1, 2, 3 and so on.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// What is ranked.
    pub x: String,
    /// What is measured.
    pub y: String,
    /// The lines; at most [`Curves::MOST`] are drawn.
    pub series: Vec<Series>,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its values from rank 1 on; one that is no number is left out.
    pub values: Vec<f64>,
}

/// Cells of which each is shaded by its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// What the columns are.
    pub x: String,
    /// Number of the first column, as it is written above it.
    pub first: usize,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows with their names; each has a cell for each column.
    pub rows: Vec<(String, Vec<Cell>)>,
    /// What a light and a dark cell mean.
    pub scale: (String, String),
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// How dark it is, 0 to 1; `None` for a cell without a value.
    pub shade: Option<f64>,
    /// Its value in words.
    pub says: String,
}

impl Curves {
    /// Most lines that are drawn: more are not told apart.
    pub const MOST: usize = 6;

    /// The least and the greatest value.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let values = self
            .series
            .iter()
            .take(Self::MOST)
            .flat_map(|own| &own.values);
        let values = values.copied().filter(|value| value.is_finite());
        values.fold(None, |range, value| {
            let (least, most) = range.unwrap_or((value, value));
            Some((value.min(least), value.max(most)))
        })
    }
}

impl Cell {
    /// Its shade in steps 1 to `steps`; 0 for none.
    pub(super) fn step(&self, steps: usize) -> usize {
        let shade = self.shade.filter(|shade| shade.is_finite());
        shade.map_or(0, |shade| {
            1 + (shade.clamp(0.0, 1.0) * (steps - 1) as f64).round() as usize
        })
    }
}
