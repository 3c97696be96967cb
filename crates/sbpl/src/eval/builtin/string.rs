//! Strings, characters and string ports. Strings are bytes.

use super::super::heap::{Heap, Port};
use super::super::read;
use super::super::value::Value;
use super::super::write;
use super::{Builtin, MANY, character, index, items, text, wrong};
use crate::diag::Code;
use crate::eval::fault::Mistake;
use crate::syntax::{self, literal};

macro_rules! compare {
    ($name:literal, $read:ident, |$x:ident, $y:ident| $test:expr) => {
        Builtin {
            name: $name,
            least: 1,
            most: MANY,
            run: |heap, arguments| {
                let mut holds = true;
                for at in 1..arguments.len() {
                    let ($x, $y) = ($read(heap, arguments, at - 1)?, $read(heap, arguments, at)?);
                    holds &= $test;
                }
                Ok(Value::Bool(holds))
            },
        }
    };
}

pub(super) const TABLE: &[Builtin] = &[
    Builtin {
        name: "string-append",
        least: 0,
        most: MANY,
        run: |heap, a| {
            let mut size = 0;
            for at in 0..a.len() {
                size += heap.bytes(text(a, at)?).len();
            }
            heap.reserve(size)?;
            let mut out = Vec::with_capacity(size);
            for at in 0..a.len() {
                out.extend(heap.bytes(text(a, at)?));
            }
            Ok(heap.string(out))
        },
    },
    Builtin {
        name: "string-length",
        least: 1,
        most: 1,
        run: |heap, a| Ok(Value::Integer(heap.bytes(text(a, 0)?).len() as i64)),
    },
    Builtin {
        name: "string-ref",
        least: 2,
        most: 2,
        run: |heap, a| {
            let bytes = heap.bytes(text(a, 0)?);
            let at = index(a, 1, bytes.len().saturating_sub(1))?;
            bytes
                .get(at)
                .map(|b| Value::Char(*b))
                .ok_or_else(|| Mistake::new(Code::OutOfRange, "the string is empty").at(0))
        },
    },
    Builtin {
        name: "string-set!",
        least: 3,
        most: 3,
        run: |heap, a| {
            let (id, byte) = (text(a, 0)?, character(a, 2)?);
            let at = index(a, 1, heap.bytes(id).len().saturating_sub(1))?;
            match heap.bytes_mut(id).get_mut(at) {
                Some(slot) => *slot = byte,
                None => return Err(Mistake::new(Code::OutOfRange, "the string is empty").at(0)),
            }
            Ok(a[0])
        },
    },
    Builtin {
        name: "substring",
        least: 2,
        most: 3,
        run: |heap, a| {
            let length = heap.bytes(text(a, 0)?).len();
            let end = if a.len() > 2 {
                index(a, 2, length)?
            } else {
                length
            };
            let start = index(a, 1, end)?;
            heap.reserve(end - start)?;
            let part = heap.bytes(text(a, 0)?)[start..end].to_vec();
            Ok(heap.string(part))
        },
    },
    Builtin {
        name: "string-copy",
        least: 1,
        most: 1,
        run: |heap, a| {
            let bytes = heap.bytes(text(a, 0)?).to_vec();
            heap.reserve(bytes.len())?;
            Ok(heap.string(bytes))
        },
    },
    Builtin {
        name: "make-string",
        least: 1,
        most: 2,
        run: |heap, a| {
            let length = index(a, 0, 1 << 26)?;
            heap.reserve(length)?;
            let fill = if a.len() > 1 { character(a, 1)? } else { b' ' };
            Ok(heap.string(vec![fill; length]))
        },
    },
    Builtin {
        name: "string",
        least: 0,
        most: MANY,
        run: |heap, a| {
            let bytes: Result<Vec<u8>, _> = (0..a.len()).map(|at| character(a, at)).collect();
            Ok(heap.string(bytes?))
        },
    },
    Builtin {
        name: "string->list",
        least: 1,
        most: 1,
        run: |heap, a| {
            let chars: Vec<Value> = heap
                .bytes(text(a, 0)?)
                .iter()
                .map(|b| Value::Char(*b))
                .collect();
            heap.reserve(chars.len())?;
            Ok(heap.list(&chars))
        },
    },
    Builtin {
        name: "list->string",
        least: 1,
        most: 1,
        run: |heap, a| {
            let chars = items(heap, a, 0)?;
            let bytes: Result<Vec<u8>, _> =
                (0..chars.len()).map(|at| character(&chars, at)).collect();
            Ok(heap.string(bytes.map_err(|m| m.at(0))?))
        },
    },
    compare!("string=?", bytes, |x, y| x == y),
    compare!("string<?", bytes, |x, y| x < y),
    compare!("string>?", bytes, |x, y| x > y),
    compare!("string<=?", bytes, |x, y| x <= y),
    compare!("string>=?", bytes, |x, y| x >= y),
    compare!("string-ci=?", bytes, |x, y| x.eq_ignore_ascii_case(y)),
    compare!("char=?", byte, |x, y| x == y),
    compare!("char<?", byte, |x, y| x < y),
    compare!("char>?", byte, |x, y| x > y),
    compare!("char<=?", byte, |x, y| x <= y),
    compare!("char>=?", byte, |x, y| x >= y),
    compare!("char-ci=?", byte, |x, y| x.eq_ignore_ascii_case(&y)),
    Builtin {
        name: "char->integer",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Integer(i64::from(character(a, 0)?))),
    },
    Builtin {
        name: "integer->char",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Char(index(a, 0, 255)? as u8)),
    },
    Builtin {
        name: "char-upcase",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Char(character(a, 0)?.to_ascii_uppercase())),
    },
    Builtin {
        name: "char-downcase",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Char(character(a, 0)?.to_ascii_lowercase())),
    },
    Builtin {
        name: "char-alphabetic?",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Bool(character(a, 0)?.is_ascii_alphabetic())),
    },
    Builtin {
        name: "char-numeric?",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Bool(character(a, 0)?.is_ascii_digit())),
    },
    Builtin {
        name: "char-whitespace?",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Bool(character(a, 0)?.is_ascii_whitespace())),
    },
    Builtin {
        name: "number->string",
        least: 1,
        most: 2,
        run: number_to_string,
    },
    Builtin {
        name: "string->number",
        least: 1,
        most: 2,
        run: string_to_number,
    },
    Builtin {
        name: "regex-quote",
        least: 1,
        most: 1,
        run: regex_quote,
    },
    Builtin {
        name: "error",
        least: 0,
        most: MANY,
        run: |heap, a| {
            let parts: Vec<String> = a
                .iter()
                .enumerate()
                .map(|(at, v)| write::write(heap, *v, at > 0))
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect();
            Err(Mistake::new(
                Code::Raised,
                format!("the profile gives up: {}", parts.join(" ")),
            ))
        },
    },
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

fn bytes<'h>(heap: &'h Heap, arguments: &[Value], at: usize) -> Result<&'h [u8], Mistake> {
    Ok(heap.bytes(text(arguments, at)?))
}

fn byte(_: &Heap, arguments: &[Value], at: usize) -> Result<u8, Mistake> {
    character(arguments, at)
}

fn radix(arguments: &[Value]) -> Result<u32, Mistake> {
    match arguments.get(1) {
        None => Ok(10),
        Some(Value::Integer(radix @ (2 | 8 | 10 | 16))) => Ok(*radix as u32),
        Some(other) => Err(wrong("radix 2, 8, 10 or 16", *other, 1)),
    }
}

fn number_to_string(heap: &mut Heap, arguments: &[Value]) -> Result<Value, Mistake> {
    let text = match (arguments[0], radix(arguments)?) {
        (Value::Integer(integer), radix @ (2 | 8 | 16)) => {
            let (sign, size) = (if integer < 0 { "-" } else { "" }, integer.unsigned_abs());
            match radix {
                2 => format!("{sign}{size:b}"),
                8 => format!("{sign}{size:o}"),
                _ => format!("{sign}{size:x}"),
            }
        }
        (value @ (Value::Integer(_) | Value::Real(_)), _) => write::number(value),
        (other, _) => return Err(wrong("number", other, 0)),
    };
    Ok(heap.string(text.into_bytes()))
}

fn string_to_number(heap: &mut Heap, arguments: &[Value]) -> Result<Value, Mistake> {
    let text = String::from_utf8_lossy(heap.bytes(text(arguments, 0)?)).into_owned();
    let radix = radix(arguments)?;
    let number = match radix {
        10 => literal::number(&text),
        _ => i64::from_str_radix(&text, radix)
            .ok()
            .map(literal::Number::Integer),
    };
    Ok(match number {
        Some(literal::Number::Integer(integer)) => Value::Integer(integer),
        Some(literal::Number::Real(real)) => Value::Real(real),
        None => Value::Bool(false),
    })
}

/// Puts a backslash before every character that a regular expression gives a meaning.
fn regex_quote(heap: &mut Heap, arguments: &[Value]) -> Result<Value, Mistake> {
    let text = heap.bytes(text(arguments, 0)?);
    let mut out = Vec::with_capacity(text.len() + 8);
    for byte in text {
        if b"\\^$.|?*+()[]{}".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    heap.reserve(out.len())?;
    Ok(heap.string(out))
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
