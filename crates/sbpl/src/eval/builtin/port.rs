//! String ports.

use super::super::heap::{Heap, Port};
use super::super::read;
use super::super::value::Value;
use super::super::write;
use super::{Builtin, text, wrong};
use crate::diag::Code;
use crate::eval::fault::Mistake;
use crate::syntax;

pub(super) const TABLE: &[Builtin] = &[
    Builtin {
        name: "open-input-string",
        least: 1,
        most: 1,
        run: |heap, a| {
            let text = heap.bytes(text(a, 0)?).to_vec();
            heap.reserve(text.len())?;
            Ok(heap.port(Port::Input { text, at: 0 }))
        },
    },
    Builtin {
        name: "open-output-string",
        least: 0,
        most: 1,
        run: |heap, _| Ok(heap.port(Port::Output(Vec::new()))),
    },
    Builtin {
        name: "get-output-string",
        least: 1,
        most: 1,
        run: |heap, a| match a[0] {
            Value::Port(id) => {
                let text = match &heap.ports[id.0 as usize] {
                    Port::Output(text) => text.clone(),
                    Port::Input { .. } => return Err(wrong("output port", a[0], 0)),
                };
                heap.reserve(text.len())?;
                Ok(heap.string(text))
            }
            other => Err(wrong("output port", other, 0)),
        },
    },
    Builtin {
        name: "input-port?",
        least: 1,
        most: 1,
        run: |heap, a| Ok(Value::Bool(is_input(heap, a[0]) == Some(true))),
    },
    Builtin {
        name: "output-port?",
        least: 1,
        most: 1,
        run: |heap, a| Ok(Value::Bool(is_input(heap, a[0]) == Some(false))),
    },
    Builtin {
        name: "char-ready?",
        least: 1,
        most: 1,
        run: |heap, a| match is_input(heap, a[0]) {
            Some(true) => Ok(Value::Bool(true)),
            _ => Err(wrong("input port", a[0], 0)),
        },
    },
    Builtin {
        name: "close-port",
        least: 1,
        most: 1,
        run: |_, _| Ok(Value::Unspecified),
    },
    Builtin {
        name: "close-input-port",
        least: 1,
        most: 1,
        run: |_, _| Ok(Value::Unspecified),
    },
    Builtin {
        name: "close-output-port",
        least: 1,
        most: 1,
        run: |_, _| Ok(Value::Unspecified),
    },
    Builtin {
        name: "read",
        least: 1,
        most: 1,
        run: read_datum,
    },
    Builtin {
        name: "read-char",
        least: 1,
        most: 1,
        run: |heap, a| next_char(heap, a, 1),
    },
    Builtin {
        name: "peek-char",
        least: 1,
        most: 1,
        run: |heap, a| next_char(heap, a, 0),
    },
    Builtin {
        name: "display",
        least: 1,
        most: 2,
        run: |heap, a| put(heap, a, false),
    },
    Builtin {
        name: "write",
        least: 1,
        most: 2,
        run: |heap, a| put(heap, a, true),
    },
    Builtin {
        name: "write-char",
        least: 1,
        most: 2,
        run: |heap, a| put(heap, a, false),
    },
    Builtin {
        name: "newline",
        least: 0,
        most: 1,
        run: |heap, a| {
            let end = Value::Char(b'\n');
            put(heap, &[&[end], a].concat(), false)
        },
    },
];

/// Whether a port reads; `None` if the value is no port.
fn is_input(heap: &Heap, value: Value) -> Option<bool> {
    match value {
        Value::Port(id) => Some(matches!(heap.ports[id.0 as usize], Port::Input { .. })),
        _ => None,
    }
}

fn read_datum(heap: &mut Heap, arguments: &[Value]) -> Result<Value, Mistake> {
    let Value::Port(id) = arguments[0] else {
        return Err(wrong("input port", arguments[0], 0));
    };
    let Port::Input { text, at } = &heap.ports[id.0 as usize] else {
        return Err(wrong("input port", arguments[0], 0));
    };
    let rest = String::from_utf8_lossy(&text[*at..]).into_owned();
    heap.reserve(rest.len())?;
    let parse = syntax::parse(&rest);
    if let Some(error) = parse.errors().first() {
        return Err(Mistake::new(Code::Syntax, format!("`read`: {error}")));
    }
    let all = read::read(heap, &parse, None);
    let end = match parse.forms().first() {
        Some(form) => parse.node(*form).span.end,
        None => rest.len(),
    };
    if let Port::Input { text, at } = &mut heap.ports[id.0 as usize] {
        // Text that is not UTF-8 grows when it is read; it is then read to its end at once.
        *at = (*at + end).min(text.len());
    }
    Ok(match all {
        Value::Pair(cell) => heap.car(cell),
        _ => Value::Eof,
    })
}

fn next_char(heap: &mut Heap, arguments: &[Value], step: usize) -> Result<Value, Mistake> {
    let Value::Port(id) = arguments[0] else {
        return Err(wrong("input port", arguments[0], 0));
    };
    match &mut heap.ports[id.0 as usize] {
        Port::Input { text, at } => Ok(match text.get(*at) {
            Some(byte) => {
                *at += step;
                Value::Char(*byte)
            }
            None => Value::Eof,
        }),
        Port::Output(_) => Err(wrong("input port", arguments[0], 0)),
    }
}

/// Writes to a string port; without one there is nowhere to write, and nothing happens.
fn put(heap: &mut Heap, arguments: &[Value], quoted: bool) -> Result<Value, Mistake> {
    let Some(Value::Port(id)) = arguments.get(1) else {
        return Ok(Value::Unspecified);
    };
    let bytes = write::write(heap, arguments[0], quoted);
    heap.reserve(bytes.len())?;
    heap.grow_port(bytes.len());
    match &mut heap.ports[id.0 as usize] {
        Port::Output(text) => text.extend(bytes),
        Port::Input { .. } => return Err(wrong("output port", arguments[1], 1)),
    }
    Ok(Value::Unspecified)
}
