//! Two worlds as one: filters, their named values and modifiers are the same if their names are,
//! message filters if they decide the same.

mod messages;
mod numbers;
mod spelled;

use std::borrow::Cow;
use std::collections::HashMap;

use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::filter::{Argument, Test};
use lapbelt_policy::graph::Outcome;
use lapbelt_policy::rule::{Modifier, ModifierArgument};
use lapbelt_policy::world::{ArgumentKind, FilterId, FilterInfo, ModifierId};

use crate::subject::Subject;
use messages::Messages;
use numbers::Numbers;
pub(super) use spelled::Spelled;

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
    /// Of filters that both worlds have, and number differently.
    numbers: HashMap<FilterId, Numbers>,
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
        let mut numbers = HashMap::new();
        for info in there.filters() {
            let same = here.filters().iter().find(|other| other.name == info.name);
            if let Some(same) = same.filter(|same| same.values != info.values) {
                numbers.insert(same.id, Numbers::new((here, same), (there, info)));
            }
            let joint = same.map_or(FilterId(RIGHT_ONLY | info.id.0), |same| same.id);
            joint_filters.insert(info.id, joint);
            let known = filters.entry(joint).or_insert_with(|| own(info));
            // What is a value for one of them is decided by both.
            if info.has_socket_names && !known.has_socket_names {
                known.to_mut().has_socket_names = true;
            }
            // Both have to take two spellings for one place.
            if known.aliases != info.aliases {
                known.to_mut().aliases.clear();
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
            numbers,
            messages: Messages::default(),
        };
        vocabulary.number_messages(left, right);
        vocabulary
    }

    /// What is known of a filter by its joint number.
    pub(super) fn filter(&self, joint: FilterId) -> &FilterInfo {
        &self.filters[&joint]
    }

    /// Values by the names of their filters; by their own where only the right world has them.
    pub(super) fn named(&self, values: &[(FilterId, OwnedValue)]) -> Vec<(String, OwnedValue)> {
        let named = |(filter, value): &(FilterId, OwnedValue)| {
            let info = self.filter(*filter);
            let name = match value {
                OwnedValue::Integer(number) if filter.0 & RIGHT_ONLY != 0 => {
                    let mut known = info.values.iter();
                    let known = known.find(|(_, own)| own == number);
                    known.map(|(name, _)| name.as_str())
                }
                OwnedValue::Integer(number) => {
                    let numbers = self.numbers.get(filter);
                    numbers.and_then(|numbers| numbers.name(*number))
                }
                _ => None,
            };
            let value = name.map_or_else(|| value.clone(), |name| OwnedValue::Text(name.into()));
            (info.name.clone(), value)
        };
        values.iter().map(named).collect()
    }

    /// A test of the right world.
    pub(super) fn right_test(&self, test: &Test) -> Test {
        let filter = self.joint_filters[&test.filter];
        let argument = match (&test.argument, self.numbers.get(&filter)) {
            (Argument::Integer(number), Some(numbers)) => Argument::Integer(numbers.joint(*number)),
            (argument, _) => argument.clone(),
        };
        Test { filter, argument }
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
    messages: &messages::Numbers,
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
