//! What is said of `#f` in the place of something else: a parameter that was not given is `#f`.

use std::collections::BTreeSet;

use super::fault::Mistake;
use super::heap::Heap;
use super::value::Value;

/// As many parameters as a person is told.
const TOLD: usize = 5;

/// Adds to what is said of an argument that is `#f` which parameters were not given, and where a text
/// was wanted how they are. `written` is the argument as it stands in the profile.
pub(super) fn explain(
    mistake: &mut Mistake,
    written: Option<Value>,
    missing: &BTreeSet<String>,
    heap: &Heap,
) {
    let own = written.and_then(|form| alternatives(form, heap));
    let own = own.filter(|names| names.iter().all(|name| missing.contains(name)));
    let (message, help) = match own.as_deref() {
        Some(_) if !mistake.wants_text && mistake.help.is_some() => return,
        Some(_) if !mistake.wants_text => {
            let help = "a parameter that is not given is #f, and a text would not do here either";
            (None, help.to_owned())
        }
        Some([name]) => (
            Some(format!("parameter `{name}` was not given")),
            format!("pass it with -D {name}=VALUE"),
        ),
        Some(names) => (
            Some(format!("none of the parameters {} was given", told(names))),
            "one of them is enough: pass it with -D NAME=VALUE".to_owned(),
        ),
        None if missing.is_empty()
            || !mistake.wants_text
            || matches!(written, Some(Value::Bool(_))) =>
        {
            return;
        }
        // What holds it may hold an answer to something else.
        None => {
            let names: Vec<String> = missing.iter().cloned().collect();
            let names = told(&names);
            let help = format!("a parameter that is not given with -D is #f; not given: {names}");
            (None, help)
        }
    };
    if let Some(message) = message {
        mistake.message = message;
    }
    mistake.help = Some(help);
}

/// The names in `(param "NAME")` and `(or (param "NAME") …)`.
fn alternatives(form: Value, heap: &Heap) -> Option<Vec<String>> {
    match headed(form, heap)? {
        ("or", forms) if !forms.is_empty() => {
            forms.iter().map(|one| parameter(*one, heap)).collect()
        }
        _ => Some(vec![parameter(form, heap)?]),
    }
}

/// The name in `(param "NAME")`.
fn parameter(form: Value, heap: &Heap) -> Option<String> {
    match headed(form, heap)? {
        ("param" | "getenv", forms) => match *forms {
            [Value::String(name)] => Some(String::from_utf8_lossy(heap.bytes(name)).into_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// A form's first word, and what follows it.
fn headed(form: Value, heap: &Heap) -> Option<(&str, Vec<Value>)> {
    let Value::Pair(cell) = form else {
        return None;
    };
    let Value::Symbol(word) = heap.car(cell) else {
        return None;
    };
    Some((heap.name(word), heap.items(heap.cdr(cell))?))
}

fn told(names: &[String]) -> String {
    let more = if names.len() > TOLD { ", …" } else { "" };
    names[..names.len().min(TOLD)].join(", ") + more
}
