//! What is written as JSON in a run directory. Field names are an interface: tools read them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::denial_rule::NetworkRules;
use crate::manifest::Phases;

/// The word that a value of one word, such as a status, is written as.
pub(crate) fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value
        .and_then(|value| value.as_str().map(str::to_string))
        .unwrap_or_default()
}

/// How a phase ended, or that it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceStatus {
    /// The program runs, again and again, and asks for nothing more.
    Success,
    /// A run failed without a denial that a rule could allow.
    NoNewRules,
    /// A run died of a signal without a denial that a rule could allow.
    Stalled,
    /// A run did not end in time, and without a sandbox it does.
    TimedOut,
    /// The iteration limit came first.
    MaxIters,
    /// The profile given does not evaluate, or the system does not read the one that was learnt.
    ProfileInvalid,
    /// It could not be carried out; the reason says why.
    Failed,
    /// Interrupted; can be resumed.
    Stopped,
    /// Not known, as when the phase never ran.
    Unknown,
}

/// How shrinking ended, or that it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShrinkStatus {
    /// A smallest profile was found and proven.
    Success,
    /// There was nothing to shrink; the reason says why.
    Skipped,
    /// The profile given does not evaluate.
    PreflightFailed,
    /// The profile given does not pass a fresh and a repeat run.
    PreShrinkFailed,
    /// A profile does not pass the lint.
    LintFailed,
    /// The search stopped with an error.
    ShrinkFailed,
    /// The result did not pass its last check.
    PostShrinkFailed,
    /// Interrupted; can be resumed.
    Stopped,
    /// Not known, as when the phase never ran.
    Unknown,
}

/// `phases/trace/status.json`: only the fields that have a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceReport {
    /// How it ended.
    pub status: TraceStatus,
    /// Iterations done.
    pub iter: usize,
    /// Why it ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the evidence of a failure is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_dir: Option<String>,
    /// Successful strict runs in a row, at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_streak: Option<usize>,
    /// Exit status of the last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_code: Option<i32>,
    /// Rules added by the last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_rules: Option<usize>,
    /// Denials in the last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denies_seen: Option<u64>,
}

/// A line of `phases/trace/metrics.jsonl`: one iteration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceMetric {
    /// Number of the iteration, from 1.
    pub iter: usize,
    /// Exit status of its run.
    pub return_code: i32,
    /// Denials seen, repeats counted.
    pub denies_seen: u64,
    /// Rules added.
    pub new_rules: usize,
    /// Lines of the profile after adding.
    pub profile_lines: usize,
    /// `learn` if denied calls were let through to be learnt from, else `strict`.
    pub mode: String,
    /// `fresh` or `repeat`.
    pub start: String,
    /// Wall time of the run, in seconds.
    pub seconds: f64,
    /// Names of the processes that outlived the program and were killed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stragglers: Vec<String>,
}

/// `phases/shrink/status.json`: only the fields that have a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShrinkReport {
    /// How it ended.
    pub status: ShrinkStatus,
    /// Why it ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Exit status of the fresh run before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_shrink_rc1: Option<i32>,
    /// Exit status of the repeat run before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_shrink_rc2: Option<i32>,
    /// Exit status of the fresh run after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_shrink_fresh_rc: Option<i32>,
    /// Exit status of the repeat run after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_shrink_repeat_rc: Option<i32>,
    /// Rules and filters removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<usize>,
    /// Rules and filters kept, deny rules included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<usize>,
    /// Candidates tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<usize>,
    /// Seconds after which a run of a candidate counted as failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_s: Option<f64>,
    /// True once removing any single allow rule or filter was seen to break the contract; false if
    /// one is kept that only some runs need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_minimal: Option<bool>,
    /// True once the policy graphs showed that the result allows no more than the profile given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subset_proven: Option<bool>,
    /// What the program leaves otherwise under the result than under the profile given, although
    /// both succeed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made_otherwise: Vec<String>,
    /// What the last repeat run was denied of what the fresh run had made, although the profile given
    /// allows it: it may have gone on as on a first run, and what it does otherwise is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied_on_repeat: Vec<String>,
}

impl ShrinkReport {
    /// A report that knows nothing but its status.
    pub fn new(status: ShrinkStatus) -> Self {
        Self {
            status,
            reason: None,
            pre_shrink_rc1: None,
            pre_shrink_rc2: None,
            post_shrink_fresh_rc: None,
            post_shrink_repeat_rc: None,
            removed: None,
            kept: None,
            candidates: None,
            time_limit_s: None,
            one_minimal: None,
            subset_proven: None,
            made_otherwise: Vec::new(),
            denied_on_repeat: Vec::new(),
        }
    }
}

/// A line of `phases/shrink/metrics.jsonl`: one candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShrinkMetric {
    /// `precheck` for the profile as given, else `candidate`.
    pub event: String,
    /// Number of the first piece taken out, counted from 1; absent for the precheck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_number: Option<usize>,
    /// `ok` or `failed` for the precheck; `removed`, `kept_required` or `kept_deny` for a candidate.
    pub decision: String,
    /// The first rule taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// How many rules and filters were taken out together.
    pub group: usize,
    /// `seed`, `group` or `minimal`: why this candidate was tried; `put_back`: a last run needed what
    /// earlier ones did without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Exit status of the fresh run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_rc: Option<i32>,
    /// Exit status of the repeat run; absent if it was not run because the fresh one failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_rc: Option<i32>,
    /// Numbers of kept pieces that the runs of a passing candidate did not use, counted from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<usize>,
    /// Lines of the candidate profile.
    pub profile_lines: usize,
    /// SHA-256 of the candidate profile, by which a resumed run finds its place.
    pub candidate_sha256: String,
}

/// `validation/preflight_scan.json`: what is to be shrunk, as read before its first run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preflight {
    /// The profile: its path, or `seed`.
    pub profile: String,
    /// Its rules.
    pub rules: usize,
}

/// Another file of `validation/`: one run of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// Exit status.
    pub return_code: i32,
    /// Standard output, as text.
    pub stdout: String,
    /// Standard error, as text.
    pub stderr: String,
    /// Path of the profile.
    pub profile: String,
}

/// Settings of a run, as they were in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Knobs {
    /// Strict successes in a row that end the trace.
    pub success_streak: usize,
    /// `all` or `pid`.
    pub deny_scope: DenyScope,
    /// What became of network denials.
    pub network_rules: NetworkRules,
    /// `learn` or `stepwise`.
    pub strategy: Strategy,
    /// Most iterations of the trace.
    pub max_iters: usize,
    /// Whether loader rules seed the profile; no effect on Linux.
    pub seed_dyld: bool,
    /// Whether the system's loader profile is imported; no effect on Linux.
    pub import_dyld_support: bool,
    /// Whether names that differ from run to run become patterns, and many files in a folder that
    /// the program made one rule.
    pub generalize: bool,
    /// Command that judges a run, if not the exit status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_cmd: Option<String>,
    /// Command that prepares a fresh run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_cmd: Option<String>,
    /// Seconds after which a run counts as failed, if there is such a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<f64>,
    /// Seconds for which processes that outlive the program go on, before they are killed.
    #[serde(default = "linger_s")]
    pub linger_s: f64,
}

fn linger_s() -> f64 {
    Knobs::default().linger_s
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            success_streak: 2,
            deny_scope: DenyScope::All,
            network_rules: NetworkRules::Parsed,
            strategy: Strategy::Learn,
            max_iters: 50,
            seed_dyld: true,
            import_dyld_support: true,
            generalize: true,
            success_cmd: None,
            fresh_cmd: None,
            timeout_s: None,
            linger_s: 0.5,
        }
    }
}

/// Whose denials count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DenyScope {
    /// The whole process tree of the program.
    All,
    /// The program's first process only.
    Pid,
}

/// How denials are met while tracing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// Denied calls are let through, so that one run shows all it needs.
    Learn,
    /// Denied calls are refused; each run gets as far as its first needed one.
    Stepwise,
}

/// The program of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Its resolved path.
    pub program: String,
    /// What it is called by, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its arguments; bytes that are not UTF-8 are replaced.
    pub args: Vec<String>,
    /// Where it ran.
    pub cwd: String,
}

/// Paths of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    /// The run directory.
    pub run_dir: String,
    /// The profiles.
    pub profiles: ProfilePaths,
    /// The phases.
    pub phases: PhasePaths,
    /// The artifacts.
    pub artifacts: ArtifactPaths,
}

/// Paths of the profiles of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfilePaths {
    /// `profiles/trace.sb`.
    pub trace: String,
    /// `profiles/shrunk.sb`, or null if this run wrote none.
    pub shrunk: Option<String>,
}

/// Paths of the phases of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhasePaths {
    /// `phases/trace`.
    pub trace: String,
    /// `phases/shrink`.
    pub shrink: String,
}

/// Paths of the artifacts of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactPaths {
    /// `artifacts/bin`.
    pub bin_dir: String,
}

/// The trace phase in `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceSummary {
    /// How it ended.
    pub status: TraceStatus,
    /// Why it ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Path of `status.json`.
    pub status_path: String,
    /// Path of `metrics.jsonl`; absent if the phase wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_path: Option<String>,
    /// Iterations done.
    pub iterations: usize,
    /// Lines of the traced profile.
    pub profile_lines: usize,
    /// Lines of `bad_rules.txt`.
    pub bad_rules: usize,
    /// Where the evidence of a failure is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_dir: Option<String>,
}

/// The shrink phase in `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShrinkSummary {
    /// How it ended.
    pub status: ShrinkStatus,
    /// Why it ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Path of `status.json`.
    pub status_path: String,
    /// Path of `metrics.jsonl`; absent if the phase wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_path: Option<String>,
    /// Rules and filters removed.
    pub removed: usize,
    /// Rules and filters kept.
    pub kept: usize,
    /// Seconds after which a run of a candidate counted as failed: `timeout_s`, or without it what
    /// the target's own runs suggest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_s: Option<f64>,
    /// Lines of the shrunk profile.
    pub profile_lines: usize,
    /// Exit status of the fresh run after shrinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_shrink_fresh_rc: Option<i32>,
    /// Exit status of the repeat run after shrinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_shrink_repeat_rc: Option<i32>,
    /// What the program leaves otherwise under the result than under the profile given, although
    /// both succeed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made_otherwise: Vec<String>,
    /// What the last repeat run was denied of what the fresh run had made, although the profile given
    /// allows it: it may have gone on as on a first run, and what it does otherwise is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied_on_repeat: Vec<String>,
}

/// Times of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Start, in seconds since 1970.
    pub start_epoch: f64,
    /// Start, as `2026-01-02T03:04:05Z`.
    pub start_utc: String,
    /// End, in seconds since 1970.
    pub end_epoch: f64,
    /// End, as `2026-01-02T03:04:05Z`.
    pub end_utc: String,
    /// Seconds between.
    pub duration_s: f64,
}

/// `run.json`: what was run, how, in which world, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The exact host, such as `linux-6.18.44-x86_64`.
    pub world_id: String,
    /// Version of Lapbelt that made it.
    pub tool_version: String,
    /// The program.
    pub command: Command,
    /// The phases that were asked for.
    #[serde(default)]
    pub phases: Phases,
    /// The profile that the run started from; absent if it was the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The profile that is created from what is learnt, if one was named that was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creates: Option<String>,
    /// Parameters of the profile.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// Settings in force.
    pub knobs: Knobs,
    /// Where everything is.
    pub paths: Paths,
    /// What tracing came to.
    pub trace: TraceSummary,
    /// What shrinking came to.
    pub shrink: ShrinkSummary,
    /// When.
    pub timing: Timing,
    /// Runs of the program in all.
    pub runs: usize,
    /// Names of the processes that outlived the program and were killed, in any run.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stragglers: BTreeSet<String>,
    /// What the program created and could not be removed, because of which no run was quite fresh.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
    /// SHA-256 of the files that went in and came out, by path.
    pub digests: BTreeMap<String, String>,
}
