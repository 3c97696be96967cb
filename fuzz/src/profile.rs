//! Any bytes as a profile: no panic; what evaluates is printed so that it reads back the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::{NoImports, Source, evaluate, print, syntax};

pub(crate) static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world")
});

fn policy(text: &str) -> Option<Policy> {
    let params = BTreeMap::from([("P".to_string(), "/a b".to_string())]);
    evaluate(&Source { name: "fuzz", text }, &params, &NoImports, &WORLD).policy
}

/// Feeds one input.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = syntax::parse(&text);
    // Half of the inputs get a head that lets evaluation begin.
    let headed = format!("(version 1)\n{text}");
    for text in [text.as_ref(), &headed] {
        if let Some(policy) = policy(text) {
            let printed = print::policy(&policy, &WORLD);
            let again = self::policy(&printed);
            let again = again.unwrap_or_else(|| panic!("does not read back: {printed}"));
            assert_eq!(printed, print::policy(&again, &WORLD));
        }
    }
}
