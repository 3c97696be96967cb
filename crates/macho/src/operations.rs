//! The list of operations.

use crate::Claim;
use crate::image::Image;
use crate::table::Table;

/// Fewest operations that a list has; macOS 10.12 has 137.
const FEWEST: usize = 40;

/// The names in the order of their numbers.
pub(crate) fn find(image: &Image<'_>, claims: &mut Vec<Claim>) -> Option<Vec<String>> {
    let table = Table::find(image, "default", is_operation, |names| {
        let has = |name: &str| names.iter().any(|own| own == name);
        names.len() >= FEWEST && has("file-read*") && has("mach-lookup")
    })?;
    claims.push(table.claim(image, "operations", "; numbered from 0"));
    Some(table.names)
}

/// Operations have names of small letters, digits and hyphens; `*` only ends them.
fn is_operation(name: &str) -> bool {
    let body = name.strip_suffix('*').unwrap_or(name);
    body.starts_with(|c: char| c.is_ascii_lowercase())
        && body
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
