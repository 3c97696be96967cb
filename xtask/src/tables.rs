//! Tab-separated tables with `#` comments and a header line.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A table read whole.
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    header: &'a [String],
    cells: &'a [String],
}

impl Table {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let split = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
        let header = lines.next().map(split).ok_or("an empty table")?;
        Ok(Self {
            header,
            rows: lines.map(split).collect(),
        })
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row {
            header: &self.header,
            cells,
        })
    }

    /// The rows by the text of one column.
    pub(crate) fn by(&self, column: &str) -> Result<HashMap<&str, Row<'_>>> {
        self.rows().map(|row| Ok((row.get(column)?, row))).collect()
    }
}

impl<'a> Row<'a> {
    /// The cell of a column, empty where the row is short.
    pub(crate) fn get(&self, column: &str) -> Result<&'a str> {
        let at = self.header.iter().position(|name| name == column);
        let at = at.ok_or_else(|| format!("no column {column}"))?;
        Ok(self.cells.get(at).map_or("", String::as_str))
    }
}
