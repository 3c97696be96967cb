//! Texts of JSON, one value a line.

use serde::de::DeserializeOwned;

/// A line that is not blank.
pub(crate) struct JsonLine<'t, T> {
    /// Its number, from 1.
    pub(crate) number: usize,
    pub(crate) text: &'t str,
    /// What it says, or why it is none of these: `NUMBER:COLUMN: …`, to stand behind a file's name.
    pub(crate) value: Result<T, String>,
}

/// The lines of a text.
pub(crate) fn json_lines<T: DeserializeOwned>(text: &str) -> impl Iterator<Item = JsonLine<'_, T>> {
    let lines = text.lines().zip(1..);
    let lines = lines.filter(|(line, _)| !line.trim().is_empty());
    lines.map(|(text, number)| JsonLine {
        number,
        text,
        value: serde_json::from_str(text).map_err(|error| {
            // The line that it names is of this line alone.
            let said = error.to_string();
            let within = format!(" at line {} column {}", error.line(), error.column());
            let said = said.strip_suffix(&within).unwrap_or(&said);
            format!("{number}:{}: {said}", error.column())
        }),
    })
}
