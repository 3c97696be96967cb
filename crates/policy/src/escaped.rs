//! Bytes as text.

use std::fmt::Write;

/// Bytes as text for someone to read, those that are no UTF-8 as `\xHH`. It does not read back.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_text_is_escaped() {
        assert_eq!(escaped("/é\\".as_bytes()), "/é\\");
        assert_eq!(escaped(b"/\x89a\xc3"), "/\\x89a\\xc3");
    }
}
