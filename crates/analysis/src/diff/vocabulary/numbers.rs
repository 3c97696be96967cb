//! The named numbers of one filter in two worlds, which number their names each for itself.

use std::collections::HashMap;

use lapbelt_policy::world::{FilterInfo, Part, World};

/// Numbers from here on stand for what the left world has no number for; no profile has such.
const RIGHT_ONLY: i64 = i64::MIN;

/// How the right world's numbers are told by those of the left; a number of neither map is the same
/// in both.
#[derive(Default)]
pub(super) struct Numbers {
    /// From the right world's.
    joint: HashMap<i64, i64>,
    /// To the right world's; `None` where it has none.
    right: HashMap<i64, Option<i64>>,
    /// What stands for a number that only the right world has.
    names: HashMap<i64, String>,
}

impl Numbers {
    /// Those of a filter that both worlds have. A world that lacks names may mean by a number what
    /// the other has a name for.
    pub(super) fn new(here: (&World, &FilterInfo), there: (&World, &FilterInfo)) -> Self {
        let lacks = |(world, filter): (&World, &FilterInfo)| {
            filter.values.is_empty() || world.is_without(Part::Values)
        };
        let (left, right) = (&here.1.values, &there.1.values);
        let has = |values: &[(String, i64)], number| values.iter().any(|one| one.1 == number);
        let mut numbers = Self::default();
        for (name, own) in right {
            let same = left.iter().find(|(other, _)| other == name);
            let is_unnamed = lacks(here) && !has(left, *own);
            let joint = same
                .map(|(_, number)| *number)
                .or(is_unnamed.then_some(*own));
            numbers.add(*own, joint, name);
        }
        for (_, number) in left {
            if !has(right, *number) {
                let joint = lacks(there).then_some(*number);
                numbers.add(*number, joint, &number.to_string());
            }
        }
        for (_, number) in left {
            numbers.right.entry(*number).or_insert(None);
        }
        numbers
    }

    /// A number of the right world, as `joint` if nothing else is so.
    fn add(&mut self, own: i64, joint: Option<i64>, name: &str) {
        if self.joint.contains_key(&own) {
            return;
        }
        let free = joint.filter(|joint| !self.right.contains_key(joint));
        let joint = free.unwrap_or_else(|| {
            let joint = RIGHT_ONLY + self.names.len() as i64;
            self.names.insert(joint, name.to_owned());
            joint
        });
        self.joint.insert(own, joint);
        self.right.insert(joint, Some(own));
    }

    /// What stands for a number of the right world.
    pub(super) fn joint(&self, own: i64) -> i64 {
        self.joint.get(&own).copied().unwrap_or(own)
    }

    /// The right world's number; `None` if it has no such.
    pub(super) fn in_right(&self, joint: i64) -> Option<i64> {
        self.right.get(&joint).copied().unwrap_or(Some(joint))
    }

    /// The name of what only the right world has.
    pub(super) fn name(&self, joint: i64) -> Option<&str> {
        self.names.get(&joint).map(String::as_str)
    }
}
