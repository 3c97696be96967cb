//! What op tables lead to, and why their entries move from one profile to another.
//!
//! Nothing here knows bytes or operations: a [`Table`] is entries and nodes, in any format.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A compiled profile, as far as its op table leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// For each slot the number of the node that its decision starts at.
    pub entries: Vec<usize>,
    /// The nodes. What they lead to is of this list and never leads back.
    pub nodes: Vec<Node>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What tells kinds of nodes apart.
    pub tag: usize,
    /// Number of what it asks about, if it asks.
    pub filter: Option<usize>,
    /// Number of the literal it refers to, if it does.
    pub literal: Option<usize>,
    /// All that it asks or decides, but for where it leads.
    pub says: String,
    /// Where it leads if what it asks matches, and if not; `None` if it decides.
    pub leads: Option<[usize; 2]>,
}

/// The slots that start at one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The node.
    pub node: usize,
    /// The slots, ascending; at least one.
    pub slots: Vec<usize>,
}

/// What walking from an entry meets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The nodes, ascending.
    pub nodes: BTreeSet<usize>,
    /// Tags with how many of the nodes have each.
    pub tags: BTreeMap<usize, usize>,
    /// What is asked about.
    pub filters: BTreeSet<usize>,
    /// Literals that are referred to.
    pub literals: BTreeSet<usize>,
    /// Whether there is more than the limit let see.
    pub is_truncated: bool,
}

/// Slots that start elsewhere in another profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The node they start at.
    pub from: usize,
    /// The node they start at in the other profile.
    pub to: usize,
    /// Why.
    pub cause: Cause,
    /// The slots, ascending; at least one.
    pub slots: Vec<usize>,
}

/// Why an entry moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Another graph starts there.
    Graph,
    /// The very same graph got other numbers, as nodes came before it or went.
    Numbering,
}

impl Cause {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Numbering => "numbering",
        }
    }
}

impl Table {
    /// The slots by the node they start at, ascending.
    pub fn buckets(&self) -> Vec<Bucket> {
        let mut buckets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (slot, node) in self.entries.iter().enumerate() {
            buckets.entry(*node).or_default().push(slot);
        }
        let bucket = |(node, slots)| Bucket { node, slots };
        buckets.into_iter().map(bucket).collect()
    }

    /// What walking from a node meets, at most `limit` nodes of it, nearest first. Panics on a node
    /// of another table.
    pub fn signature(&self, start: usize, limit: usize) -> Signature {
        let mut found = Signature::default();
        let mut next = vec![start];
        while !next.is_empty() {
            let mut further = Vec::new();
            for number in next {
                if found.nodes.contains(&number) {
                    continue;
                }
                if found.nodes.len() == limit {
                    found.is_truncated = true;
                    return found;
                }
                found.nodes.insert(number);
                let node = &self.nodes[number];
                *found.tags.entry(node.tag).or_default() += 1;
                found.filters.extend(node.filter);
                found.literals.extend(node.literal);
                further.extend(node.leads.into_iter().flatten());
            }
            next = further;
        }
        found
    }
}

/// The graphs of many profiles, told apart by what they ask and decide and not by their numbers.
#[derive(Debug, Default)]
pub struct Graphs {
    known: HashMap<(String, Option<[usize; 2]>), usize>,
}

impl Graphs {
    /// For each slot the number of its graph: the same as that of any other table's slot with an
    /// equal graph.
    pub fn of(&mut self, table: &Table) -> Vec<usize> {
        let mut graphs: Vec<Option<usize>> = vec![None; table.nodes.len()];
        for &entry in &table.entries {
            let mut open = vec![entry];
            while let Some(&number) = open.last() {
                let node = &table.nodes[number];
                let there = node.leads.map(|leads| leads.map(|to| (to, graphs[to])));
                let leads = match there {
                    None => None,
                    Some([(_, Some(matched)), (_, Some(unmatched))]) => Some([matched, unmatched]),
                    Some(leads) => {
                        let missing = leads.into_iter().filter(|(_, graph)| graph.is_none());
                        open.extend(missing.map(|(to, _)| to));
                        continue;
                    }
                };
                let fresh = self.known.len();
                let graph = self
                    .known
                    .entry((node.says.clone(), leads))
                    .or_insert(fresh);
                graphs[number] = Some(*graph);
                open.pop();
            }
        }
        let graph = |entry: &usize| graphs[*entry].unwrap_or(usize::MAX);
        table.entries.iter().map(graph).collect()
    }
}

/// The slots that start elsewhere, by from where to where and why. Slots that only one table has are
/// left out.
///
/// `graphs` are those of the slots of each, by the same [`Graphs`].
pub fn shifts(one: &Table, other: &Table, graphs: [&[usize]; 2]) -> Vec<Shift> {
    let mut found: BTreeMap<(Cause, usize, usize), Vec<usize>> = BTreeMap::new();
    for (slot, (from, to)) in one.entries.iter().zip(&other.entries).enumerate() {
        let cause = match graphs[0][slot] == graphs[1][slot] {
            true if from == to => continue,
            true => Cause::Numbering,
            false => Cause::Graph,
        };
        found.entry((cause, *from, *to)).or_default().push(slot);
    }
    let shift = |((cause, from, to), slots)| Shift {
        from,
        to,
        cause,
        slots,
    };
    found.into_iter().map(shift).collect()
}

/// For each of some profiles but the first, the one before it whose slots have most graphs in
/// common with it, by its place; of several the first.
pub fn nearest(graphs: &[Vec<usize>]) -> Vec<usize> {
    let apart = |one: &[usize], other: &[usize]| {
        let differing = one.iter().zip(other).filter(|(a, b)| a != b).count();
        differing + one.len().abs_diff(other.len())
    };
    let nearest =
        |number: usize| (0..number).min_by_key(|before| apart(&graphs[*before], &graphs[number]));
    (1..graphs.len()).filter_map(nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(says: &str, leads: [usize; 2]) -> Node {
        Node {
            tag: 0,
            filter: Some(1),
            literal: Some(0),
            says: says.to_string(),
            leads: Some(leads),
        }
    }

    fn decision(says: &str) -> Node {
        Node {
            tag: 1,
            filter: None,
            literal: None,
            says: says.to_string(),
            leads: None,
        }
    }

    fn table(entries: &[usize], nodes: Vec<Node>) -> Table {
        Table {
            entries: entries.to_vec(),
            nodes,
        }
    }

    fn small() -> Table {
        table(&[1, 1, 0], vec![decision("allow"), decision("deny")])
    }

    fn large() -> Table {
        let nodes = vec![test("path /x", [1, 2]), decision("allow"), decision("deny")];
        table(&[2, 0, 1], nodes)
    }

    #[test]
    fn a_bucket_has_the_slots_of_a_node() {
        let buckets = small().buckets();
        let bucket = |node, slots: &[usize]| Bucket {
            node,
            slots: slots.to_vec(),
        };
        assert_eq!(buckets, [bucket(0, &[2]), bucket(1, &[0, 1])]);
    }

    #[test]
    fn a_signature_says_when_it_is_cut_short() {
        let whole = large().signature(0, 3);
        assert_eq!(whole.nodes, BTreeSet::from([0, 1, 2]));
        assert_eq!(whole.tags, BTreeMap::from([(0, 1), (1, 2)]));
        assert_eq!((whole.filters.len(), whole.literals.len()), (1, 1));
        assert!(!whole.is_truncated);
        let cut = large().signature(0, 2);
        assert_eq!((cut.nodes.len(), cut.is_truncated), (2, true));
    }

    #[test]
    fn an_entry_moves_for_its_graph_or_for_numbering() {
        let (one, other) = (small(), large());
        let mut graphs = Graphs::default();
        let (a, b) = (graphs.of(&one), graphs.of(&other));
        let shift = |from, to, cause, slot| Shift {
            from,
            to,
            cause,
            slots: vec![slot],
        };
        assert_eq!(
            shifts(&one, &other, [&a, &b]),
            [
                shift(1, 0, Cause::Graph, 1),
                shift(0, 1, Cause::Numbering, 2),
                shift(1, 2, Cause::Numbering, 0),
            ]
        );
        assert_eq!(shifts(&one, &one, [&a, &a]), []);
    }

    #[test]
    fn the_nearest_differs_in_fewest_slots() {
        let graphs = [vec![0, 0, 0], vec![0, 1, 1], vec![0, 1, 2], vec![0, 0, 3]];
        assert_eq!(nearest(&graphs), [0, 1, 0]);
    }
}
