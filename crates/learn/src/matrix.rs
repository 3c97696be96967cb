//! Several runs side by side: `matrix/summary.json`.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::denial_rule::NetworkRules;
use crate::error::LearnError;
use crate::record::{Manifest, ShrinkStatus, TraceStatus};
use crate::run_dir::{self, DirError, RunDir};
use crate::summary::read_manifest;

/// `matrix/summary.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// The folder of the runs.
    pub matrix_dir: String,
    /// The world of the runs; `mixed` if they differ.
    pub world_id: String,
    /// One entry a run, by label.
    pub runs: Vec<Row>,
}

/// One run of a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Name of its folder.
    pub label: String,
    /// Name of the program.
    pub fixture: String,
    /// Setting of that name.
    pub import_dyld_support: bool,
    /// Setting of that name.
    pub network_rules: NetworkRules,
    /// Setting of that name.
    pub success_streak: usize,
    /// The run directory.
    pub run_dir: String,
    /// How tracing ended.
    pub trace_status: TraceStatus,
    /// Iterations of the trace.
    pub trace_iterations: usize,
    /// Lines of the traced profile.
    pub trace_lines: usize,
    /// Rules rejected.
    pub bad_rules: usize,
    /// How shrinking ended.
    pub shrink_status: ShrinkStatus,
    /// Rules and filters removed.
    pub shrink_removed: usize,
    /// Rules and filters kept.
    pub shrink_kept: usize,
    /// Lines of the shrunk profile.
    pub shrunk_lines: usize,
    /// Exit status of the fresh run after shrinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_shrink_fresh_rc: Option<i32>,
    /// Exit status of the repeat run after shrinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_shrink_repeat_rc: Option<i32>,
}

impl Row {
    fn of(label: String, manifest: &Manifest) -> Self {
        let program = Path::new(&manifest.command.program)
            .file_name()
            .unwrap_or_default();
        Self {
            label,
            fixture: program.to_string_lossy().into_owned(),
            import_dyld_support: manifest.knobs.import_dyld_support,
            network_rules: manifest.knobs.network_rules,
            success_streak: manifest.knobs.success_streak,
            run_dir: manifest.paths.run_dir.clone(),
            trace_status: manifest.trace.status,
            trace_iterations: manifest.trace.iterations,
            trace_lines: manifest.trace.profile_lines,
            bad_rules: manifest.trace.bad_rules,
            shrink_status: manifest.shrink.status,
            shrink_removed: manifest.shrink.removed,
            shrink_kept: manifest.shrink.kept,
            shrunk_lines: manifest.shrink.profile_lines,
            post_shrink_fresh_rc: manifest.shrink.post_shrink_fresh_rc,
            post_shrink_repeat_rc: manifest.shrink.post_shrink_repeat_rc,
        }
    }
}

/// Reads every run directly below `OUT/matrix` and writes `OUT/matrix/summary.json`.
///
/// # Errors
/// If there is no such folder, a manifest is not ours, or the summary cannot be written.
pub fn summarise(out: &Path) -> Result<Matrix, LearnError> {
    let folder = out.join("matrix");
    let unreadable = |source| DirError {
        action: "read",
        path: folder.clone(),
        source,
    };
    let mut matrix = Matrix {
        matrix_dir: folder.display().to_string(),
        world_id: String::new(),
        runs: Vec::new(),
    };
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let run = RunDir::new(entry.path());
        if !run.manifest().is_file() {
            continue;
        }
        let manifest = read_manifest(&run)?;
        if matrix.runs.is_empty() || matrix.world_id == manifest.world_id {
            matrix.world_id.clone_from(&manifest.world_id);
        } else {
            matrix.world_id = "mixed".to_string();
        }
        let label = entry.file_name().to_string_lossy().into_owned();
        matrix.runs.push(Row::of(label, &manifest));
    }
    matrix.runs.sort_by(|a, b| a.label.cmp(&b.label));
    run_dir::write_json(&folder.join("summary.json"), &matrix)?;
    Ok(matrix)
}
