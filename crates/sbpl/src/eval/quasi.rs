//! Quasi-quotation, turned into code that builds the list.

use super::builtin;
use super::fault::Mistake;
use super::heap::Heap;
use super::limits::NESTING;
use super::special::Special;
use super::value::{PairId, Value};
use crate::diag::Code;

/// Code whose value is the quasi-quoted datum in the car of `cell`.
pub(super) fn expand(heap: &mut Heap, cell: PairId) -> Result<Value, Mistake> {
    let template = heap.car(cell);
    datum(heap, template, 1, 0)
}

fn datum(heap: &mut Heap, template: Value, level: usize, depth: usize) -> Result<Value, Mistake> {
    heap.spend(1);
    if depth > NESTING {
        return Err(Mistake::new(
            Code::Limit,
            "quasi-quotation is nested too deep",
        ));
    }
    let pair = match template {
        Value::Pair(pair) => pair,
        Value::Vector(id) => {
            let items = heap.vectors[id.0 as usize].clone();
            let list = heap.list(&items);
            let code = datum(heap, list, level, depth + 1)?;
            return Ok(call(heap, "list->vector", &[code]));
        }
        Value::Symbol(_) | Value::Nil => return Ok(quoted(heap, template)),
        _ => return Ok(template),
    };
    if let Some((name, inner)) = marked(heap, template) {
        let next = match name {
            "quasiquote" => level + 1,
            _ if level == 1 => return Ok(inner),
            _ => level - 1,
        };
        let head = quoted(heap, heap.car(pair));
        let inner = datum(heap, inner, next, depth + 1)?;
        return Ok(call(heap, "list", &[head, inner]));
    }
    let (first, rest) = (heap.car(pair), heap.cdr(pair));
    // A long list is a deep chain of cdrs: walk it in a loop, build it from the end.
    let mut items = vec![first];
    let mut tail = rest;
    while let Value::Pair(next) = tail {
        if marked(heap, tail).is_some() || items.len() > heap.pairs.len() {
            break;
        }
        items.push(heap.car(next));
        tail = heap.cdr(next);
    }
    let mut code = match tail {
        Value::Nil => quoted(heap, Value::Nil),
        _ => datum(heap, tail, level, depth + 1)?,
    };
    for item in items.into_iter().rev() {
        code = match spliced(heap, item) {
            Some(inner) if level == 1 => call(heap, "append", &[inner, code]),
            Some(_) => {
                let item = datum(heap, item, level, depth + 1)?;
                call(heap, "cons", &[item, code])
            }
            None => {
                let item = datum(heap, item, level, depth + 1)?;
                call(heap, "cons", &[item, code])
            }
        };
    }
    Ok(code)
}

/// `(unquote x)` and `(quasiquote x)`; splicing counts as unquoting for the level.
fn marked(heap: &Heap, value: Value) -> Option<(&'static str, Value)> {
    let Value::Pair(pair) = value else {
        return None;
    };
    let Value::Symbol(symbol) = heap.car(pair) else {
        return None;
    };
    let name = match heap.name(symbol) {
        "quasiquote" => "quasiquote",
        "unquote" => "unquote",
        "unquote-splicing" => "unquote-splicing",
        _ => return None,
    };
    match heap.cdr(pair) {
        Value::Pair(inner) if heap.cdr(inner) == Value::Nil => Some((name, heap.car(inner))),
        _ => None,
    }
}

fn spliced(heap: &Heap, item: Value) -> Option<Value> {
    marked(heap, item)
        .filter(|(name, _)| *name == "unquote-splicing")
        .map(|(_, inner)| inner)
}

fn quoted(heap: &mut Heap, value: Value) -> Value {
    heap.list(&[Value::Special(Special::Quote), value])
}

fn call(heap: &mut Heap, name: &str, arguments: &[Value]) -> Value {
    let arguments = heap.list(arguments);
    match builtin::named(name) {
        Some(procedure) => heap.cons(procedure, arguments),
        None => Value::Nil,
    }
}
