//! What vocabularies say of each kind of value, in numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Node, Word};

/// The values of one tag and filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Role {
    /// Values with a name.
    pub hit: usize,
    /// Values without, where others have one.
    pub miss: usize,
    /// Numbers that stand for themselves.
    pub fallback: usize,
    /// References to literals.
    pub literal: usize,
    /// Values that do not hold together with the file.
    pub broken: usize,
}

/// The values of nodes, by tag, then by filter with whether its argument has the other form; nodes
/// that decide have no filter.
pub fn roles<'n>(
    nodes: impl IntoIterator<Item = &'n Node>,
) -> BTreeMap<(usize, Option<(usize, bool)>), Role> {
    let mut roles: BTreeMap<_, Role> = BTreeMap::new();
    for node in nodes {
        let filter = node.test.as_ref().map(|test| &test.filter);
        let key = filter.map(|filter| (filter.number, filter.other_form));
        let role = roles.entry((node.tag, key)).or_default();
        for value in &node.values {
            match value.word {
                Word::Hit => role.hit += 1,
                Word::Miss => role.miss += 1,
                Word::Fallback => role.fallback += 1,
                Word::Literal => role.literal += 1,
                Word::Broken => role.broken += 1,
                Word::Unasked => {}
            }
        }
    }
    roles
}
