//! Strings, characters and string ports. Strings are bytes.

use super::super::heap::Heap;
use super::super::value::Value;
use super::super::write;
use super::{Builtin, MANY, character, index, items, text, wrong};
use crate::diag::Code;
use crate::eval::fault::Mistake;
use crate::syntax::literal;

macro_rules! compare {
    ($name:literal, $read:ident, |$x:ident, $y:ident| $test:expr) => {
        Builtin {
            name: $name,
            least: 1,
            most: MANY,
            run: |heap, arguments| {
                $read(heap, arguments, 0)?;
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
    compare!("string-ci<?", bytes, |x, y| x.to_ascii_lowercase()
        < y.to_ascii_lowercase()),
    compare!("string-ci>?", bytes, |x, y| x.to_ascii_lowercase()
        > y.to_ascii_lowercase()),
    compare!("string-ci<=?", bytes, |x, y| x.to_ascii_lowercase()
        <= y.to_ascii_lowercase()),
    compare!("string-ci>=?", bytes, |x, y| x.to_ascii_lowercase()
        >= y.to_ascii_lowercase()),
    compare!("char=?", byte, |x, y| x == y),
    compare!("char<?", byte, |x, y| x < y),
    compare!("char>?", byte, |x, y| x > y),
    compare!("char<=?", byte, |x, y| x <= y),
    compare!("char>=?", byte, |x, y| x >= y),
    compare!("char-ci=?", byte, |x, y| x.eq_ignore_ascii_case(&y)),
    compare!("char-ci<?", byte, |x, y| x.to_ascii_lowercase()
        < y.to_ascii_lowercase()),
    compare!("char-ci>?", byte, |x, y| x.to_ascii_lowercase()
        > y.to_ascii_lowercase()),
    compare!("char-ci<=?", byte, |x, y| x.to_ascii_lowercase()
        <= y.to_ascii_lowercase()),
    compare!("char-ci>=?", byte, |x, y| x.to_ascii_lowercase()
        >= y.to_ascii_lowercase()),
    Builtin {
        name: "string-fill!",
        least: 2,
        most: 2,
        run: |heap, a| {
            let fill = character(a, 1)?;
            let bytes = heap.bytes_mut(text(a, 0)?);
            bytes.fill(fill);
            let work = bytes.len();
            heap.spend(work / 8);
            Ok(a[0])
        },
    },
    Builtin {
        name: "char-upper-case?",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Bool(character(a, 0)?.is_ascii_uppercase())),
    },
    Builtin {
        name: "char-lower-case?",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Bool(character(a, 0)?.is_ascii_lowercase())),
    },
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
            let mut message = "the profile gives up:".to_owned();
            for (at, value) in a.iter().enumerate() {
                let bytes = write::write(heap, *value, at > 0);
                heap.claim(bytes.len())?;
                message.push(' ');
                message.push_str(&String::from_utf8_lossy(&bytes));
            }
            Err(Mistake::new(Code::Raised, message))
        },
    },
];

fn bytes<'h>(heap: &'h Heap, arguments: &[Value], at: usize) -> Result<&'h [u8], Mistake> {
    let bytes = heap.bytes(text(arguments, at)?);
    heap.spend(bytes.len() / 64);
    Ok(bytes)
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
