//! Any line as a violation: an error, or rules that read back and stay within their quotes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lapbelt_learn::suggest::suggest;
use lapbelt_learn::violation::Violation;
use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::{NoImports, Source, evaluate};
use serde_json::json;

static WORLD: LazyLock<World> =
    LazyLock::new(|| shipped("linux").expect("shipped").expect("a good world"));

/// Feeds one input: as a whole line, and as the path and the program of a denial.
pub fn run(bytes: &[u8]) {
    let _ = serde_json::from_slice::<Violation>(bytes);
    let violation = json!({
        "eventMessage": "", "processID": 1, "process": String::from_utf8_lossy(bytes),
        "time_ns": 0, "operation": "file-read-data", "rule": "default", "errno": 1,
        "values": [{"filter": "path", "value": {"bytes": bytes}}],
    });
    let violation: Violation = serde_json::from_value(violation).expect("a violation");
    let event = violation
        .event(&WORLD)
        .expect("a known operation and filter");
    let rules = suggest([&event], &WORLD);
    let text = format!("(version 1)\n(deny default)\n{rules}");
    let source = Source {
        name: "suggested",
        text: &text,
    };
    let evaluation = evaluate(&source, &BTreeMap::new(), &NoImports, &WORLD);
    let policy = evaluation
        .policy
        .unwrap_or_else(|| panic!("does not evaluate: {text}"));
    assert_eq!(policy.rules.len(), 2, "{text}");
    assert_eq!(policy.rules[1].filters.len(), 1, "{text}");
}
