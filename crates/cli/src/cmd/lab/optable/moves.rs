//! Why the slots of one profile start elsewhere in another.

use std::collections::BTreeSet;

use lapbelt_analysis::diff::{Decided, Diff, diff};
use lapbelt_analysis::op_table::{Cause, Graphs, Shift, nearest, shifts};
use lapbelt_blob::explain;
use lapbelt_policy::graph::Source;
use lapbelt_policy::rule::{Action, Rule};
use lapbelt_policy::world::{OperationId, World};
use serde_json::{Value, json};

use super::member::{Member, grouped};
use super::{shortened, slots};
use crate::request;

/// What differs between a profile and the nearest one of those before it.
pub(super) struct Move<'m> {
    /// The one before.
    pub(super) from: usize,
    /// The profile.
    pub(super) to: usize,
    pub(super) shifts: Vec<Shift>,
    /// What the two decide differently.
    decides: Diff,
    /// Operations that rules of one source name and those of the other do not; `None` if there are
    /// no two sources.
    pub(super) named: Option<BTreeSet<OperationId>>,
    sides: [&'m Member; 2],
}

/// For each profile but the first what differs from the nearest before it.
pub(super) fn moves<'m>(members: &'m [Member], world: &World) -> Vec<Move<'m>> {
    let mut known = Graphs::default();
    let graphs: Vec<Vec<usize>> = members.iter().map(|own| known.of(&own.table)).collect();
    let mut moves = Vec::new();
    for (to, from) in (1..).zip(nearest(&graphs)) {
        let (one, other) = (&members[from], &members[to]);
        moves.push(Move {
            from,
            to,
            shifts: shifts(&one.table, &other.table, [&graphs[from], &graphs[to]]),
            decides: diff(&one.subject(world), &other.subject(world), 1),
            named: one.rules().zip(other.rules()).map(|(a, b)| named(a, b)),
            sides: [one, other],
        });
    }
    moves
}

/// Operations of the rules that only one of two sources has.
fn named(one: &[Rule], other: &[Rule]) -> BTreeSet<OperationId> {
    let is_same = |a: &Rule, b: &Rule| {
        let filters = |own: &Rule| {
            own.filters
                .iter()
                .map(|f| f.filter.clone())
                .collect::<Vec<_>>()
        };
        (a.action, &a.operations, filters(a)) == (b.action, &b.operations, filters(b))
    };
    let only = |these: &[Rule], those: &[Rule]| -> Vec<OperationId> {
        let own = these
            .iter()
            .filter(|a| !those.iter().any(|b| is_same(a, b)));
        own.flat_map(|rule| rule.operations.clone()).collect()
    };
    let both = [only(one, other), only(other, one)];
    both.into_iter().flatten().collect()
}

impl Move<'_> {
    fn of(&self, cause: Cause) -> impl Iterator<Item = &Shift> {
        self.shifts.iter().filter(move |own| own.cause == cause)
    }

    /// How many slots start another graph.
    pub(super) fn slots_with_other_graphs(&self) -> usize {
        self.of(Cause::Graph).map(|own| own.slots.len()).sum()
    }

    /// How many start the same graph under another number.
    pub(super) fn renumbered(&self) -> usize {
        self.of(Cause::Numbering).map(|own| own.slots.len()).sum()
    }

    /// How many of the slots that start another graph are operations that the differing rules name,
    /// or that fall back to one.
    pub(super) fn explained(&self, world: &World) -> usize {
        let operations: Vec<OperationId> = explain::slots(world)
            .take(world.operations().len())
            .collect();
        let Some(named) = &self.named else { return 0 };
        let slots = self.of(Cause::Graph).flat_map(|own| &own.slots);
        let is_explained = |slot: &&usize| {
            let own = operations.get(**slot);
            own.is_some_and(|own| named.iter().any(|named| world.falls_back_to(*own, *named)))
        };
        slots.filter(is_explained).count()
    }

    fn said(&self, side: usize, decided: &Decided) -> String {
        let action = match decided.outcome.action {
            Action::Allow => "allows",
            Action::Deny => "denies",
        };
        match decided.source {
            Source::Rule(reference) => {
                format!("{action} by node {}", self.sides[side].node(reference.rule))
            }
            _ => action.to_string(),
        }
    }

    /// For each way of differing the operations and a request with what each says.
    fn requests(&self, world: &World) -> Vec<(Vec<String>, String, [String; 2])> {
        let mut found = Vec::new();
        for differing in &self.decides.different {
            for example in &differing.examples {
                let request = request::shown(&differing.operations[0], &example.values, world);
                let said = [self.said(0, &example.left), self.said(1, &example.right)];
                found.push((differing.operations.clone(), request, said));
            }
        }
        found
    }

    pub(super) fn json(&self, members: &[Member], world: &World) -> Value {
        let shift = |own: &Shift| {
            json!({"from_node": own.from, "to_node": own.to, "cause": own.cause.word(),
                   "slots": own.slots, "operations": grouped(&own.slots, world)})
        };
        let request = |(operations, request, [one, other]): (Vec<String>, String, [String; 2])| json!({"operations": operations, "request": request, "from": one, "to": other});
        let named = self.named.as_ref().map(|named| {
            let names = named.iter().map(|id| world.operation(*id).name.clone());
            names.collect::<Vec<_>>()
        });
        json!({
            "from": members[self.from].id,
            "to": members[self.to].id,
            "nodes": [self.sides[0].table.nodes.len(), self.sides[1].table.nodes.len()],
            "shifts": self.shifts.iter().map(shift).collect::<Vec<_>>(),
            "decides": self.requests(world).into_iter().map(request).collect::<Vec<_>>(),
            "undecided": self.decides.undecided,
            "rules_name": named,
            "slots_with_other_graphs": self.slots_with_other_graphs(),
            "of_operations_named": self.named.as_ref().map(|_| self.explained(world)),
        })
    }

    pub(super) fn lines(&self, members: &[Member], world: &World) -> Vec<String> {
        let (one, other) = (&members[self.from].id, &members[self.to].id);
        let mut lines = Vec::new();
        for own in self.of(Cause::Graph) {
            let slots = slots(&own.slots, world);
            lines.push(format!(
                "{slots}: another graph, node {} -> {}",
                own.from, own.to
            ));
        }
        for (operations, request, [before, after]) in self.requests(world) {
            let others = match &operations[1..] {
                [] => String::new(),
                others => format!(", as for {}", shortened(others)),
            };
            lines.push(format!(
                "{request}: {one} {before}, {other} {after}{others}"
            ));
        }
        let moved: Vec<String> = self
            .of(Cause::Numbering)
            .map(|own| format!("{} -> {} in {}", own.from, own.to, own.slots.len()))
            .collect();
        if !moved.is_empty() {
            let count = self.renumbered();
            lines.push(format!(
                "{count} slots renumbered only: {}",
                moved.join(", ")
            ));
        }
        if lines.is_empty() {
            lines.push("no slot differs".to_string());
        }
        lines
    }
}
