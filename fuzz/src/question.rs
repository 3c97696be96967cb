//! Any bytes as the operation, the target and the filters of a query.

use std::sync::LazyLock;

use lapbelt_policy::ask::{ask, canonical_path, parse_value};
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_policy::world::{World, shipped};

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world")
});

/// Feeds one input: two bytes choose an operation and a filter, the rest is target and text.
pub fn run(bytes: &[u8]) {
    let [operation, filter, rest @ ..] = bytes else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    let operations = WORLD.operations();
    let operation = &operations[usize::from(*operation) % operations.len()].name;
    let _ = ask(&WORLD, operation, Some(rest), &[]);
    let _ = ask(&WORLD, &text, Some(rest), &[]);
    let path = canonical_path(&WORLD, rest);
    assert_eq!(path, canonical_path(&WORLD, &path), "canonical is final");
    let filters = WORLD.filters();
    let filter = &filters[usize::from(*filter) % filters.len()].name;
    let _ = parse_value(&WORLD, filter, &text);
    if let Ok(regex) = Regex::new(rest) {
        let _ = regex.is_match(rest);
    }
}
