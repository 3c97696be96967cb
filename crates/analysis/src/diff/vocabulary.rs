//! Two worlds as one: filters and modifiers are the same if their names are, message filters if
//! they decide the same.

mod messages;

use std::borrow::Cow;
use std::collections::HashMap;

use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::filter::Test;
use lapbelt_policy::graph::Outcome;
use lapbelt_policy::rule::{Modifier, ModifierArgument};
use lapbelt_policy::world::{ArgumentKind, FilterId, FilterInfo, ModifierId};

use crate::subject::Subject;
use messages::{Messages, Numbers};

/// Above the numbers of any world: what only the right world has is numbered from here on.
const RIGHT_ONLY: u16 = 0x4000;

/// The numbers of two worlds brought together: the left world's, and new ones for what it lacks.
pub(super) struct Vocabulary<'w> {
    filters: HashMap<FilterId, Cow<'w, FilterInfo>>,
    /// From the right world's numbers.
    joint_filters: HashMap<FilterId, FilterId>,
    joint_modifiers: HashMap<ModifierId, ModifierId>,
    /// To the right world's numbers.
    right_filters: HashMap<FilterId, FilterId>,
    messages: Messages,
}

impl<'w> Vocabulary<'w> {
    /// `in_lower_case` if only such paths are asked about.
    pub(super) fn new(left: &Subject<'w>, right: &Subject<'w>, in_lower_case: bool) -> Self {
        let (here, there) = (left.world(), right.world());
        let own = |info: &'w FilterInfo| {
            if in_lower_case && info.kind == ArgumentKind::PathPattern {
                Cow::Owned(FilterInfo {
                    in_lower_case,
                    ..info.clone()
                })
            } else {
                Cow::Borrowed(info)
            }
        };
        let mut filters: HashMap<FilterId, Cow<'_, FilterInfo>> = here
            .filters()
            .iter()
            .map(|info| (info.id, own(info)))
            .collect();
        let mut joint_filters = HashMap::new();
        for info in there.filters() {
            let same = here.filters().iter().find(|other| other.name == info.name);
            let joint = same.map_or(FilterId(RIGHT_ONLY | info.id.0), |same| same.id);
            joint_filters.insert(info.id, joint);
            let known = filters.entry(joint).or_insert_with(|| own(info));
            // What is a value for one of them is decided by both.
            if info.has_socket_names && !known.has_socket_names {
                known.to_mut().has_socket_names = true;
            }
        }
        let joint_modifiers = there.modifiers().iter().map(|info| {
            let same = here.modifiers().iter().find(|m| m.name == info.name);
            let joint = same.map_or(ModifierId(RIGHT_ONLY | info.id.0), |same| same.id);
            (info.id, joint)
        });
        let mut vocabulary = Self {
            filters,
            joint_modifiers: joint_modifiers.collect(),
            right_filters: joint_filters
                .iter()
                .map(|(own, joint)| (*joint, *own))
                .collect(),
            joint_filters,
            messages: Messages::default(),
        };
        vocabulary.number_messages(left, right);
        vocabulary
    }

    /// What is known of a filter by its joint number.
    pub(super) fn filter(&self, joint: FilterId) -> &FilterInfo {
        &self.filters[&joint]
    }

    /// Values by the names of their filters.
    pub(super) fn named(&self, values: &[(FilterId, OwnedValue)]) -> Vec<(String, OwnedValue)> {
        let named = |(filter, value): &(FilterId, OwnedValue)| {
            (self.filter(*filter).name.clone(), value.clone())
        };
        values.iter().map(named).collect()
    }

    /// The right world's number of a filter; `None` if it has no such filter.
    pub(super) fn in_right(&self, joint: FilterId) -> Option<FilterId> {
        self.right_filters.get(&joint).copied()
    }

    /// A test of the right world.
    pub(super) fn right_test(&self, test: &Test) -> Test {
        Test {
            filter: self.joint_filters[&test.filter],
            argument: test.argument.clone(),
        }
    }

    /// An outcome of the left world, to be compared only.
    pub(super) fn left_outcome(&self, outcome: &Outcome) -> Outcome {
        joint_outcome(outcome, &self.messages.left, |id| id)
    }

    /// An outcome of the right world, to be compared only.
    pub(super) fn right_outcome(&self, outcome: &Outcome) -> Outcome {
        joint_outcome(outcome, &self.messages.right, |id| {
            self.joint_modifiers[&id]
        })
    }
}

fn joint_outcome(
    outcome: &Outcome,
    messages: &Numbers,
    id: impl Fn(ModifierId) -> ModifierId,
) -> Outcome {
    let joint = |one: &Modifier| Modifier {
        modifier: id(one.modifier),
        argument: match &one.argument {
            Some(ModifierArgument::MessageFilter(rules)) => messages
                .get(rules)
                .map(|number| ModifierArgument::Integer(*number as i64)),
            other => other.clone(),
        },
    };
    let mut modifiers: Vec<Modifier> = outcome.modifiers.iter().map(joint).collect();
    modifiers.sort_by_key(|one| one.modifier);
    Outcome {
        action: outcome.action,
        modifiers,
    }
}
