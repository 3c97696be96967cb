//! Two worlds as one: filters and modifiers are the same if their names are.

use std::collections::HashMap;

use lapbelt_policy::filter::Test;
use lapbelt_policy::graph::Outcome;
use lapbelt_policy::rule::Modifier;
use lapbelt_policy::world::{FilterId, FilterInfo, ModifierId, World};

/// Above the numbers of any world: what only the right world has is numbered from here on.
const RIGHT_ONLY: u16 = 0x4000;

/// The numbers of two worlds brought together: the left world's, and new ones for what it lacks.
pub(super) struct Vocabulary<'w> {
    filters: HashMap<FilterId, &'w FilterInfo>,
    /// From the right world's numbers.
    joint_filters: HashMap<FilterId, FilterId>,
    joint_modifiers: HashMap<ModifierId, ModifierId>,
    /// To the right world's numbers.
    right_filters: HashMap<FilterId, FilterId>,
}

impl<'w> Vocabulary<'w> {
    pub(super) fn new(left: &'w World, right: &'w World) -> Self {
        let mut filters: HashMap<FilterId, &FilterInfo> =
            left.filters().iter().map(|info| (info.id, info)).collect();
        let mut joint_filters = HashMap::new();
        for info in right.filters() {
            let same = left.filters().iter().find(|other| other.name == info.name);
            let joint = same.map_or(FilterId(RIGHT_ONLY | info.id.0), |same| same.id);
            joint_filters.insert(info.id, joint);
            filters.entry(joint).or_insert(info);
        }
        let joint_modifiers = right.modifiers().iter().map(|info| {
            let same = left.modifiers().iter().find(|m| m.name == info.name);
            let joint = same.map_or(ModifierId(RIGHT_ONLY | info.id.0), |same| same.id);
            (info.id, joint)
        });
        Self {
            filters,
            joint_modifiers: joint_modifiers.collect(),
            right_filters: joint_filters
                .iter()
                .map(|(own, joint)| (*joint, *own))
                .collect(),
            joint_filters,
        }
    }

    /// What is known of a filter by its joint number.
    pub(super) fn filter(&self, joint: FilterId) -> &'w FilterInfo {
        self.filters[&joint]
    }

    /// The right world's number of a filter; `None` if it has no such filter.
    pub(super) fn in_right(&self, joint: FilterId) -> Option<FilterId> {
        self.right_filters.get(&joint).copied()
    }

    /// A test of the right world.
    pub(super) fn joint_test(&self, test: &Test) -> Test {
        Test {
            filter: self.joint_filters[&test.filter],
            argument: test.argument.clone(),
        }
    }

    /// An outcome of the right world.
    pub(super) fn joint_outcome(&self, outcome: &Outcome) -> Outcome {
        let joint = |one: &Modifier| Modifier {
            modifier: self.joint_modifiers[&one.modifier],
            argument: one.argument.clone(),
        };
        let mut modifiers: Vec<Modifier> = outcome.modifiers.iter().map(joint).collect();
        modifiers.sort_by_key(|one| one.modifier);
        Outcome {
            action: outcome.action,
            modifiers,
        }
    }
}
