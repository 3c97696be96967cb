//! Values: small handles into the heap.

use super::builtin::{Builtin, Control};
use super::special::Special;

/// A name, interned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Symbol(pub(super) u32);

/// A string in the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StringId(pub(super) u32);

/// A pair in the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PairId(pub(super) u32);

/// A vector in the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VectorId(pub(super) u32);

/// A closure in the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClosureId(pub(super) u32);

/// An environment in the heap; 0 is the global one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EnvId(pub(super) u32);

/// A saved stack of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContinuationId(pub(super) u32);

/// A string port in the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortId(pub(super) u32);

/// A procedure of the host, by the host's own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostProcedure(pub(crate) u32);

/// A thing of the host, by the host's own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostObject(pub(crate) u32);

/// A Scheme value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Nil,
    Unspecified,
    Eof,
    Bool(bool),
    Integer(i64),
    Real(f64),
    /// Characters are bytes, as in TinyScheme.
    Char(u8),
    Symbol(Symbol),
    String(StringId),
    Pair(PairId),
    Vector(VectorId),
    Special(Special),
    Builtin(&'static Builtin),
    Control(Control),
    Closure(ClosureId),
    Macro(ClosureId),
    Continuation(ContinuationId),
    Port(PortId),
    HostProcedure(HostProcedure),
    HostObject(HostObject),
}

impl Value {
    /// Everything but `#f` is true.
    pub(crate) fn is_true(self) -> bool {
        self != Self::Bool(false)
    }

    /// What kind of value it is, for messages.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Nil => "empty list",
            Self::Unspecified => "no value",
            Self::Eof => "end of file",
            Self::Bool(_) => "boolean",
            Self::Integer(_) | Self::Real(_) => "number",
            Self::Char(_) => "character",
            Self::Symbol(_) => "symbol",
            Self::String(_) => "string",
            Self::Pair(_) => "list",
            Self::Vector(_) => "vector",
            Self::Special(_) | Self::Macro(_) => "syntax",
            Self::Builtin(_)
            | Self::Control(_)
            | Self::Closure(_)
            | Self::Continuation(_)
            | Self::HostProcedure(_) => "procedure",
            Self::Port(_) => "port",
            Self::HostObject(_) => "object",
        }
    }
}
