//! Of several ways to write the rules of each operation those that compile to the very nodes, found
//! by trying.
//!
//! What came to nothing leaves traces that can be read in more than one way, and nodes that several
//! operations share are one only if their rules are read alike. Which way is right shows when the
//! rules are compiled.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use super::cut::VAIN;
use super::filter::Filters;
use super::nodes::{Unequal, unequal};
use super::region::Twice;
use super::{Own, Raising, Reading};
use crate::graph::written::{Anyway, Written};
use crate::rule::Policy;
use crate::world::{OperationId, World};

/// Most ways that are looked for in one reading of an operation, and tried of all of them.
const BREADTH: usize = 32;
const MOST_WAYS: usize = 100;

/// Most nodes that are looked at in one reading of an operation, and in all.
const EFFORT: usize = 100_000;
const ALL_EFFORT: usize = 20_000_000;

/// Most nodes that are taken for shadowed by others.
const SHADOWED: usize = 100;

/// Most policies that are compiled, and nodes that they have.
const TRIES: usize = 500;
const COMPILED: usize = 150_000;

/// Most nodes of a graph for which ways are tried.
const MOST_NODES: usize = 1_000;

/// What becomes of rules that are compiled.
pub trait Compiler {
    /// The nodes, if there are any.
    fn nodes(&self, policy: &Policy) -> Option<Written>;

    /// Whether the rules compile to the profile that was asked about.
    fn is_it(&self, policy: &Policy) -> bool;
}

/// Rules for a graph that a compiler wrote which compile to it again, if such are found: of the version
/// of rules `like` which do not. What stands in front of the operations in `inferred` is taken as added
/// by the compiler where it could be.
pub fn raise_tried(
    written: &Written,
    inferred: &[OperationId],
    like: &Policy,
    world: &World,
    compiler: &dyn Compiler,
) -> Option<Policy> {
    if !written.is_compiled() || written.turns().len() > MOST_NODES {
        return None;
    }
    compiler.nodes(like)?;
    // Few rules are shadowed by others so that no node is left of them.
    [0, SHADOWED].into_iter().find_map(|shadowed| {
        let mut taken = HashMap::new();
        let raising = Raising {
            written: written.clone(),
            inferred,
            world,
            version: like.version,
            implied: true,
            twice: Twice::Unmatched,
            vain: VAIN,
            reading: Reading::Plain,
            breadth: BREADTH,
            effort: Cell::new(0),
            taken: &mut taken,
        };
        tried(raising, shadowed, compiler)
    })
}

fn tried(raising: Raising<'_>, shadowed: usize, compiler: &dyn Compiler) -> Option<Policy> {
    let mut filters = Filters::default();
    let mut groups: BTreeMap<Vec<Own>, Vec<OperationId>> = BTreeMap::new();
    for (operation, ways) in ways(&raising, shadowed, &mut filters)? {
        groups.entry(ways).or_default().push(operation);
    }
    let groups = groups.into_iter();
    let groups = groups.map(|(ways, operations)| Group { operations, ways });
    let mut groups: Vec<Group> = groups.collect();
    // The more general come first.
    groups.sort_by(|one, other| one.operations.cmp(&other.operations));
    let mut trying = Trying {
        tries: TRIES.min(COMPILED / raising.written.turns().len().max(1)),
        raising,
        filters,
        chosen: vec![0; groups.len()],
        groups,
        compiler,
    };
    let Err(end) = trying.search();
    match end {
        End::Found(policy) => Some(policy),
        End::Over => None,
    }
}

/// The ways to write each operation in the table, in all readings; `None` if one has none.
fn ways(
    raising: &Raising<'_>,
    shadowed: usize,
    filters: &mut Filters,
) -> Option<Vec<(OperationId, Vec<Own>)>> {
    let world = raising.world;
    let in_table = world.operations().iter().filter(|o| o.in_table);
    let mut all: Vec<(OperationId, Vec<Own>)> = in_table.map(|o| (o.id, Vec::new())).collect();
    let mut left = ALL_EFFORT;
    for (reading, vain, anyway, twice) in settings() {
        let mut written = raising.written.clone();
        written.find_again(&written.of_library(world), anyway);
        written.add_shadowed(shadowed);
        let mut one = Raising {
            written,
            twice,
            vain,
            reading,
            taken: &mut HashMap::new(),
            effort: Cell::new(0),
            ..*raising
        };
        for (operation, ways) in &mut all {
            let effort = EFFORT.min(left);
            one.effort.set(effort);
            let found = one.ways_of(world.operation(*operation), filters);
            left -= effort - one.effort.get();
            for way in found.unwrap_or_default() {
                if ways.len() < MOST_WAYS && !ways.contains(&way) {
                    ways.push(way);
                }
            }
        }
    }
    let is_whole = all.iter().all(|(_, ways)| !ways.is_empty());
    is_whole.then_some(all)
}

/// What nodes can be taken for.
fn settings() -> impl Iterator<Item = (Reading, usize, Anyway, Twice)> {
    let readings = [Reading::Plain, Reading::Short, Reading::Apart].into_iter();
    let vain = readings.flat_map(|one| [VAIN, 1].map(|vain| (one, vain)));
    let anyway = [Anyway::First, Anyway::Last];
    let anyway = vain.flat_map(move |(one, vain)| anyway.map(|anyway| (one, vain, anyway)));
    anyway.flat_map(|(one, vain, anyway)| {
        [Twice::Unmatched, Twice::Matched].map(|twice| (one, vain, anyway, twice))
    })
}

/// Operations that can be written in the same ways.
struct Group {
    operations: Vec<OperationId>,
    ways: Vec<Own>,
}

impl Group {
    fn is_any_of(&self, unequal: &Unequal) -> bool {
        let mut operations = self.operations.iter();
        operations.any(|id| unequal.operations.contains(id))
    }
}

/// A search for the way to write each group.
struct Trying<'c> {
    raising: Raising<'c>,
    filters: Filters,
    groups: Vec<Group>,
    /// The way of each group.
    chosen: Vec<usize>,
    compiler: &'c dyn Compiler,
    /// How many more policies are compiled.
    tries: usize,
}

/// The end of a search.
enum End {
    Found(Policy),
    /// Nothing more is tried.
    Over,
}

impl Trying<'_> {
    /// Takes what comes nearer until the end: one operation after the other, and two at once where
    /// that is not enough.
    fn search(&mut self) -> Result<Infallible, End> {
        let mut best = self.measured()?;
        loop {
            let before = best.size;
            // For each group, the ways that are as good by themselves.
            let mut alike: Vec<Vec<usize>> = vec![Vec::new(); self.groups.len()];
            for (group, alike) in alike.iter_mut().enumerate() {
                if !self.groups[group].is_any_of(&best) {
                    continue;
                }
                for way in 0..self.groups[group].ways.len() {
                    let old = std::mem::replace(&mut self.chosen[group], way);
                    if old == way {
                        continue;
                    }
                    let measured = self.measured()?;
                    if measured.size < best.size {
                        best = measured;
                        alike.clear();
                        continue;
                    }
                    self.chosen[group] = old;
                    if measured.size == best.size {
                        alike.push(way);
                    }
                }
            }
            if best.size == before {
                best = self.together(&alike, &best)?;
            }
        }
    }

    /// What comes of ways of two groups that are better together than those chosen.
    fn together(&mut self, alike: &[Vec<usize>], best: &Unequal) -> Result<Unequal, End> {
        for (one, ways) in alike.iter().enumerate() {
            for (other, others) in alike.iter().enumerate().skip(one + 1) {
                let old = (self.chosen[one], self.chosen[other]);
                let both = ways
                    .iter()
                    .flat_map(|way| others.iter().map(move |with| (*way, *with)));
                for (way, with) in both {
                    (self.chosen[one], self.chosen[other]) = (way, with);
                    let measured = self.measured()?;
                    if measured.size < best.size {
                        return Ok(measured);
                    }
                }
                (self.chosen[one], self.chosen[other]) = old;
            }
        }
        Err(End::Over)
    }

    /// How unequal the nodes are that the rules chosen compile to.
    fn measured(&mut self) -> Result<Unequal, End> {
        let owns = self
            .groups
            .iter()
            .zip(&self.chosen)
            .flat_map(|(group, way)| {
                let own = &group.ways[*way];
                group.operations.iter().map(|id| (*id, own.clone()))
            });
        let mut owns: Vec<(OperationId, Own)> = owns.collect();
        owns.sort_by_key(|(id, _)| *id);
        let (_, policy) = self.raising.policy_of(owns, &self.filters);
        self.tries = self.tries.checked_sub(1).ok_or(End::Over)?;
        let nodes = self.compiler.nodes(&policy).ok_or(End::Over)?;
        let unequal = unequal(&self.raising.written, &nodes);
        if unequal.size == 0 && self.compiler.is_it(&policy) {
            return Err(End::Found(policy));
        }
        Ok(unequal)
    }
}
