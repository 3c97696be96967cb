//! What tests of blobs share: the world, and the witnesses of the corpus.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lapbelt_policy::world::{World, shipped};
use serde_json::Value;

pub(crate) static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
});

/// A source with the bytes its compiler made of it.
pub(crate) struct Witness {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) blob: Vec<u8>,
}

/// All witnesses; none, and said so, without the corpus.
pub(crate) fn witnesses() -> Vec<Witness> {
    let Some(folder) = lapbelt_corpus::folder().map(|path| path.join("witness")) else {
        return Vec::new();
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a witness");
    let index: Value = serde_json::from_str(&read("index.json")).expect("the index");
    let entries = index["entries"].as_array().expect("entries");
    assert!(entries.len() >= 40);
    let witness = |entry: &Value| {
        let id = entry["id"].as_str().expect("an id").to_owned();
        let params = entry["params"].as_object().into_iter().flatten();
        Witness {
            source: read(&format!("{id}.sb")),
            params: params
                .map(|(key, value)| (key.clone(), value.as_str().expect("text").to_owned()))
                .collect(),
            blob: bytes(&read(&format!("{id}.hex"))),
            id,
        }
    };
    entries.iter().map(witness).collect()
}

/// Bytes from hexadecimal digits.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16);
    digits
        .chunks(2)
        .map(|pair| byte(pair).expect("a byte"))
        .collect()
}
