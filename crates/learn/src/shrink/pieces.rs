//! The pieces of the profile being shrunk: which there are, which are used, how they are written.

use std::collections::{BTreeSet, HashMap};

use lapbelt_policy::decide::Decider;
use lapbelt_policy::filter::Filter;
use lapbelt_policy::graph::Source;
use lapbelt_policy::rule::{Action, Modifier, Policy, RuleRef, Version};
use lapbelt_policy::world::{OperationId, World};

use crate::atom::{Atom, atoms};
use crate::profile_text;
use crate::session::Run;

/// What an atom decides, to find it again in a policy made of it.
#[derive(PartialEq, Eq, Hash)]
struct Key(Action, OperationId, Option<Filter>, Vec<Modifier>);

impl Key {
    fn of(atom: &Atom) -> Self {
        Self(
            atom.action,
            atom.operation,
            atom.filter.clone(),
            atom.modifiers.clone(),
        )
    }
}

/// The pieces of the profile being shrunk.
pub(super) struct Pieces {
    pub(super) atoms: Vec<Atom>,
    references: Vec<RuleRef>,
    pub(super) used: Vec<bool>,
    index: HashMap<Key, usize>,
    /// Forking is decided before it is seen, so no run shows its rule at work.
    fork: Option<OperationId>,
}

impl Pieces {
    pub(super) fn new(policy: &Policy, world: &World) -> Self {
        let (atoms, references): (Vec<_>, Vec<_>) = atoms(policy).into_iter().unzip();
        let index = atoms
            .iter()
            .enumerate()
            .map(|(index, atom)| (Key::of(atom), index))
            .collect();
        let used = vec![false; atoms.len()];
        let fork = world
            .operation_named("process-fork")
            .map(|operation| operation.id);
        Self {
            atoms,
            references,
            used,
            index,
            fork,
        }
    }

    pub(super) fn rule(&self, index: usize, world: &World) -> String {
        let atom = std::slice::from_ref(&self.atoms[index]);
        profile_text::rules(atom, world).trim_end().to_string()
    }

    pub(super) fn removable(&self) -> usize {
        self.atoms
            .iter()
            .filter(|atom| atom.action == Action::Allow)
            .count()
    }

    /// Marks what decided something in any of the runs, with the names of who asked.
    pub(super) fn note_use(&mut self, runs: &[&Run]) {
        for (index, reference) in self.references.iter().enumerate() {
            let atom = &mut self.atoms[index];
            self.used[index] = Some(atom.operation) == self.fork;
            for run in runs {
                self.used[index] |= run.fired.contains(reference);
                let asked = run
                    .allowed
                    .iter()
                    .filter(|event| event.rule == Some(*reference));
                atom.needed_by
                    .extend(asked.map(|event| event.process.clone()));
            }
        }
    }

    /// The kept pieces that decided nothing in runs under `policy`, which was made of them.
    pub(super) fn idle(
        &self,
        kept: &[bool],
        policy: &Policy,
        fired: &BTreeSet<RuleRef>,
    ) -> Vec<usize> {
        let mut idle: Vec<bool> = kept.to_vec();
        for (atom, reference) in atoms(policy) {
            if (fired.contains(&reference) || Some(atom.operation) == self.fork)
                && let Some(index) = self.index.get(&Key::of(&atom))
            {
                idle[*index] = false;
            }
        }
        (0..idle.len()).filter(|index| idle[*index]).collect()
    }

    /// What was removed and would have allowed the last request that a run was denied, of those that
    /// the whole profile allows.
    pub(super) fn missing(&self, run: &Run, kept: &[bool], whole: &Decider) -> Option<usize> {
        run.denied.iter().rev().find_map(|event| {
            let Source::Rule(rule) = whole.decide(&event.request()).source else {
                return None;
            };
            let index = self.references.iter().position(|known| *known == rule)?;
            (self.atoms[index].action == Action::Allow && !kept[index]).then_some(index)
        })
    }

    fn kept(&self, kept: &[bool]) -> Vec<Atom> {
        let kept = self.atoms.iter().zip(kept).filter(|(_, kept)| **kept);
        kept.map(|(atom, _)| atom.clone()).collect()
    }

    pub(super) fn text(&self, kept: &[bool], version: Version, world: &World) -> String {
        profile_text::profile(version, &self.kept(kept), world)
    }

    /// Without comments: the same from run to run.
    pub(super) fn bare_text(&self, kept: &[bool], version: Version, world: &World) -> String {
        let mut atoms = self.kept(kept);
        atoms.iter_mut().for_each(|atom| atom.needed_by.clear());
        profile_text::profile(version, &atoms, world)
    }
}
