//! Any bytes to the formatter: no panic; what it gives out it leaves as it is, and the evaluator
//! finds the same in both.

use std::collections::BTreeMap;

use lapbelt_sbpl::fmt::{FormatError, format};
use lapbelt_sbpl::{NoImports, Source, evaluate, print};

use crate::profile::WORLD;

/// The rules of a text, or what is wrong with it.
fn outcome(text: &str) -> Result<String, Vec<String>> {
    let params = BTreeMap::from([("P".to_string(), "/a b".to_string())]);
    let evaluation = evaluate(&Source { name: "fuzz", text }, &params, &NoImports, &WORLD);
    match evaluation.policy {
        Some(policy) => Ok(print::policy(&policy, &WORLD)),
        None => Err(evaluation
            .diagnostics
            .into_iter()
            .map(|d| d.message)
            .collect()),
    }
}

/// Feeds one input.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = format!("(version 1)\n{text}");
    let once = match format(&text) {
        Ok(once) => once,
        Err(FormatError::Syntax(_)) => return,
        Err(FormatError::Changed) => panic!("changes the tokens of {text:?}"),
    };
    let again = format(&once).unwrap_or_else(|error| panic!("{error}: {once:?}"));
    assert_eq!(again, once, "from {text:?}");
    assert_eq!(outcome(&text), outcome(&once), "{text:?}");
}
