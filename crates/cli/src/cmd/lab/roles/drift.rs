//! What differs between what was pinned and what is.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// One thing that differs.
#[derive(Debug, PartialEq)]
pub(super) struct Drift {
    /// What it is: the keys that lead to it.
    pub(super) what: String,
    /// What the guardrail file has.
    pub(super) pinned: Option<Value>,
    /// What there is.
    pub(super) now: Option<Value>,
}

/// All that differs, by its innermost name.
pub(super) fn drift(pinned: &Value, now: &Value) -> Vec<Drift> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), Some(pinned), Some(now), &mut found);
    found
}

fn compare<'v>(
    at: &mut Vec<&'v str>,
    pinned: Option<&'v Value>,
    now: Option<&'v Value>,
    found: &mut Vec<Drift>,
) {
    if pinned == now {
        return;
    }
    let map = |own: Option<&'v Value>| own.and_then(Value::as_object);
    match (map(pinned), map(now)) {
        (Some(one), Some(other)) => {
            let keys: BTreeSet<&str> = keys(one).chain(keys(other)).collect();
            for key in keys {
                at.push(key);
                compare(at, one.get(key), other.get(key), found);
                at.pop();
            }
        }
        _ => found.push(Drift {
            what: at.join(": "),
            pinned: pinned.cloned(),
            now: now.cloned(),
        }),
    }
}

fn keys(map: &Map<String, Value>) -> impl Iterator<Item = &str> {
    map.keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_drifted_is_named() {
        let pinned = json!({"files": {"a": {"nodes": {"0": 1}}, "b": 1}, "world": "w"});
        let now = json!({"files": {"a": {"nodes": {"0": 2, "1": 1}}}, "world": "w"});
        let found: Vec<_> = drift(&pinned, &now)
            .into_iter()
            .map(|own| (own.what, own.pinned, own.now))
            .collect();
        let wanted = [
            (
                "files: a: nodes: 0".to_string(),
                Some(json!(1)),
                Some(json!(2)),
            ),
            ("files: a: nodes: 1".to_string(), None, Some(json!(1))),
            ("files: b".to_string(), Some(json!(1)), None),
        ];
        assert_eq!(found, wanted);
    }
}
