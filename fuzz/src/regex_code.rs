//! Any bytes as a compiled regular expression of any version: an error with a place, or a program
//! that ends on every text and whose text in SBPL finds what it finds.

use lapbelt_blob::regex::Program;
use lapbelt_policy::pattern::regex::Regex;

/// Feeds one input as it is, and once more as the code of version 3.
pub fn run(bytes: &[u8]) {
    check(bytes);
    let code = &bytes[..bytes.len().min(usize::from(u16::MAX))];
    let length = (code.len() as u16).to_le_bytes();
    check(&[&[0, 0, 0, 3], &length[..], code].concat());
}

fn check(bytes: &[u8]) {
    let Ok(program) = Program::read(bytes) else {
        return;
    };
    let texts = [&b""[..], b"a", b"/usr/lib", &bytes[..bytes.len().min(24)]];
    let found = texts.map(|text| program.is_match(text));
    let Ok(text) = program.text() else {
        return;
    };
    if let Ok(regex) = Regex::new(&text) {
        assert_eq!(found, texts.map(|text| regex.is_match(text)), "{regex:?}");
    }
}
