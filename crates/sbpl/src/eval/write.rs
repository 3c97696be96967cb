//! From values to text, for messages, `number->string` and `write`.

use super::heap::Heap;
use super::limits::NESTING;
use super::value::Value;

/// Length of the text of a value after which no further item is written.
const LONGEST: usize = 64 << 10;

/// The text of a value; strings in quotes if `quoted`.
pub(crate) fn write(heap: &Heap, value: Value, quoted: bool) -> Vec<u8> {
    let mut out = Vec::new();
    put(heap, value, quoted, 0, &mut out);
    out
}

/// A number as Scheme writes it.
pub(super) fn number(value: Value) -> String {
    match value {
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) if real.fract() == 0.0 && real.abs() < 1e15 => format!("{real:.1}"),
        Value::Real(real) => real.to_string(),
        _ => String::new(),
    }
}

fn put(heap: &Heap, value: Value, quoted: bool, depth: usize, out: &mut Vec<u8>) {
    if depth > NESTING || out.len() > LONGEST {
        out.extend(b"...");
        return;
    }
    match value {
        Value::Nil => out.extend(b"()"),
        Value::Bool(true) => out.extend(b"#t"),
        Value::Bool(false) => out.extend(b"#f"),
        Value::Integer(_) | Value::Real(_) => out.extend(number(value).into_bytes()),
        Value::Char(byte) if quoted => out.extend([b'#', b'\\', byte]),
        Value::Char(byte) => out.push(byte),
        Value::Symbol(symbol) => out.extend(heap.name(symbol).as_bytes()),
        Value::String(id) if quoted => out.extend(crate::print::quote(heap.bytes(id)).into_bytes()),
        Value::String(id) => out.extend(heap.bytes(id)),
        Value::Pair(_) => {
            out.push(b'(');
            let mut at = value;
            let mut first = true;
            while let Value::Pair(id) = at {
                if out.len() > LONGEST {
                    out.extend(b" ...");
                    break;
                }
                if !first {
                    out.push(b' ');
                }
                first = false;
                put(heap, heap.car(id), quoted, depth + 1, out);
                at = heap.cdr(id);
            }
            if !matches!(at, Value::Nil | Value::Pair(_)) {
                out.extend(b" . ");
                put(heap, at, quoted, depth + 1, out);
            }
            out.push(b')');
        }
        Value::Vector(id) => {
            out.extend(b"#(");
            for (index, item) in heap.vectors[id.0 as usize].iter().enumerate() {
                if out.len() > LONGEST {
                    out.extend(b" ...");
                    break;
                }
                if index > 0 {
                    out.push(b' ');
                }
                put(heap, *item, quoted, depth + 1, out);
            }
            out.push(b')');
        }
        other => out.extend(format!("#<{}>", other.kind()).into_bytes()),
    }
}
