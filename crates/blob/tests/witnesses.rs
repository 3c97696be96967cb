//! Profiles that the system's own compiler wrote: every byte explained, and decided as their source
//! is.

mod support;

use lapbelt_blob::decode::{Literal, decode};
use lapbelt_policy::pattern::Pattern;
use support::{WORLD, Witness};

#[test]
fn every_byte_has_one_meaning() {
    for Witness {
        id, blob: bytes, ..
    } in support::witnesses()
    {
        let blob = decode(&bytes, &WORLD).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(blob.layout.name, "macos-14", "{id}");
        let covered: usize = blob.spans.iter().map(|span| span.end - span.start).sum();
        assert_eq!(covered, bytes.len(), "{id}");
        for (at, literal) in &blob.literals {
            let patterns = blob
                .patterns(*at)
                .unwrap_or_else(|error| panic!("{id}: {error}"));
            if matches!(literal, Literal::Program(_)) {
                let readable = |pattern: &Pattern| !matches!(pattern, Pattern::Regex(_));
                assert!(patterns.iter().all(readable), "{id}: {patterns:?}");
            }
        }
    }
}
