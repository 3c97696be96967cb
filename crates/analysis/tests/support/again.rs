//! Profiles compiled, decompiled and compiled again.

use lapbelt_analysis::decompile::decompile_to;
use lapbelt_analysis::diff::diff;
use lapbelt_analysis::subject::Subject;
use lapbelt_blob::again::Original;
use lapbelt_blob::decode::decode;
use lapbelt_blob::encode::encode;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::rule::Policy;

use super::{WORLD, policy, subject};

/// The rules that bytes are decompiled to, which are shown to decide as `source` does.
pub fn decompiled(bytes: &[u8], source: &Policy) -> Policy {
    let blob = decode(bytes, &WORLD).expect("a good blob");
    let compiled = compiled(&blob, &blob.profiles[0], &WORLD).expect("a graph");
    let whole = Subject::of_bytes(compiled.graph, &compiled.rules, compiled.written, &WORLD);
    let answer = diff(&subject(source), &whole, 1);
    assert_eq!(answer.different, []);
    assert_eq!(answer.undecided, Vec::<String>::new());
    rules(bytes)
}

/// The rules that bytes are decompiled to.
pub fn rules(bytes: &[u8]) -> Policy {
    let blob = decode(bytes, &WORLD).expect("a good blob");
    let compiled = compiled(&blob, &blob.profiles[0], &WORLD).expect("a graph");
    let whole = Subject::of_bytes(compiled.graph, &compiled.rules, compiled.written, &WORLD);
    let original = Original {
        bytes,
        world: &WORLD,
    };
    decompile_to(&whole, Some(&|policy| original.is_it(policy))).expect("rules")
}

/// Compiles a profile, decompiles it, and compiles that.
pub fn assert_same_bytes(text: &str) {
    let source = policy(text);
    let first = encode(&source, &WORLD).expect("bytes").bytes;
    let again = encode(&decompiled(&first, &source), &WORLD).expect("bytes");
    assert!(again.bytes == first, "{text}");
}
