//! What the nodes of a compiled profile hold: values by filter and tag, who leads to whom, and which
//! operations come by.
//!
//! A [`Sheet`] is one file as its reader saw it, in plain numbers: a reader that knows the format
//! and the vocabulary fills in names, one that guessed the format has none.

mod census;
mod context;
mod roles;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use census::{Census, FilterValues, HighBits, Key, ValueCount, census};
pub use context::{Context, unexplained};
pub use roles::{Role, roles};

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its profiles; one unless it is a bundle.
    pub profiles: Vec<Profile>,
    /// Its nodes.
    pub nodes: Vec<Node>,
}

/// A profile of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name, in a bundle.
    pub name: Option<String>,
    /// For each slot of its op table the node that it leads to.
    pub entries: Vec<Option<usize>>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands in the file.
    pub offset: usize,
    /// Its tag.
    pub tag: usize,
    /// What it tests; none if it decides.
    pub test: Option<Test>,
    /// Nodes it leads to: if the request matches, and if not. `None` where that is no node.
    pub edges: Vec<Option<usize>>,
    /// What it holds.
    pub values: Vec<Value>,
}

/// What a node tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Which filter.
    pub filter: Filter,
    /// The argument as stored.
    pub argument: usize,
}

/// A filter as nodes name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filter {
    /// Its number.
    pub number: usize,
    /// Whether the argument has the other of its two forms.
    pub other_form: bool,
    /// Its name, if a vocabulary has one.
    pub name: Option<String>,
}

/// A value that a node holds: its argument, a bit of the mask that it leads to, its flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Which: `argument`, `bit`, `flags`, `modifier`, `modifier argument`.
    pub of: &'static str,
    /// The value.
    pub value: i64,
    /// What a vocabulary says of it.
    pub word: Word,
    /// Its meaning, if there is one.
    pub meaning: Option<String>,
}

/// What a vocabulary says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// It has a name.
    Hit,
    /// The vocabulary has names for such values, and none for this.
    Miss,
    /// There are no names for such values: it stands for its number.
    Fallback,
    /// It leads to a literal, whose text is its meaning.
    Literal,
    /// It does not hold together with the rest of the file.
    Broken,
    /// No vocabulary is at hand: the format was guessed.
    Unasked,
}

/// How a node hangs together with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fan {
    /// Edges of other nodes that lead to it.
    pub edges_in: usize,
    /// Slots of op tables that lead to it.
    pub slots_in: usize,
    /// Different nodes that it leads to.
    pub out: usize,
}

impl Word {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Fallback => "fallback",
            Self::Literal => "literal",
            Self::Broken => "broken",
            Self::Unasked => "unasked",
        }
    }
}

impl Node {
    /// Whether one of its values has one of these words.
    pub fn has(&self, words: &[Word]) -> bool {
        self.values.iter().any(|value| words.contains(&value.word))
    }
}

impl Sheet {
    /// How each node hangs together with others.
    pub fn fans(&self) -> Vec<Fan> {
        let mut fans = vec![Fan::default(); self.nodes.len()];
        let entries = self.profiles.iter().flat_map(|profile| &profile.entries);
        for entry in entries.flatten() {
            if let Some(fan) = fans.get_mut(*entry) {
                fan.slots_in += 1;
            }
        }
        for (index, node) in self.nodes.iter().enumerate() {
            for edge in node.edges.iter().flatten() {
                if let Some(fan) = fans.get_mut(*edge) {
                    fan.edges_in += 1;
                }
            }
            let out: BTreeSet<&usize> = node.edges.iter().flatten().collect();
            fans[index].out = out.len();
        }
        fans
    }

    /// For each node the slots of a profile's op table that come by it, in order. Loops, which a
    /// guessed format may have, are walked once.
    pub fn reach(&self, profile: &Profile) -> Vec<Vec<usize>> {
        let mut reach = vec![Vec::new(); self.nodes.len()];
        let mut seen = vec![usize::MAX; self.nodes.len()];
        for (slot, entry) in profile.entries.iter().enumerate() {
            let mut open: Vec<usize> = entry.iter().copied().collect();
            while let Some(index) = open.pop() {
                let Some(node) = self.nodes.get(index).filter(|_| seen[index] != slot) else {
                    continue;
                };
                seen[index] = slot;
                reach[index].push(slot);
                open.extend(node.edges.iter().flatten());
            }
        }
        reach
    }
}

#[cfg(test)]
mod tests;
