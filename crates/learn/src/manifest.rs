//! One whole run: the phases in order, and `run.json` about them, written whatever the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::Base;
use crate::error::LearnError;
use crate::host::exact_world;
use crate::record::{
    ArtifactPaths, Command, Knobs, Manifest, Paths, PhasePaths, ProfilePaths, ShrinkReport,
    ShrinkStatus, ShrinkSummary, Timing, TraceReport, TraceStatus, TraceSummary, word,
};
use crate::run_dir::{self, DirError, Phase, RunDir};
use crate::session::Session;
use crate::shrink::{digest, shrink};
use crate::summary::shown;
use crate::trace::trace;

/// Which phases to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phases {
    /// Only learn.
    Trace,
    /// Only minimise.
    Shrink,
    /// Learn, then minimise what was learnt.
    #[default]
    Both,
}

/// Carries out the phases in a prepared run directory and describes them in `run.json`.
///
/// # Errors
/// If a phase could not be carried out; `run.json` is written all the same.
pub fn run(
    session: &mut Session<'_>,
    dir: &RunDir,
    base: &Base,
    knobs: &Knobs,
    phases: Phases,
) -> Result<Manifest, LearnError> {
    let start = SystemTime::now();
    let mut manifest = opening(session, dir, base, knobs, phases, start);
    // A trace that is in the folder too is another run's, if it is not what is shrunk.
    let is_traced = phases != Phases::Shrink || base.is_in(&dir.traced());
    if phases == Phases::Shrink && is_traced {
        note_trace(dir, &mut manifest);
    }
    let earlier: Option<Manifest> = stored(&dir.manifest());
    if phases == Phases::Shrink
        && earlier.is_some_and(|earlier| !goes_on(dir, &manifest, &earlier, base))
    {
        dir.set_shrink_aside()?;
    }
    forget(dir, phases)?;
    // Written first, so that even a killed run can be resumed.
    run_dir::write_json(&dir.manifest(), &manifest)?;
    let result = carry_out(session, dir, base, knobs, phases, &mut manifest);
    let left = session.tidy_up();
    manifest.left_behind = left.iter().map(|path| shown(path)).collect();
    if is_traced {
        note_trace(dir, &mut manifest);
    }
    close(session, dir, start, &mut manifest)?;
    result.map(|()| manifest)
}

/// Whether a run that shrinks does the work of the one before, so that what that tried holds.
fn goes_on(dir: &RunDir, manifest: &Manifest, earlier: &Manifest, base: &Base) -> bool {
    // What JSON holds of a time may differ in the last bit.
    let millis = |seconds: f64| (seconds * 1000.0).round();
    let is_of = |manifest: &Manifest| {
        let (command, knobs) = (&manifest.command, &manifest.knobs);
        let program = manifest.digests.get(&command.program).cloned();
        let hooks = (knobs.success_cmd.clone(), knobs.fresh_cmd.clone());
        let times = (knobs.timeout_s.map(millis), millis(knobs.linger_s));
        (
            (command.program.clone(), program),
            (command.args.clone(), command.cwd.clone()),
            (hooks, times, manifest.params.clone()),
        )
    };
    let was_shrunk = match earlier.phases {
        Phases::Shrink => earlier.profile.as_ref(),
        Phases::Trace | Phases::Both => Some(&earlier.paths.profiles.trace),
    };
    let known = was_shrunk.and_then(|name| earlier.digests.get(name));
    // What the one before has made is not what that shrank.
    let is_its_result = base.is_in(&dir.shrunk());
    !is_its_result
        && known == Some(&digest(base.text.as_bytes()))
        && is_of(manifest) == is_of(earlier)
}

/// Removes what an earlier run in the folder said of the phases that are to come, so that nobody
/// takes it for this one's.
fn forget(dir: &RunDir, phases: Phases) -> Result<(), DirError> {
    run_dir::remove(&dir.file(Phase::Shrink, "status.json"))?;
    if phases != Phases::Shrink {
        run_dir::remove(&dir.file(Phase::Trace, "status.json"))?;
    }
    Ok(())
}

fn carry_out(
    session: &mut Session<'_>,
    dir: &RunDir,
    base: &Base,
    knobs: &Knobs,
    phases: Phases,
    manifest: &mut Manifest,
) -> Result<(), LearnError> {
    let mut to_shrink = base.clone();
    if phases != Phases::Shrink {
        let report = trace(session, dir, base, knobs)?;
        if report.status != TraceStatus::Success {
            let reason = format!("trace_{}", word(&report.status));
            return skip(dir, reason);
        }
        to_shrink = Base::file(&dir.traced(), base.params.clone())?;
        // What is learnt is not to be learnt again, whatever becomes of the rest.
        note_trace(dir, manifest);
        note_digest(&dir.traced(), manifest);
        run_dir::write_json(&dir.manifest(), manifest)?;
    }
    if phases == Phases::Trace {
        return skip(dir, "trace_only".to_string());
    }
    shrink(session, dir, &to_shrink)?;
    Ok(())
}

/// Records that shrinking was not tried.
fn skip(dir: &RunDir, reason: String) -> Result<(), LearnError> {
    let report = ShrinkReport {
        reason: Some(reason),
        ..ShrinkReport::new(ShrinkStatus::Skipped)
    };
    Ok(run_dir::write_json(
        &dir.file(Phase::Shrink, "status.json"),
        &report,
    )?)
}

fn opening(
    session: &Session<'_>,
    dir: &RunDir,
    base: &Base,
    knobs: &Knobs,
    phases: Phases,
    start: SystemTime,
) -> Manifest {
    let text = |path: &Path| path.display().to_string();
    let target = &session.target;
    let mut manifest = Manifest {
        world_id: exact_world(session.backend, &session.world),
        tool_version: env!("CARGO_PKG_VERSION").to_string(),
        command: Command {
            program: text(&target.program),
            name: Some(text(&target.name)),
            args: target
                .args
                .iter()
                .map(|arg| arg.to_string_lossy().into_owned())
                .collect(),
            cwd: text(&target.cwd),
        },
        phases,
        profile: base.path.as_deref().map(text),
        creates: base.creates.as_deref().map(text),
        params: base.params.clone(),
        knobs: knobs.clone(),
        paths: Paths {
            run_dir: text(dir.root()),
            profiles: ProfilePaths {
                trace: text(&dir.traced()),
                shrunk: None,
            },
            phases: PhasePaths {
                trace: text(&dir.phase(Phase::Trace)),
                shrink: text(&dir.phase(Phase::Shrink)),
            },
            artifacts: ArtifactPaths {
                bin_dir: text(&dir.binaries()),
            },
        },
        trace: TraceSummary {
            status: TraceStatus::Unknown,
            reason: None,
            status_path: text(&dir.file(Phase::Trace, "status.json")),
            metrics_path: None,
            iterations: 0,
            profile_lines: 0,
            bad_rules: 0,
            issue_dir: None,
        },
        shrink: ShrinkSummary {
            status: ShrinkStatus::Unknown,
            reason: None,
            status_path: text(&dir.file(Phase::Shrink, "status.json")),
            metrics_path: None,
            removed: 0,
            kept: 0,
            time_limit_s: None,
            profile_lines: 0,
            post_shrink_fresh_rc: None,
            post_shrink_repeat_rc: None,
            made_otherwise: Vec::new(),
            denied_on_repeat: Vec::new(),
        },
        timing: timing(start, start),
        runs: 0,
        stragglers: BTreeSet::new(),
        left_behind: Vec::new(),
        digests: BTreeMap::new(),
    };
    // Of what the runs begin with, as it may be another by their end.
    note_digest(&target.program, &mut manifest);
    let text = digest(base.text.as_bytes());
    manifest.digests.insert(base.name.clone(), text);
    manifest
}

/// Notes what is in a file, if it can be read.
fn note_digest(path: &Path, manifest: &mut Manifest) {
    if let Ok(bytes) = std::fs::read(path) {
        let name = path.display().to_string();
        manifest.digests.insert(name, digest(&bytes));
    }
}

fn timing(start: SystemTime, end: SystemTime) -> Timing {
    let epoch = |time: SystemTime| {
        time.duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0.0, |d| d.as_secs_f64())
    };
    Timing {
        start_epoch: epoch(start),
        start_utc: humantime::format_rfc3339_seconds(start).to_string(),
        end_epoch: epoch(end),
        end_utc: humantime::format_rfc3339_seconds(end).to_string(),
        duration_s: end.duration_since(start).map_or(0.0, |d| d.as_secs_f64()),
    }
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

/// Where the metrics of a phase are, if it came to write any.
fn metrics(dir: &RunDir, phase: Phase) -> Option<String> {
    let path = dir.file(phase, "metrics.jsonl");
    path.exists().then(|| path.display().to_string())
}

/// Fills in what tracing left on disk.
fn note_trace(dir: &RunDir, manifest: &mut Manifest) {
    if let Some(report) = stored::<TraceReport>(&dir.file(Phase::Trace, "status.json")) {
        manifest.trace.status = report.status;
        manifest.trace.reason = report.reason;
        manifest.trace.iterations = report.iter;
        manifest.trace.issue_dir = report.issue_dir;
    }
    manifest.trace.metrics_path = metrics(dir, Phase::Trace);
    manifest.trace.profile_lines = lines(&dir.traced());
    manifest.trace.bad_rules = lines(&dir.file(Phase::Trace, "bad_rules.txt"));
}

/// Fills the manifest from what the phases left on disk.
fn close(
    session: &Session<'_>,
    dir: &RunDir,
    start: SystemTime,
    manifest: &mut Manifest,
) -> Result<(), DirError> {
    if manifest.trace.status != TraceStatus::Unknown {
        note_digest(&dir.traced(), manifest);
    }
    if let Some(report) = stored::<ShrinkReport>(&dir.file(Phase::Shrink, "status.json")) {
        manifest.shrink.status = report.status;
        manifest.shrink.reason = report.reason;
        manifest.shrink.removed = report.removed.unwrap_or(0);
        manifest.shrink.kept = report.kept.unwrap_or(0);
        manifest.shrink.time_limit_s = report.time_limit_s;
        manifest.shrink.post_shrink_fresh_rc = report.post_shrink_fresh_rc;
        manifest.shrink.post_shrink_repeat_rc = report.post_shrink_repeat_rc;
        manifest.shrink.made_otherwise = report.made_otherwise;
        manifest.shrink.denied_on_repeat = report.denied_on_repeat;
        // Whatever else is there was left by an earlier run.
        if report.pre_shrink_rc1.is_some() {
            manifest.shrink.metrics_path = metrics(dir, Phase::Shrink);
        }
        if report.kept.is_some() {
            manifest.shrink.profile_lines = lines(&dir.shrunk());
            manifest.paths.profiles.shrunk = Some(dir.shrunk().display().to_string());
            note_digest(&dir.shrunk(), manifest);
        }
    }
    manifest.timing = timing(start, SystemTime::now());
    manifest.runs = session.runs();
    manifest.stragglers.clone_from(session.stragglers());
    run_dir::write_json(&dir.manifest(), manifest)
}

fn stored<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
