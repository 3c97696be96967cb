//! Any bytes as a matching program: an error with a place, or a program that ends on every text and
//! whose patterns match what it matches.

use lapbelt_blob::strings::Program;

/// Texts to match: the empty one, some of the input's own bytes, and a path.
fn texts(bytes: &[u8]) -> [&[u8]; 4] {
    let own = &bytes[..bytes.len().min(24)];
    [b"", own, &own[own.len().min(1)..], b"/usr/lib"]
}

/// Feeds one input.
pub fn run(bytes: &[u8]) {
    let Ok(program) = Program::read(bytes) else {
        return;
    };
    let variables = |index: u16| (index < 4).then(|| b"${V}".to_vec());
    let Ok(patterns) = program.patterns(&variables) else {
        return;
    };
    for text in texts(bytes) {
        let ours = patterns.iter().any(|pattern| pattern.matches(text));
        assert_eq!(ours, program.matches(text, &variables), "{text:?}");
    }
}
