//! Compiled profiles.

use std::sync::Arc;

use lapbelt_analysis::decompile::decompile;
use lapbelt_analysis::subject::Subject;
use lapbelt_blob::decode::{NodeIndex, decode as decode_bytes};
use lapbelt_blob::explain;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::escaped::escaped;
use lapbelt_policy::world::World;
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::error;
use crate::profile::NativeProfile;
use crate::worlds::world;

/// Decodes bytes: what they hold as JSON, and each profile in them as rules.
#[pyfunction]
pub(crate) fn decode(
    py: Python<'_>,
    bytes: &[u8],
    world_name: &str,
) -> PyResult<(String, Vec<NativeProfile>)> {
    let world = world(world_name)?;
    py.detach(|| decoded(bytes, &world)).map_err(error::other)
}

fn decoded(bytes: &[u8], world: &Arc<World>) -> Result<(String, Vec<NativeProfile>), String> {
    let blob = decode_bytes(bytes, world).map_err(|error| error.to_string())?;
    let nodes: Vec<String> = (0..)
        .map(NodeIndex)
        .take(blob.nodes.len())
        .map(|index| explain::node(&blob, index, world))
        .collect();
    let spans: Vec<Value> = explain::rows(&blob, bytes, world)
        .iter()
        .map(|row| json!({"start": row.start, "end": row.end, "meaning": row.meaning}))
        .collect();
    let (mut tables, mut profiles) = (Vec::new(), Vec::new());
    for profile in &blob.profiles {
        let in_table = world
            .operations()
            .iter()
            .filter(|operation| operation.in_table);
        let table: Map<String, Value> = in_table
            .zip(&profile.entries)
            .map(|(operation, entry)| (operation.name.clone(), entry.0.into()))
            .collect();
        let name = profile.name.map(|name| escaped(blob.text(name)));
        tables.push(json!({"name": name, "op_table": table}));
        let compiled = compiled(&blob, profile, world).map_err(|error| error.to_string())?;
        let subject = Subject::of_bytes(compiled.graph, &compiled.rules, compiled.written, world);
        profiles.push(NativeProfile {
            policy: decompile(&subject).map_err(|error| error.to_string())?,
            world: Arc::clone(world),
        });
    }
    let facts = json!({"nodes": nodes, "spans": spans, "profiles": tables,
                       "evidence": blob.provenance.evidence.iter().map(ToString::to_string)
                           .collect::<Vec<_>>()});
    Ok((facts.to_string(), profiles))
}
