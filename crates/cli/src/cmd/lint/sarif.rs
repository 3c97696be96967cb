//! Findings as SARIF 2.1.0 (OASIS standard, 27 March 2020).

use lapbelt_sbpl::LoadedSource;
use lapbelt_sbpl::lint::{Finding, Fix, LINTS, Level, Lint};
use serde_json::{Value, json};

use super::Report;

/// A log with one run.
pub(super) fn log(reports: &[Report]) -> Value {
    let results: Vec<Value> = reports
        .iter()
        .flat_map(|report| {
            report
                .findings
                .iter()
                .map(|finding| result(finding, report))
        })
        .collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "lapbelt",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": LINTS.iter().map(|lint| rule(lint)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn rule(lint: &Lint) -> Value {
    json!({
        "id": lint.code,
        "name": lint.name,
        "shortDescription": {"text": lint.title},
        "fullDescription": {"text": lint.explanation},
        "help": {"text": lapbelt_sbpl::lint::text(lint)},
        "defaultConfiguration": {"level": level(lint.level)},
    })
}

fn result(finding: &Finding, report: &Report) -> Value {
    let main = report.sources.get(finding.origin.source.0 as usize);
    let index = LINTS.iter().position(|lint| lint.code == finding.lint.code);
    let message = match &finding.help {
        Some(help) => format!("{}; {help}", finding.message),
        None => finding.message.clone(),
    };
    let related: Vec<Value> = finding
        .labels
        .iter()
        .filter_map(|label| {
            let source = report.sources.get(label.origin.source.0 as usize)?;
            let span = (label.origin.start as usize, label.origin.end as usize);
            let mut place = location(source, &source.name, span);
            place["message"] = json!({"text": label.message});
            Some(place)
        })
        .collect();
    let mut result = json!({
        "ruleId": finding.lint.code,
        "ruleIndex": index,
        "level": level(finding.level),
        "message": {"text": message},
    });
    if let Some(source) = main {
        let span = (finding.origin.start as usize, finding.origin.end as usize);
        result["locations"] = json!([location(source, &report.file, span)]);
        if let Some(fix) = &finding.fix {
            result["fixes"] = json!([change(fix, source, &report.file)]);
        }
    }
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    result
}

fn change(fix: &Fix, source: &LoadedSource, file: &str) -> Value {
    json!({
        "description": {"text": fix.title},
        "artifactChanges": [{
            "artifactLocation": {"uri": uri(file)},
            "replacements": [{
                "deletedRegion": region(&source.text, (fix.edit.start, fix.edit.end)),
                "insertedContent": {"text": fix.edit.text},
            }],
        }],
    })
}

fn location(source: &LoadedSource, file: &str, span: (usize, usize)) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(file)},
        "region": region(&source.text, span),
    }})
}

/// Lines and columns from 1, columns in characters, the end one past the last.
fn region(text: &str, (start, end): (usize, usize)) -> Value {
    let place = |at: usize| {
        let before = &text[..text.floor_char_boundary(at.min(text.len()))];
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        (
            before.matches('\n').count() + 1,
            before[line..].chars().count() + 1,
        )
    };
    let ((line, column), (end_line, end_column)) = (place(start), place(end));
    json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column})
}

/// A path as a URI: relative as it is, absolute with its scheme, other bytes escaped.
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
