//! Binds the words: those of the language here, all others from the world.

use std::collections::BTreeMap;

use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{ArgumentKind, FilterInfo};

use super::{Binder, Object, Procedure, Shape};
use crate::eval::heap::Heap;
use crate::eval::value::{HostProcedure, Value};

/// Words of the language itself.
const WORDS: &[(&str, Procedure)] = &[
    ("allow", Procedure::Rule(Action::Allow)),
    ("deny", Procedure::Rule(Action::Deny)),
    ("require-any", Procedure::RequireAny),
    ("require-all", Procedure::RequireAll),
    ("require-not", Procedure::RequireNot),
    ("with", Procedure::With),
    ("param", Procedure::Param),
    ("getenv", Procedure::Param),
    ("version", Procedure::Version),
    ("trace", Procedure::Trace),
    ("_IO", Procedure::Ioctl),
    ("path-ancestors", Procedure::PathAncestors),
    ("%message-rules", Procedure::MessageRules),
    ("%message-filter", Procedure::MessageFilter),
    ("%no-operation", Procedure::NoOperation),
];

/// Words of an address. They stand for themselves.
pub(super) const PROTOCOLS: &[&str] = &[
    "ip",
    "ip4",
    "ip6",
    "tcp",
    "tcp4",
    "tcp6",
    "udp",
    "udp4",
    "udp6",
    "unix-socket",
    "unix",
];

impl Binder<'_> {
    /// Binds every word. What stands first in this order keeps its name: the language, operations,
    /// filters, modifiers, other names, named numbers, values of filters.
    pub(crate) fn define(&mut self, heap: &mut Heap) {
        for (name, procedure) in WORDS {
            self.procedure(name, *procedure, heap);
        }
        for operation in self.world.operations() {
            let value = self.object(Object::Operation(Some(operation.id)), heap);
            define(&operation.name, value, heap);
        }
        for filter in self.world.filters() {
            self.filter_names(&filter.name, filter, heap);
        }
        for modifier in self.world.modifiers() {
            self.procedure(&modifier.name, Procedure::Modifier(modifier.id), heap);
        }
        let aliases: BTreeMap<&str, &str> = self.world.alias_names().collect();
        for (alias, name) in aliases {
            if let Some(filter) = self.world.filter_named(alias) {
                self.filter_names(alias, filter, heap);
            } else if let Some(value) = heap.global(name) {
                define(alias, value, heap);
            }
        }
        let constants: BTreeMap<&str, i64> = self.world.constants().collect();
        for (name, number) in constants {
            define(name, Value::Integer(number), heap);
        }
        let values = self
            .world
            .filters()
            .iter()
            .flat_map(|filter| &filter.values);
        let values = values.map(|(name, _)| name.as_str());
        for name in values.chain(PROTOCOLS.iter().copied()) {
            let symbol = heap.intern(name);
            define(name, Value::Symbol(symbol), heap);
        }
    }

    /// `name` and what can be derived from it: `name-prefix`, `name-regex`, and for paths
    /// `name-subpath`. A name in `literal` derives by replacing that word.
    fn filter_names(&mut self, name: &str, filter: &FilterInfo, heap: &mut Heap) {
        let id = filter.id;
        self.procedure(name, Procedure::Filter(id, Shape::Exact), heap);
        let is_path = filter.kind == ArgumentKind::PathPattern;
        if !is_path && filter.kind != ArgumentKind::Pattern {
            return;
        }
        let stem = match name.strip_suffix("literal") {
            Some(stem) if is_path => stem.to_owned(),
            _ => format!("{name}-"),
        };
        self.procedure(
            &format!("{stem}prefix"),
            Procedure::Filter(id, Shape::Prefix),
            heap,
        );
        self.procedure(
            &format!("{stem}regex"),
            Procedure::Filter(id, Shape::Regex),
            heap,
        );
        if is_path {
            self.procedure(
                &format!("{stem}subpath"),
                Procedure::Filter(id, Shape::Subpath),
                heap,
            );
        }
    }

    fn procedure(&mut self, name: &str, procedure: Procedure, heap: &mut Heap) {
        self.procedures.push(procedure);
        let value = HostProcedure(self.procedures.len() as u32 - 1);
        define(name, Value::HostProcedure(value), heap);
    }
}

/// Binds a name that is not bound yet.
fn define(name: &str, value: Value, heap: &mut Heap) {
    if heap.global(name).is_none() {
        heap.define_global(name, value);
    }
}
