//! What an unknown name was meant to be.

use std::borrow::Cow;

use lapbelt_policy::world::{ArgumentKind, FilterId, nearest};

use super::vocabulary::WORDS;
use super::{Binder, Procedure, takes};
use crate::diag::Code;
use crate::eval::fault::Mistake;
use crate::eval::heap::Heap;
use crate::eval::language;
use crate::eval::value::Value;

impl Binder<'_> {
    pub(super) fn suggest(&self, name: &str, called: &[Value], head: bool, heap: &Heap) -> Mistake {
        let procedure = |at: usize| match called.get(at) {
            Some(Value::HostProcedure(id)) => self.procedures.get(id.0 as usize).copied(),
            _ => None,
        };
        let caller = match (procedure(0), procedure(1)) {
            // What follows it is its argument.
            (Some(Procedure::With), Some(of @ Procedure::Modifier(_))) => Some(of),
            (caller, _) => caller,
        };
        let in_rule = matches!(caller, Some(Procedure::Rule(_)));
        let wants_filter = in_rule
            || matches!(
                caller,
                Some(Procedure::RequireAny | Procedure::RequireAll | Procedure::RequireNot)
            );
        let world = self.world;
        let (code, message, names): (_, _, Vec<Cow<'_, str>>) = match caller {
            _ if head && wants_filter => (
                Code::UnknownFilter,
                format!("unknown filter `{name}`"),
                self.filter_words(heap),
            ),
            _ if in_rule => {
                let operations = world.operations().iter().map(|o| o.name.as_str());
                let aliases = world.alias_names().map(|(alias, _)| alias);
                let aliases = aliases.filter(|alias| world.operation_named(alias).is_some());
                (
                    Code::UnknownOperation,
                    format!("unknown operation `{name}`"),
                    operations.chain(aliases).map(Cow::from).collect(),
                )
            }
            Some(Procedure::With) => {
                let names = world.modifiers().iter().map(|m| Cow::from(m.name.as_str()));
                (
                    Code::UnknownModifier,
                    format!("unknown modifier `{name}`"),
                    names.collect(),
                )
            }
            Some(Procedure::Filter(id, _)) if self.has_words(id) => {
                let info = world.filter(id);
                let message = format!("`{name}` is no value of filter `{}`", info.name);
                let mut mistake = Mistake::new(Code::UnknownValue, message);
                mistake.help = takes::instead(info, name);
                return mistake;
            }
            Some(Procedure::Modifier(id)) => {
                let info = world.modifier(id);
                let names = world.modifier_names(id).into_iter().map(Cow::from);
                let message = format!("`{name}` is no value of modifier `{}`", info.name);
                (Code::UnknownValue, message, names.collect())
            }
            Some(Procedure::Version) => {
                let message = "`version` takes one number: 1, 2 or 3".to_owned();
                (Code::Version, message, Vec::new())
            }
            _ => {
                let names = self.words(heap);
                (Code::Unbound, format!("`{name}` is not defined"), names)
            }
        };
        let mut mistake = Mistake::new(code, message);
        let near = help(name, names.iter().map(AsRef::as_ref));
        mistake.help = near.or_else(|| match caller {
            Some(Procedure::With) => Some(self.modifiers_listed()),
            Some(Procedure::Modifier(id)) => {
                let info = world.modifier(id);
                Some(self.by_modifier(info, &info.name))
            }
            Some(Procedure::Filter(id, shape)) if !head => {
                Some(takes::by_filter(world.filter(id), shape))
            }
            _ if matches!(code, Code::UnknownFilter | Code::UnknownOperation) => {
                Some("`lapbelt world show` lists those there are".to_owned())
            }
            _ => None,
        });
        mistake
    }
}

impl Binder<'_> {
    /// The names that filters are written with: the world's, and procedures of the profile.
    fn filter_words<'n>(&'n self, heap: &'n Heap) -> Vec<Cow<'n, str>> {
        let filters = self.world.filters().iter().map(|f| (f.name.as_str(), f));
        let aliases = self.world.alias_names();
        let aliases =
            aliases.filter_map(|(alias, _)| Some((alias, self.world.filter_named(alias)?)));
        let mut names: Vec<Cow<'_, str>> = Vec::new();
        for (name, info) in filters.chain(aliases) {
            let suffixes: &[&str] = match info.kind {
                ArgumentKind::PathPattern => &["prefix", "regex", "subpath"],
                ArgumentKind::Pattern => &["prefix", "regex"],
                _ => &[],
            };
            let stem = match name.strip_suffix("literal") {
                Some(stem) => stem.to_owned(),
                None => format!("{name}-"),
            };
            names.push(name.into());
            names.extend(
                suffixes
                    .iter()
                    .map(|suffix| format!("{stem}{suffix}").into()),
            );
        }
        let own = heap.global_names();
        let own = own.filter(|(_, value)| matches!(value, Value::Closure(_)));
        names.extend(own.map(|(name, _)| Cow::from(name)));
        names
    }

    /// Every name that can stand somewhere.
    fn words<'n>(&'n self, heap: &'n Heap) -> Vec<Cow<'n, str>> {
        let world = self.world;
        let mut names = self.filter_words(heap);
        names.extend(heap.global_names().map(|(name, _)| Cow::from(name)));
        names.extend(language::names().map(Cow::from));
        names.extend(WORDS.iter().map(|(name, _)| Cow::from(*name)));
        names.extend(world.operations().iter().map(|o| Cow::from(&o.name)));
        names.extend(world.modifiers().iter().map(|m| Cow::from(&m.name)));
        names.extend(world.constants().map(|(name, _)| Cow::from(name)));
        names.extend(world.alias_names().map(|(alias, _)| Cow::from(alias)));
        let values = world.filters().iter().flat_map(|filter| &filter.values);
        names.extend(values.map(|(name, _)| Cow::from(name)));
        names
    }

    /// Whether the values of a filter are words.
    fn has_words(&self, id: FilterId) -> bool {
        let info = self.world.filter(id);
        info.kind == ArgumentKind::Network || !info.values.is_empty()
    }
}

/// `did you mean …?` if a known name is near.
pub(super) fn help<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    nearest(name, known).map(|near| format!("did you mean `{near}`?"))
}
