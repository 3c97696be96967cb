//! What a byte of a compiled profile is, and bytes as digits.

use lapbelt_blob::decode::Blob;
use lapbelt_blob::raw::Part;
use lapbelt_policy::world::World;

/// What a byte of a profile is.
pub(super) fn meaning(blob: &Blob, at: usize, world: &World) -> Option<String> {
    let span = blob
        .spans
        .iter()
        .find(|span| (span.start..span.end).contains(&at))?;
    let slots = world.operations().iter().filter(|o| o.in_table);
    Some(match span.owner {
        Part::OpTable(_) => {
            let operation = slots
                .skip((at - span.start) / 2)
                .map(|o| o.name.as_str())
                .next();
            format!("op table: {}", operation.unwrap_or("beyond the world"))
        }
        owner => format!("{owner}, byte {}", at - span.start),
    })
}

/// The bytes that a line of hexadecimal digits stands for.
pub(super) fn bytes(hex: &str) -> Option<Vec<u8>> {
    let hex = hex.trim().as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    hex.chunks(2)
        .map(|pair| match pair {
            [high, low] => Some((digit(*high)? * 16 + digit(*low)?) as u8),
            _ => None,
        })
        .collect()
}
