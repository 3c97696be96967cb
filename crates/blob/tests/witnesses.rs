//! Profiles that the system's own compiler wrote: every byte explained, and decided as their source
//! is.

#[path = "support/agree.rs"]
mod agree;
mod support;

use agree::difference;
use lapbelt_blob::decode::{Literal, decode};
use lapbelt_policy::pattern::Pattern;
use lapbelt_sbpl::{NoImports, Source, evaluate};
use support::{WORLD, Witness, witnesses};

#[test]
fn every_byte_has_one_meaning() {
    for Witness {
        id, blob: bytes, ..
    } in witnesses()
    {
        let blob = decode(&bytes, &WORLD).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(blob.layout.name, "macos-14", "{id}");
        let covered: usize = blob.spans.iter().map(|span| span.end - span.start).sum();
        assert_eq!(covered, bytes.len(), "{id}");
        for (at, literal) in &blob.literals {
            let patterns = blob.patterns(*at);
            let patterns = patterns.unwrap_or_else(|error| panic!("{id}: {error}"));
            if matches!(literal, Literal::Program(_)) {
                let is_plain = |pattern: &Pattern| !matches!(pattern, Pattern::Regex(_));
                assert!(patterns.iter().all(is_plain), "{id}: {patterns:?}");
            }
        }
    }
}

#[test]
fn each_decides_as_its_source() {
    for witness in witnesses() {
        let Witness { id, source, .. } = &witness;
        let text = Source {
            name: id,
            text: source,
        };
        let evaluation = evaluate(&text, &witness.params, &NoImports, &WORLD);
        let policy = evaluation
            .policy
            .unwrap_or_else(|| panic!("{id}: {:?}", evaluation.diagnostics));
        assert_eq!(difference(&policy, &witness.blob), None, "{id}");
    }
}
