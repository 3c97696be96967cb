//! Findings as JSON.

use lapbelt_policy::origin::Origin;
use lapbelt_sbpl::lint::Effect;
use serde_json::{Value, json};

use super::Report;

/// The findings of one file, each an object.
pub(super) fn findings(report: &Report) -> Vec<Value> {
    let name = |origin: Origin| {
        let source = report.sources.get(origin.source.0 as usize);
        source.map_or(report.file.as_str(), |source| source.name.as_str())
    };
    report
        .findings
        .iter()
        .map(|finding| {
            let labels: Vec<Value> = finding
                .labels
                .iter()
                .map(|label| {
                    let origin = label.origin;
                    json!({"file": name(origin), "line": origin.line, "column": origin.column,
                           "message": label.message})
                })
                .collect();
            let fix = finding.fix.as_ref().map(|fix| {
                json!({"title": fix.title, "start": fix.edit.start, "end": fix.edit.end,
                       "text": fix.edit.text, "changes_meaning": fix.effect == Effect::Changes})
            });
            let origin = finding.origin;
            json!({"file": report.file, "line": origin.line, "column": origin.column,
                   "message": finding.message, "code": finding.lint.code,
                   "name": finding.lint.name, "level": finding.level.as_str(),
                   "start": origin.start, "end": origin.end,
                   "help": finding.help, "labels": labels, "fix": fix})
        })
        .collect()
}
