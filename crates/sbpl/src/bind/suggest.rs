//! What an unknown name was meant to be.

use lapbelt_policy::world::{ArgumentKind, FilterId};

use super::vocabulary::PROTOCOLS;
use super::{Binder, Object, Procedure};
use crate::diag::Code;
use crate::eval::fault::Mistake;
use crate::eval::heap::Heap;
use crate::eval::value::Value;

impl Binder<'_> {
    pub(super) fn suggest(
        &self,
        name: &str,
        caller: Option<Value>,
        head: bool,
        heap: &Heap,
    ) -> Mistake {
        let caller = match caller {
            Some(Value::HostProcedure(id)) => self.procedures.get(id.0 as usize).copied(),
            _ => None,
        };
        let in_rule = matches!(caller, Some(Procedure::Rule(_)));
        let wants_filter = in_rule
            || matches!(
                caller,
                Some(Procedure::RequireAny | Procedure::RequireAll | Procedure::RequireNot)
            );
        let world = self.world;
        let (code, message, names): (_, _, Vec<&str>) = match caller {
            _ if head && wants_filter => {
                let is_filter = |value: &Value| {
                    matches!(value, Value::HostProcedure(id)
                    if matches!(self.procedures.get(id.0 as usize), Some(Procedure::Filter(..))))
                };
                let known = heap.global_names().filter(|(_, value)| is_filter(value));
                let names = known.map(|(name, _)| name).collect();
                (
                    Code::UnknownFilter,
                    format!("unknown filter `{name}`"),
                    names,
                )
            }
            _ if in_rule => {
                let is_operation =
                    |value| matches!(self.as_object(value, heap), Some(Object::Operation(_)));
                let known = heap
                    .global_names()
                    .filter(|(_, value)| is_operation(*value));
                let names = known.map(|(name, _)| name).collect();
                (
                    Code::UnknownOperation,
                    format!("unknown operation `{name}`"),
                    names,
                )
            }
            Some(Procedure::With) => {
                let names = world.modifiers().iter().map(|m| m.name.as_str()).collect();
                (
                    Code::UnknownModifier,
                    format!("unknown modifier `{name}`"),
                    names,
                )
            }
            Some(Procedure::Filter(id, _)) if self.has_words(id) => {
                let info = world.filter(id);
                let values = info.values.iter().map(|(name, _)| name.as_str());
                let names = match info.kind {
                    ArgumentKind::Network => PROTOCOLS.to_vec(),
                    _ => values.collect(),
                };
                let message = format!("`{name}` is no value of filter `{}`", info.name);
                (Code::UnknownValue, message, names)
            }
            _ => {
                let names = heap.global_names().map(|(name, _)| name).collect();
                (Code::Unbound, format!("`{name}` is not defined"), names)
            }
        };
        let mut mistake = Mistake::new(code, message);
        mistake.help = help(name, names.into_iter());
        mistake
    }
}

impl Binder<'_> {
    /// Whether the values of a filter are words.
    fn has_words(&self, id: FilterId) -> bool {
        let info = self.world.filter(id);
        info.kind == ArgumentKind::Network || !info.values.is_empty()
    }
}

/// `did you mean …?` if a known name is near.
pub(super) fn help<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let limit = (name.len() / 3).clamp(1, 4);
    let near = known
        .filter(|candidate| !candidate.is_empty() && candidate.len().abs_diff(name.len()) <= limit)
        .map(|candidate| (distance(name.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()?;
    Some(format!("did you mean `{}`?", near.1))
}

/// Edits between two names: insert, delete, replace, swap of neighbours.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_name() {
        let known = ["file-read*", "file-write*", "default"];
        let near = |name| help(name, known.into_iter());
        assert_eq!(
            near("file-raed*").as_deref(),
            Some("did you mean `file-read*`?")
        );
        assert_eq!(
            near("file-wirte"),
            Some("did you mean `file-write*`?".into())
        );
        assert_eq!(near("process-exec"), None);
    }
}
