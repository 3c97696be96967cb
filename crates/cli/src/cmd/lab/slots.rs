//! Slots of op tables by the names of their operations.

use lapbelt_blob::explain;
use lapbelt_policy::world::World;

/// The names of slots; none where there is no world.
pub(super) struct Slots(Vec<String>);

/// Most operations that are named to a person.
const NAMED: usize = 4;

impl Slots {
    pub(super) fn of(world: Option<&World>) -> Self {
        let names = world.map(|world| {
            let known = explain::slots(world).take(world.operations().len());
            known.map(|id| explain::operation(id, world)).collect()
        });
        Self(names.unwrap_or_default())
    }

    pub(super) fn name(&self, slot: usize) -> String {
        let named = self.0.get(slot).cloned();
        named.unwrap_or_else(|| format!("slot {slot}"))
    }

    pub(super) fn names(&self, slots: &[usize]) -> Vec<String> {
        slots.iter().map(|slot| self.name(*slot)).collect()
    }

    /// A few of them, and how many more.
    pub(super) fn summary(&self, slots: &[usize]) -> String {
        if slots.is_empty() {
            return "no operation".to_string();
        }
        let named = self.names(&slots[..slots.len().min(NAMED)]);
        let more = match slots.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{}{more}", named.join(" "))
    }
}
