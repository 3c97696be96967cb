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

/// The lines of a text; one that is no text has what of it is before that.
pub(crate) fn json_lines<T: DeserializeOwned>(
    text: &[u8],
) -> impl Iterator<Item = JsonLine<'_, T>> {
    let lines = text.split(|byte| *byte == b'\n').zip(1..);
    let lines = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    lines.map(|(line, number)| {
        let (text, value) = match std::str::from_utf8(line) {
            Ok(text) => (text, value(text, number)),
            Err(error) => {
                let before = error.valid_up_to();
                let why = format!("byte {:#04x} is not UTF-8", line[before]);
                let text = std::str::from_utf8(&line[..before]).unwrap_or_default();
                (text, Err(format!("{number}:{}: {why}", before + 1)))
            }
        };
        JsonLine {
            number,
            text,
            value,
        }
    })
}

fn value<T: DeserializeOwned>(text: &str, number: usize) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        // The line that it names is of this line alone.
        let said = error.to_string();
        let within = format!(" at line {} column {}", error.line(), error.column());
        let said = said.strip_suffix(&within).unwrap_or(&said);
        format!("{number}:{}: {said}", error.column())
    })
}
