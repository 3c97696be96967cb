//! The published schemas are those of the types that are written.
//! `LAPBELT_UPDATE=1 cargo test -p lapbelt-learn --test schemas` writes them anew.

use std::path::Path;

use lapbelt_learn::matrix::Matrix;
use lapbelt_learn::record::{
    Manifest, Preflight, ShrinkMetric, ShrinkReport, TraceMetric, TraceReport, Validation,
};
use lapbelt_learn::violation::Violation;
use schemars::Schema;

fn published() -> Vec<(&'static str, Schema)> {
    vec![
        ("run", schemars::schema_for!(Manifest)),
        ("trace-status", schemars::schema_for!(TraceReport)),
        ("trace-metrics", schemars::schema_for!(TraceMetric)),
        ("shrink-status", schemars::schema_for!(ShrinkReport)),
        ("shrink-metrics", schemars::schema_for!(ShrinkMetric)),
        ("preflight", schemars::schema_for!(Preflight)),
        ("validation", schemars::schema_for!(Validation)),
        ("matrix", schemars::schema_for!(Matrix)),
        ("violation", schemars::schema_for!(Violation)),
    ]
}

#[test]
fn published_schemas_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas");
    for (name, schema) in published() {
        let path = folder.join(format!("{name}.schema.json"));
        let text = format!("{:#}\n", schema.as_value());
        if std::env::var_os("LAPBELT_UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
        let stored = std::fs::read_to_string(&path)
            .unwrap_or_else(|e| panic!("{}: {e}; set LAPBELT_UPDATE=1", path.display()));
        assert_eq!(
            stored,
            text,
            "{} is out of date: set LAPBELT_UPDATE=1",
            path.display()
        );
    }
}
