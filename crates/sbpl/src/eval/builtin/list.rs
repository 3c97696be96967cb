//! Pairs, lists, vectors, symbols and comparison.

use super::super::heap::{Heap, Pair};
use super::super::value::Value;
use super::{Builtin, MANY, index, items, pair, text, wrong};
use crate::eval::fault::Mistake;

macro_rules! accessor {
    ($name:literal, $($step:ident),*) => {
        Builtin { name: $name, least: 1, most: 1, run: |heap, arguments| {
            let mut value = arguments[0];
            $(value = heap.$step(pair(&[value], 0)?);)*
            Ok(value)
        } }
    };
}

macro_rules! test {
    ($name:literal, $pattern:pat $(if $guard:expr)?) => {
        Builtin { name: $name, least: 1, most: 1, run: |_, arguments| {
            Ok(Value::Bool(matches!(arguments[0], $pattern $(if $guard)?)))
        } }
    };
}

pub(super) const TABLE: &[Builtin] = &[
    Builtin {
        name: "cons",
        least: 2,
        most: 2,
        run: |heap, a| Ok(heap.cons(a[0], a[1])),
    },
    accessor!("car", car),
    accessor!("cdr", cdr),
    // Read from the right: `cadr` takes the cdr first.
    accessor!("caar", car, car),
    accessor!("cadr", cdr, car),
    accessor!("cdar", car, cdr),
    accessor!("cddr", cdr, cdr),
    accessor!("caaar", car, car, car),
    accessor!("caadr", cdr, car, car),
    accessor!("cadar", car, cdr, car),
    accessor!("caddr", cdr, cdr, car),
    accessor!("cdaar", car, car, cdr),
    accessor!("cdadr", cdr, car, cdr),
    accessor!("cddar", car, cdr, cdr),
    accessor!("cdddr", cdr, cdr, cdr),
    accessor!("cadddr", cdr, cdr, cdr, car),
    accessor!("cddddr", cdr, cdr, cdr, cdr),
    accessor!("caaaar", car, car, car, car),
    accessor!("caaadr", cdr, car, car, car),
    accessor!("caadar", car, cdr, car, car),
    accessor!("caaddr", cdr, cdr, car, car),
    accessor!("cadaar", car, car, cdr, car),
    accessor!("cadadr", cdr, car, cdr, car),
    accessor!("caddar", car, cdr, cdr, car),
    accessor!("cdaaar", car, car, car, cdr),
    accessor!("cdaadr", cdr, car, car, cdr),
    accessor!("cdadar", car, cdr, car, cdr),
    accessor!("cdaddr", cdr, cdr, car, cdr),
    accessor!("cddaar", car, car, cdr, cdr),
    accessor!("cddadr", cdr, car, cdr, cdr),
    accessor!("cdddar", car, cdr, cdr, cdr),
    Builtin {
        name: "set-car!",
        least: 2,
        most: 2,
        run: |heap, a| {
            heap.pair_mut(pair(a, 0)?).car = a[1];
            Ok(a[0])
        },
    },
    Builtin {
        name: "set-cdr!",
        least: 2,
        most: 2,
        run: |heap, a| {
            heap.pair_mut(pair(a, 0)?).cdr = a[1];
            Ok(a[0])
        },
    },
    Builtin {
        name: "list",
        least: 0,
        most: MANY,
        run: |heap, a| Ok(heap.list(a)),
    },
    Builtin {
        name: "length",
        least: 1,
        most: 1,
        run: |heap, a| Ok(Value::Integer(items(heap, a, 0)?.len() as i64)),
    },
    Builtin {
        name: "append",
        least: 0,
        most: MANY,
        run: append,
    },
    Builtin {
        name: "reverse",
        least: 1,
        most: 1,
        run: |heap, a| {
            let items = items(heap, a, 0)?;
            Ok(items
                .into_iter()
                .fold(Value::Nil, |rest, item| heap.cons(item, rest)))
        },
    },
    Builtin {
        name: "list*",
        least: 1,
        most: MANY,
        run: |heap, a| {
            let (last, before) = a.split_last().unwrap_or((&Value::Nil, &[]));
            let items = before.iter().rev();
            Ok(items.fold(*last, |rest, item| heap.cons(*item, rest)))
        },
    },
    Builtin {
        name: "list-tail",
        least: 2,
        most: 2,
        run: tail,
    },
    Builtin {
        name: "list-ref",
        least: 2,
        most: 2,
        run: |heap, a| {
            let rest = tail(heap, a)?;
            Ok(heap.car(pair(&[rest], 0)?))
        },
    },
    Builtin {
        name: "memq",
        least: 2,
        most: 2,
        run: |heap, a| member(heap, a, Heap::is_eqv),
    },
    Builtin {
        name: "memv",
        least: 2,
        most: 2,
        run: |heap, a| member(heap, a, Heap::is_eqv),
    },
    Builtin {
        name: "member",
        least: 2,
        most: 2,
        run: |heap, a| member(heap, a, Heap::is_equal),
    },
    Builtin {
        name: "assq",
        least: 2,
        most: 2,
        run: |heap, a| assoc(heap, a, Heap::is_eqv),
    },
    Builtin {
        name: "assv",
        least: 2,
        most: 2,
        run: |heap, a| assoc(heap, a, Heap::is_eqv),
    },
    Builtin {
        name: "assoc",
        least: 2,
        most: 2,
        run: |heap, a| assoc(heap, a, Heap::is_equal),
    },
    Builtin {
        name: "eq?",
        least: 2,
        most: 2,
        run: |heap, a| Ok(Value::Bool(heap.is_eqv(a[0], a[1]))),
    },
    Builtin {
        name: "eqv?",
        least: 2,
        most: 2,
        run: |heap, a| Ok(Value::Bool(heap.is_eqv(a[0], a[1]))),
    },
    Builtin {
        name: "equal?",
        least: 2,
        most: 2,
        run: |heap, a| Ok(Value::Bool(heap.is_equal(a[0], a[1]))),
    },
    Builtin {
        name: "not",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Bool(!a[0].is_true())),
    },
    test!("null?", Value::Nil),
    test!("pair?", Value::Pair(_)),
    test!("atom?", value if !matches!(value, Value::Pair(_))),
    test!("symbol?", Value::Symbol(_)),
    test!("string?", Value::String(_)),
    test!("char?", Value::Char(_)),
    test!("boolean?", Value::Bool(_)),
    test!("vector?", Value::Vector(_)),
    test!("eof-object?", Value::Eof),
    test!("port?", Value::Port(_)),
    test!("macro?", Value::Macro(_) | Value::Special(_)),
    test!("closure?", Value::Closure(_) | Value::Macro(_)),
    test!(
        "procedure?",
        Value::Builtin(_)
            | Value::Control(_)
            | Value::Closure(_)
            | Value::Continuation(_)
            | Value::HostProcedure(_)
    ),
    Builtin {
        name: "list?",
        least: 1,
        most: 1,
        run: |heap, a| Ok(Value::Bool(heap.items(a[0]).is_some())),
    },
    Builtin {
        name: "symbol->string",
        least: 1,
        most: 1,
        run: |heap, a| match a[0] {
            Value::Symbol(symbol) => {
                let name = heap.name(symbol).as_bytes().to_vec();
                Ok(heap.string(name))
            }
            other => Err(wrong("symbol", other, 0)),
        },
    },
    Builtin {
        name: "string->symbol",
        least: 1,
        most: 1,
        run: |heap, a| {
            let name = String::from_utf8_lossy(heap.bytes(text(a, 0)?)).into_owned();
            Ok(Value::Symbol(heap.intern(&name)))
        },
    },
    Builtin {
        name: "gensym",
        least: 0,
        most: 0,
        run: |heap, _| Ok(Value::Symbol(heap.unnamed("gensym"))),
    },
    Builtin {
        name: "vector",
        least: 0,
        most: MANY,
        run: |heap, a| Ok(heap.vector(a.to_vec())),
    },
    Builtin {
        name: "make-vector",
        least: 1,
        most: 2,
        run: |heap, a| {
            let length = index(a, 0, 1 << 24)?;
            heap.reserve(length * size_of::<Value>())?;
            let fill = a.get(1).copied().unwrap_or(Value::Nil);
            Ok(heap.vector(vec![fill; length]))
        },
    },
    Builtin {
        name: "vector-fill!",
        least: 2,
        most: 2,
        run: |heap, a| {
            let items = vector(heap, a)?;
            items.fill(a[1]);
            let work = items.len();
            heap.spend(work);
            Ok(a[0])
        },
    },
    Builtin {
        name: "vector-length",
        least: 1,
        most: 1,
        run: |heap, a| Ok(Value::Integer(vector(heap, a)?.len() as i64)),
    },
    Builtin {
        name: "vector-ref",
        least: 2,
        most: 2,
        run: |heap, a| {
            let items = vector(heap, a)?;
            let at = index(a, 1, items.len().saturating_sub(1))?;
            items
                .get(at)
                .copied()
                .ok_or_else(|| wrong("vector with items", a[0], 0))
        },
    },
    Builtin {
        name: "vector-set!",
        least: 3,
        most: 3,
        run: |heap, a| {
            let items = vector(heap, a)?;
            let at = index(a, 1, items.len().saturating_sub(1))?;
            match items.get_mut(at) {
                Some(item) => *item = a[2],
                None => return Err(wrong("vector with items", a[0], 0)),
            }
            Ok(a[0])
        },
    },
    Builtin {
        name: "list->vector",
        least: 1,
        most: 1,
        run: |heap, a| {
            let items = items(heap, a, 0)?;
            Ok(heap.vector(items))
        },
    },
    Builtin {
        name: "vector->list",
        least: 1,
        most: 1,
        run: |heap, a| {
            let items = vector(heap, a)?.clone();
            heap.spend(items.len());
            Ok(heap.list(&items))
        },
    },
];

fn vector<'h>(heap: &'h mut Heap, arguments: &[Value]) -> Result<&'h mut Vec<Value>, Mistake> {
    match arguments[0] {
        Value::Vector(id) => Ok(&mut heap.vectors[id.0 as usize]),
        other => Err(wrong("vector", other, 0)),
    }
}

/// Copies all lists but the last, with the places of their items. TinyScheme takes anything as the
/// last argument; application.sb of macOS appends a string.
fn append(heap: &mut Heap, arguments: &[Value]) -> Result<Value, Mistake> {
    let Some((last, lists)) = arguments.split_last() else {
        return Ok(Value::Nil);
    };
    let mut result = *last;
    for (at, list) in lists.iter().enumerate().rev() {
        let cells = heap.cells(*list).ok_or_else(|| wrong("list", *list, at))?;
        heap.reserve(cells.len() * size_of::<Pair>())?;
        for cell in cells.into_iter().rev() {
            let from = heap.pair(cell);
            result = heap.cons_at(from.car, result, from.list, from.item);
        }
    }
    Ok(result)
}

fn tail(heap: &mut Heap, arguments: &[Value]) -> Result<Value, Mistake> {
    let count = index(arguments, 1, usize::MAX >> 1)?;
    let mut rest = arguments[0];
    for _ in 0..count {
        heap.spend(1);
        rest = heap.cdr(pair(&[rest], 0)?);
    }
    Ok(rest)
}

type Same = fn(&Heap, Value, Value) -> bool;

fn member(heap: &mut Heap, arguments: &[Value], same: Same) -> Result<Value, Mistake> {
    let list = arguments[1];
    let cells = heap.cells(list).ok_or_else(|| wrong("list", list, 1))?;
    heap.spend(cells.len());
    let found = cells
        .into_iter()
        .find(|cell| same(heap, arguments[0], heap.car(*cell)));
    Ok(found.map_or(Value::Bool(false), Value::Pair))
}

fn assoc(heap: &mut Heap, arguments: &[Value], same: Same) -> Result<Value, Mistake> {
    let found = items(heap, arguments, 1)?
        .into_iter()
        .find(|entry| match entry {
            Value::Pair(entry) => same(heap, arguments[0], heap.car(*entry)),
            _ => false,
        });
    Ok(found.unwrap_or(Value::Bool(false)))
}
