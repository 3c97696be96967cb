//! Procedures that are part of the language.

mod list;
mod number;
mod port;
mod string;

use super::fault::Mistake;
use super::heap::Heap;
use super::value::{PairId, StringId, Value};
use crate::diag::Code;

/// A procedure that needs only its arguments and the heap.
#[derive(Debug)]
pub(crate) struct Builtin {
    pub(super) name: &'static str,
    least: usize,
    most: usize,
    pub(super) run: fn(&mut Heap, &[Value]) -> Result<Value, Mistake>,
}

impl PartialEq for Builtin {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Builtin {
    pub(super) fn check_count(&self, count: usize) -> Result<(), Mistake> {
        check_count(self.name, self.least, self.most, count)
    }
}

/// A procedure that changes the course of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Apply,
    Eval,
    CallCc,
    IsDefined,
    Import,
}

const CONTROLS: &[(&str, Control)] = &[
    ("apply", Control::Apply),
    ("eval", Control::Eval),
    ("%call/cc", Control::CallCc),
    ("defined?", Control::IsDefined),
    ("import", Control::Import),
];

impl Control {
    pub(super) fn check_count(self, count: usize) -> Result<(), Mistake> {
        let (name, least, most) = match self {
            Self::Apply => ("apply", 2, MANY),
            Self::Eval => ("eval", 1, 2),
            Self::CallCc => ("call/cc", 1, 1),
            Self::IsDefined => ("defined?", 1, 2),
            Self::Import => ("import", 1, 1),
        };
        check_count(name, least, most, count)
    }
}

/// No upper limit of arguments.
const MANY: usize = usize::MAX;

fn check_count(name: &str, least: usize, most: usize, count: usize) -> Result<(), Mistake> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let which = if count < least { "few" } else { "many" };
    Err(Mistake::new(
        Code::ArgumentCount,
        format!("too {which} arguments for `{name}`"),
    ))
}

fn tables() -> [&'static [Builtin]; 4] {
    [list::TABLE, number::TABLE, string::TABLE, port::TABLE]
}

/// The procedure of a name, as a value.
pub(super) fn named(name: &str) -> Option<Value> {
    let mut all = tables().into_iter().flatten();
    all.find(|builtin| builtin.name == name).map(Value::Builtin)
}

/// All procedures by name.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Value)> {
    let builtins = tables().into_iter().flatten();
    let builtins = builtins.map(|builtin| (builtin.name, Value::Builtin(builtin)));
    let controls = CONTROLS.iter();
    builtins.chain(controls.map(|(name, control)| (*name, Value::Control(*control))))
}

fn wrong(wanted: &str, got: Value, argument: usize) -> Mistake {
    Mistake::wrong_type(format!("expected {wanted}, got {}", got.kind())).at(argument)
}

fn pair(arguments: &[Value], at: usize) -> Result<PairId, Mistake> {
    match arguments[at] {
        Value::Pair(id) => Ok(id),
        other => Err(wrong("list with items", other, at)),
    }
}

fn text(arguments: &[Value], at: usize) -> Result<StringId, Mistake> {
    match arguments[at] {
        Value::String(id) => Ok(id),
        other => Err(wrong("string", other, at).wants_text(true)),
    }
}

fn character(arguments: &[Value], at: usize) -> Result<u8, Mistake> {
    match arguments[at] {
        Value::Char(byte) => Ok(byte),
        other => Err(wrong("character", other, at)),
    }
}

/// An index from 0 up to and including `most`.
fn index(arguments: &[Value], at: usize, most: usize) -> Result<usize, Mistake> {
    let index = match arguments[at] {
        Value::Integer(integer) => usize::try_from(integer).ok().filter(|i| *i <= most),
        other => return Err(wrong("number", other, at)),
    };
    index.ok_or_else(|| {
        Mistake::new(
            Code::OutOfRange,
            format!("index is not between 0 and {most}"),
        )
        .at(at)
    })
}

fn items(heap: &mut Heap, arguments: &[Value], at: usize) -> Result<Vec<Value>, Mistake> {
    let list = arguments[at];
    let items = heap.items(list).ok_or_else(|| match list {
        Value::Pair(_) => Mistake::wrong_type("the list does not end in an empty list").at(at),
        other => wrong("list", other, at),
    })?;
    heap.spend(items.len());
    Ok(items)
}
