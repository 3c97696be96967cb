//! The names of the language, found when a profile first uses one.
//!
//! Starting an evaluation must cost nothing for the hundreds of names a profile does not use: they
//! are special forms and procedures here, definitions in Scheme in the prelude, and whatever the
//! host has.

use std::sync::LazyLock;

use super::builtin;
use super::heap::{Closure, GLOBAL, Heap};
use super::read;
use super::special::SPECIALS;
use super::value::Value;
use crate::syntax;

/// What a name of the language is.
#[derive(Clone, Copy)]
enum Known {
    Value(Value),
    /// A definition in Scheme.
    Prelude(&'static str),
}

/// All names, sorted.
static NAMES: LazyLock<Vec<(&'static str, Known)>> = LazyLock::new(|| {
    let special =
        |(name, special): &(&'static str, _)| (*name, Known::Value(Value::Special(*special)));
    let mut names: Vec<_> = SPECIALS.iter().map(special).collect();
    names.extend(builtin::all().map(|(name, value)| (name, Known::Value(value))));
    for text in [
        include_str!("../prelude/scheme.scm"),
        include_str!("../prelude/sbpl.scm"),
    ] {
        names.extend(definitions(text).map(|(name, text)| (name, Known::Prelude(text))));
    }
    names.sort_unstable_by_key(|(name, _)| *name);
    names
});

/// All names of the language.
pub(crate) fn names<'n>() -> impl Iterator<Item = &'n str> {
    let name = |(name, _): &(&'n str, _)| *name;
    NAMES.iter().map(name)
}

/// The value of a name of the language.
pub(super) fn value(heap: &mut Heap, name: &str) -> Option<Value> {
    let at = NAMES.binary_search_by_key(&name, |(known, _)| known).ok()?;
    match NAMES[at].1 {
        Known::Value(value) => Some(value),
        Known::Prelude(text) => define(heap, text),
    }
}

/// The definitions of a prelude with their names: forms that start a line, of the shapes
/// `(define (NAME …) …)`, `(macro (NAME form) …)`, `(define NAME 'DATUM)`.
pub(crate) fn definitions(
    text: &'static str,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let starts = text.match_indices("\n(").map(|(at, _)| at + 1);
    let ends = starts.clone().skip(1).chain([text.len()]);
    starts.zip(ends).filter_map(|(start, end)| {
        let form = &text[start..end];
        let head = form
            .trim_start_matches("(define ")
            .trim_start_matches("(macro ");
        let name = head.trim_start_matches('(').split([' ', ')']).next()?;
        Some((name, form))
    })
}

/// The value of a definition of a prelude. Its forms have no places, as they are not the profile's.
pub(crate) fn define(heap: &mut Heap, text: &str) -> Option<Value> {
    let forms = read::read(heap, &syntax::parse(text), None);
    let form = *heap.items(forms)?.first()?;
    let [word, head, first, ..] = heap.items(form)?[..] else {
        return None;
    };
    let (Value::Symbol(word), Value::Pair(form)) = (word, form) else {
        return None;
    };
    let Value::Pair(head) = head else {
        // `'DATUM`
        return heap.items(first)?.get(1).copied();
    };
    let Value::Symbol(name) = heap.car(head) else {
        return None;
    };
    let Value::Pair(rest) = heap.cdr(form) else {
        return None;
    };
    let closure = Closure {
        name: Some(name),
        parameters: heap.cdr(head),
        body: heap.cdr(rest),
        env: GLOBAL,
    };
    let is_macro = heap.name(word) == "macro";
    let closure = heap.closure(closure);
    Some(if is_macro {
        Value::Macro(closure)
    } else {
        Value::Closure(closure)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_there_once_and_has_a_value() {
        let mut heap = Heap::new();
        for pair in NAMES.windows(2) {
            assert_ne!(pair[0].0, pair[1].0);
        }
        for name in names() {
            assert!(value(&mut heap, name).is_some(), "{name}");
        }
        assert!(value(&mut heap, "no-such-name").is_none());
    }
}
