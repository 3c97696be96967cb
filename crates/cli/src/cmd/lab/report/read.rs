//! Findings out of files.

use std::path::Path;

use lapbelt_analysis::finding::{Evidence, Finding, Tier};
use serde_json::{Map, Value};

use super::figures::op_entries;
use crate::exit::CommandError;
use crate::output::counted;
use crate::profile;

/// The findings of a file: one, a list, or those of an answer under `findings`. A map of op tables
/// is a finding about itself.
pub(super) fn findings(path: &Path) -> Result<Vec<Finding>, CommandError> {
    let name = profile::shown(path);
    let failed = |what: &dyn std::fmt::Display| CommandError::Other(format!("{name}: {what}"));
    let bytes = profile::read_bytes(path)?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| failed(&error))?;
    let listed = match value {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("findings") {
            Some(Value::Array(list)) => list,
            _ if object.contains_key("claim") => vec![Value::Object(object)],
            _ => return tables(&name, object).map(|own| vec![own]),
        },
        _ => return Err(failed(&"no findings, but a single value")),
    };
    let read = listed.into_iter().zip(1..).map(|(value, number)| {
        let finding = serde_json::from_value(value);
        finding.map_err(|error| failed(&format!("finding {number}: {error}")))
    });
    read.collect()
}

/// Op tables as a finding: `op_table_map.json` says what it rests on.
fn tables(name: &str, mut object: Map<String, Value>) -> Result<Finding, CommandError> {
    let evidence: Option<Evidence> = object
        .remove("evidence")
        .and_then(|own| serde_json::from_value(own).ok());
    let data = Value::Object(object);
    let count = op_entries(&data).len();
    match evidence.filter(|_| count > 0) {
        Some(evidence) => {
            let claim = format!("{name} has the op tables of {}", counted(count, "profile"));
            Ok(evidence.finding(Tier::Derived, claim, data))
        }
        None => Err(CommandError::Other(format!(
            "{name}: no findings, as the commands of `lapbelt lab` write them"
        ))),
    }
}
