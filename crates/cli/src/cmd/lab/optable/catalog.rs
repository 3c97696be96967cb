//! The files that describe a folder's op tables.

use std::collections::BTreeMap;

use lapbelt_analysis::op_table::{Bucket, Cause};
use lapbelt_blob::explain;
use lapbelt_policy::world::{FilterInfo, World};
use serde_json::{Map, Value, json};

use super::member::{Member, grouped};
use super::moves::Move;
use super::runtime::Runtime;

/// All that the files are made from.
pub(super) struct Catalog<'c> {
    pub(super) members: &'c [Member],
    pub(super) moves: &'c [Move<'c>],
    pub(super) world: &'c World,
    /// Most nodes to walk from an entry.
    pub(super) limit: usize,
    /// What the system decides, if it was asked.
    pub(super) runtime: Option<&'c Runtime>,
}

impl Catalog<'_> {
    fn by_id(&self, of: impl Fn(&Member) -> Value) -> Value {
        let pairs = self.members.iter().map(|own| (own.id.clone(), of(own)));
        Value::Object(pairs.collect())
    }

    /// `summary.json`: each profile in full.
    pub(super) fn summary(&self) -> Value {
        let profile = |own: &Member| {
            let mut tags: BTreeMap<String, usize> = BTreeMap::new();
            for node in &own.table.nodes {
                *tags.entry(node.tag.to_string()).or_default() += 1;
            }
            let sections = own
                .sections()
                .into_iter()
                .map(|(name, start, end)| json!({"name": name, "start": start, "end": end}));
            let (operations, filters) = own.named(self.world);
            json!({
                "id": own.id,
                "source": own.source.as_ref().map(|own| &own.input),
                "compiled": own.compiled,
                "bytes": own.length,
                "layout": own.blob.layout.name,
                "op_table_offset": own.op_table_at(),
                "op_count": own.table.entries.len(),
                "op_entries": own.table.entries,
                "buckets": self.buckets(own),
                "node_count": own.table.nodes.len(),
                "tag_counts": tags,
                "literals": own.literals,
                "sections": sections.collect::<Vec<_>>(),
                "operations": operations,
                "filters": filters,
                "entry_signatures": self.entry_signatures(own),
            })
        };
        json!({"world": self.world.id(),
               "profiles": self.members.iter().map(profile).collect::<Vec<_>>(),
               "shifts": self.shifts()})
    }

    /// `op_table_map.json`: entries, buckets and named operations, and what single operations hint.
    pub(super) fn map(&self) -> Value {
        let profiles = self.by_id(|own| {
            let entries: Vec<usize> = own.table.buckets().iter().map(|own| own.node).collect();
            let (operations, filters) = self.numbered(own);
            json!({"op_entries": own.table.entries, "unique_entries": entries,
                   "buckets": self.buckets(own), "operations": operations, "filters": filters})
        });
        json!({"world": self.world.id(), "profiles": profiles,
               "single_op_hints": self.single_op_hints()})
    }

    /// `op_table_signatures.json`: what walking from each entry meets.
    pub(super) fn signatures(&self) -> Value {
        let profiles = self.by_id(|own| self.entry_signatures(own));
        json!({"world": self.world.id(), "limit": self.limit, "profiles": profiles})
    }

    /// `op_table_catalog_v1.json`: all of it joined, with the vocabulary as annotation.
    pub(super) fn catalog(&self) -> Value {
        let records = self.members.iter().enumerate().map(|(number, own)| {
            let (operations, filters) = self.numbered(own);
            let shift = self.moves.iter().find(|own| own.to == number);
            json!({
                "id": own.id,
                "sha256": own.compiled.sha256,
                "bucket_pattern": pattern(own),
                "op_entries": own.table.entries,
                "operations": operations,
                "filters": filters,
                "entry_signatures": self.entry_signatures(own),
                "shift": shift.map(|own| own.json(self.members, self.world)),
                "runtime_signature": self.runtime.map(|runtime| runtime.signature(&own.id)),
            })
        });
        json!({"schema": "op_table_catalog_v1", "world": self.world.id(),
               "vocabulary": self.vocabulary(), "records": records.collect::<Vec<_>>()})
    }

    fn shifts(&self) -> Vec<Value> {
        let shift = |own: &Move<'_>| own.json(self.members, self.world);
        self.moves.iter().map(shift).collect()
    }

    fn buckets(&self, member: &Member) -> Vec<Value> {
        let bucket = |own: &Bucket| {
            json!({"node": own.node, "slots": own.slots,
                   "operations": grouped(&own.slots, self.world)})
        };
        member.table.buckets().iter().map(bucket).collect()
    }

    fn entry_signatures(&self, member: &Member) -> Value {
        let filter = |number: &usize| {
            let known = self.filter(*number);
            known.map_or_else(|| number.to_string(), |own| own.name.clone())
        };
        let signature = |bucket: Bucket| {
            let own = member.table.signature(bucket.node, self.limit);
            let tags: Map<String, Value> = own
                .tags
                .iter()
                .map(|(tag, count)| (tag.to_string(), json!(count)))
                .collect();
            let literal = |number: &usize| &member.literals[*number];
            json!({
                "entry": bucket.node,
                "slots": bucket.slots.len(),
                "starts_with": member.table.nodes[bucket.node].says,
                "reachable": own.nodes.len(),
                "nodes": own.nodes,
                "tags": tags,
                "filters": own.filters.iter().map(filter).collect::<Vec<_>>(),
                "literals": own.literals.iter().map(literal).collect::<Vec<_>>(),
                "truncated": own.is_truncated,
            })
        };
        member.table.buckets().into_iter().map(signature).collect()
    }

    /// The filter of a number that a node has.
    fn filter(&self, number: usize) -> Option<&FilterInfo> {
        let mut filters = self.world.filters().iter();
        filters.find(|own| usize::from(own.id.0) == number)
    }

    /// Operations and filters of a source with their numbers.
    fn numbered(&self, member: &Member) -> (Vec<Value>, Vec<Value>) {
        let (operations, filters) = member.named(self.world);
        let operation = |name: &String| {
            let id = self.world.operation_named(name)?.id;
            let slot = explain::slots(self.world)
                .take(member.table.entries.len())
                .position(|own| own == id);
            let entry = slot.map(|slot| member.table.entries[slot]);
            Some(json!({"name": name, "id": id.0, "slot": slot, "entry": entry}))
        };
        let filter = |name: &String| {
            let id = self.world.filter_named(name)?.id;
            Some(json!({"name": name, "id": id.0}))
        };
        let operations = operations.iter().filter_map(operation).collect();
        (operations, filters.iter().filter_map(filter).collect())
    }

    /// For each operation that is the only one of a source, where its slot starts there, and which
    /// slots start another graph than in the profile nearest to it.
    fn single_op_hints(&self) -> Value {
        let mut hints: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (number, own) in self.members.iter().enumerate() {
            let (mut operations, _) = self.numbered(own);
            let (Some(operation), true) = (operations.pop(), operations.is_empty()) else {
                continue;
            };
            let moved = self.moves.iter().find(|own| own.to == number).map(|own| {
                let graph = own.shifts.iter().filter(|own| own.cause == Cause::Graph);
                let slots: Vec<usize> = graph.flat_map(|own| own.slots.clone()).collect();
                json!({"against": self.members[own.from].id, "slots": slots})
            });
            let name = operation["name"].as_str().unwrap_or_default().to_string();
            let hint = json!({"profile": own.id, "id": operation["id"], "slot": operation["slot"],
                              "entry": operation["entry"], "moved": moved});
            hints.entry(name).or_default().push(hint);
        }
        json!(hints)
    }

    /// How op tables and filters of the folder lie on the vocabulary of the world.
    fn vocabulary(&self) -> Value {
        let in_table = self
            .world
            .operations()
            .iter()
            .filter(|own| own.in_table)
            .count();
        let slots: Vec<usize> = self
            .members
            .iter()
            .map(|own| own.table.entries.len())
            .collect();
        let filters = self.members.iter().flat_map(|own| &own.table.nodes);
        let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
        for filter in filters.filter_map(|own| own.filter) {
            *seen.entry(filter).or_default() += 1;
        }
        let filters = seen.into_iter().map(|(id, count)| {
            let known = self.filter(id);
            json!({"id": id, "name": known.map(|own| &own.name), "nodes": count})
        });
        let sources = self.moves.iter().filter(|own| own.named.is_some());
        let all: usize = sources.clone().map(Move::slots_with_other_graphs).sum();
        let explained: usize = sources.map(|own| own.explained(self.world)).sum();
        json!({
            "operations": {"in_world": in_table,
                           "slots": {"fewest": slots.iter().min(), "most": slots.iter().max()}},
            "filters": filters.collect::<Vec<_>>(),
            "slots_moved_by_rules": {"all": all, "of_operations_named": explained},
        })
    }
}

/// How many slots start at each node: `3 x 4, 5 x 186`.
pub(super) fn pattern(member: &Member) -> String {
    let buckets = member.table.buckets();
    let bucket = |own: &Bucket| format!("{} x {}", own.node, own.slots.len());
    buckets.iter().map(bucket).collect::<Vec<_>>().join(", ")
}
