//! What the words mean: those of the language here, all others from the world.

use std::sync::LazyLock;

use lapbelt_policy::origin::Origin;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{ArgumentKind, FilterInfo};

use super::{Binder, Object, Procedure, Shape, address};
use crate::diag::{Code, Diagnostic};
use crate::eval::heap::Heap;
use crate::eval::language;
use crate::eval::value::{HostProcedure, Symbol, Value};

/// Words of the language itself.
pub(super) const WORDS: &[(&str, Procedure)] = &[
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
    ("termination", Procedure::Termination),
    ("%of-entitlement", Procedure::OfEntitlement),
    ("%message-rules", Procedure::MessageRules),
    ("%message-filter", Procedure::MessageFilter),
];

/// Operations that profiles still name and that decide nothing any more, where the world does not
/// have them.
pub(super) const WITHOUT_EFFECT: &[&str] = &[
    "ipc-posix-shm-read-metadata",
    "mach-per-user-lookup",
    "system-chud",
    "qtn-download",
];

/// Options of older systems in the place of a modifier, which change no decision.
pub(super) const OPTIONS: &[&str] = &["no-callout", "partial-symbolication", "rootless"];

/// What profiles mostly define for themselves.
static ASSUMED: LazyLock<Vec<(&'static str, &'static str)>> =
    LazyLock::new(|| language::definitions(include_str!("../prelude/assumed.scm")).collect());

impl Binder<'_> {
    /// The value of a word: what comes first in this order keeps its name: the language,
    /// operations, filters, modifiers, named numbers, values of filters.
    pub(super) fn meaning(&mut self, name: &str, heap: &mut Heap) -> Option<Value> {
        if let Some((_, procedure)) = WORDS.iter().find(|(word, _)| *word == name) {
            return Some(self.procedure(*procedure));
        }
        let world = self.world;
        if let Some(operation) = world.operation_named(name) {
            return Some(self.object(Object::Operation(Some(operation.id)), heap));
        }
        if let Some(procedure) = self.filter_form(name) {
            return Some(self.procedure(procedure));
        }
        if let Some(modifier) = world.modifier_named(name) {
            return Some(self.procedure(Procedure::Modifier(modifier.id)));
        }
        if let Some(number) = world.constant(name) {
            return Some(Value::Integer(number));
        }
        let is_value = |info: &FilterInfo| info.values.iter().any(|(value, _)| value == name);
        if address::protocol(name).is_some() || world.filters().iter().any(is_value) {
            return Some(Value::Symbol(heap.intern(name)));
        }
        if WITHOUT_EFFECT.contains(&name) {
            return Some(self.object(Object::Operation(None), heap));
        }
        let is_option = OPTIONS.contains(&name);
        is_option.then(|| self.procedure(Procedure::Option))
    }

    /// A filter under its own name, or under what can be derived from it: `NAME-prefix`,
    /// `NAME-regex`, and for paths `NAME-subpath`. A name in `literal` derives by replacing that
    /// word.
    fn filter_form(&self, name: &str) -> Option<Procedure> {
        if let Some(filter) = self.world.filter_named(name) {
            return Some(Procedure::Filter(filter.id, Shape::Exact));
        }
        let shapes = [
            ("prefix", Shape::Prefix),
            ("regex", Shape::Regex),
            ("subpath", Shape::Subpath),
        ];
        shapes.into_iter().find_map(|(suffix, shape)| {
            let stem = name.strip_suffix(suffix)?;
            let named = |name: &str| self.world.filter_named(name);
            let plain = stem.strip_suffix('-').and_then(named);
            let filter = plain
                .or_else(|| named(&format!("{stem}literal")))
                .filter(|filter| match filter.kind {
                    ArgumentKind::PathPattern => true,
                    ArgumentKind::Pattern => shape != Shape::Subpath,
                    _ => false,
                })?;
            Some(Procedure::Filter(filter.id, shape))
        })
    }

    pub(super) fn procedure(&mut self, procedure: Procedure) -> Value {
        self.procedures.push(procedure);
        Value::HostProcedure(HostProcedure(self.procedures.len() as u32 - 1))
    }

    /// What a name is taken for that a piece of a profile leaves to others, with a warning.
    pub(super) fn assume(
        &mut self,
        name: Symbol,
        origin: Option<Origin>,
        heap: &mut Heap,
    ) -> Option<Value> {
        let word = heap.name(name);
        let Some((name, text)) = ASSUMED.iter().find(|(known, _)| *known == word) else {
            let word = word.to_owned();
            return self.foreign(&word, origin, heap);
        };
        if !name.starts_with('%') {
            let message = format!("`{name}` is not of the language; taken as profiles define it");
            let mut diagnostic = Diagnostic::warning(Code::Assumed, message, origin);
            diagnostic.help = Some(
                "define it, or import a profile that does: a system refuses it as it is".into(),
            );
            self.note(diagnostic);
        }
        language::define(heap, text)
    }
}
