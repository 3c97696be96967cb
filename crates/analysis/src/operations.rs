//! Sets of operations as a person names them.

use std::collections::BTreeSet;

use lapbelt_policy::world::{OperationId, World};

/// The fewest operations that stand for a set: a wildcard stands for itself and all that fall back
/// to it, `default` for everything. In the order of their numbers.
pub fn grouped(set: &BTreeSet<OperationId>, world: &World) -> Vec<OperationId> {
    let in_table = || world.operations().iter().filter(|o| o.in_table);
    let is_whole = |id: OperationId| {
        let mut members = in_table().filter(|o| world.falls_back_to(o.id, id));
        members.all(|member| set.contains(&member.id))
    };
    let whole: BTreeSet<OperationId> = set.iter().copied().filter(|id| is_whole(*id)).collect();
    let is_covered = |id: OperationId| {
        let mut at = world.operation(id).parent;
        while let Some(parent) = at {
            if whole.contains(&parent) {
                return true;
            }
            at = world.operation(parent).parent;
        }
        false
    };
    let named = set.iter().copied();
    named.filter(|id| !is_covered(*id)).collect()
}
