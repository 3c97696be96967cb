//! One program: the workflow, and what watching it costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Result;
use super::cases::{Case, search_path};

/// How often the program is run bare and watched.
const REPEATS: usize = 5;

/// A folder for one program.
pub(super) struct Place {
    root: PathBuf,
    lapbelt: PathBuf,
}

impl Place {
    /// Makes the folder.
    pub(super) fn new(scratch: &Path, number: usize, release: &Path) -> Result<Self> {
        let root = scratch.join(format!("program-{number}"));
        for folder in ["work", "home"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let lapbelt = release.join("lapbelt");
        Ok(Self { root, lapbelt })
    }

    /// The folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A command in the folder that knows of this machine only where programs are.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", self.root.join("home"))
            .current_dir(self.root.join("work"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn run_file(&self, name: &str) -> PathBuf {
        self.root.join("run").join(name)
    }
}

/// What came of a program.
pub(super) enum Measured {
    /// The machine does not have it.
    Missing,
    /// The workflow ended, one way or another.
    Ran(Box<Workflow>),
}

impl Measured {
    /// Whether a smallest profile was found and all checks passed.
    pub(super) fn is_verified(&self) -> bool {
        matches!(self, Self::Ran(workflow) if workflow.verdict.is_ok())
    }
}

/// What the workflow wrote, in numbers.
pub(super) struct Workflow {
    /// Rules and filters of the traced profile, the default not counted.
    pub(super) traced: usize,
    /// Those that are needed.
    pub(super) needed: usize,
    /// Those that were seen at work before any was taken away.
    pub(super) used: usize,
    pub(super) iterations: usize,
    /// Profiles tried while shrinking.
    pub(super) candidates: usize,
    /// Runs of the program in all.
    pub(super) runs: usize,
    pub(super) seconds: f64,
    /// What was verified, or how it failed.
    pub(super) verdict: std::result::Result<(), String>,
    /// Median times of one run: bare, and watched under the traced profile, which covers
    /// whatever state the bare runs leave.
    pub(super) times: Option<(Duration, Duration)>,
}

/// Sets the place up, runs the workflow, and times runs side by side.
pub(super) fn measure(case: &Case, program: &Path, place: &Place) -> Result<Measured> {
    let prepared = place
        .command(Path::new("/bin/sh"))
        .args(["-c", case.prepare])
        .status()?;
    if !prepared.success() {
        return Err(format!("{}: cannot be set up", case.name).into());
    }
    let start = Instant::now();
    let log = fs::File::create(place.root.join("lapbelt.txt"))?;
    place
        .command(Path::new("/usr/bin/timeout"))
        .args(["--signal=INT", "--kill-after=10", &case.limit.to_string()])
        .arg(&place.lapbelt)
        .args(["workflow", "--out"])
        .arg(place.root.join("run"))
        .arg("--cmd")
        .arg(program)
        .arg("--")
        .args(&case.args)
        .stderr(log)
        .status()?;
    let seconds = start.elapsed().as_secs_f64();
    let mut workflow = read(place, seconds)?;
    if workflow.verdict.is_ok() {
        workflow.times = times(case, program, place)?;
    }
    Ok(Measured::Ran(Box::new(workflow)))
}

fn read(place: &Place, seconds: f64) -> Result<Workflow> {
    let json = |path: PathBuf| -> Value {
        let text = fs::read(path).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    };
    let run = json(place.run_file("run.json"));
    let trace = json(place.run_file("phases/trace/status.json"));
    let shrink = json(place.run_file("phases/shrink/status.json"));
    let number = |value: &Value| value.as_u64().unwrap_or(0) as usize;
    // The default, which denies, is kept and no rule that was learnt.
    let needed = number(&shrink["kept"]).saturating_sub(1);
    let traced = needed + number(&shrink["removed"]);
    let metrics = fs::read_to_string(place.run_file("phases/shrink/metrics.jsonl"));
    let unused = metrics
        .unwrap_or_default()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| line["step"] == "seed")
        .map_or(0, |line| number(&line["group"]));
    Ok(Workflow {
        traced,
        needed,
        used: traced.saturating_sub(unused),
        iterations: number(&run["trace"]["iterations"]),
        candidates: number(&shrink["candidates"]),
        runs: number(&run["runs"]),
        seconds,
        verdict: verdict(&trace, &shrink, place),
        times: None,
    })
}

fn verdict(trace: &Value, shrink: &Value, place: &Place) -> std::result::Result<(), String> {
    let told = |phase: &str, report: &Value| {
        let status = report["status"].as_str().unwrap_or("unknown");
        match report["reason"].as_str() {
            Some(reason) if reason != status => format!("{phase}: {status} ({reason})"),
            _ => format!("{phase}: {status}"),
        }
    };
    if trace["status"] != "success" {
        let said = fs::read_to_string(place.root.join("lapbelt.txt")).unwrap_or_default();
        eprint!("{said}");
        return Err(told("trace", trace));
    }
    let checks = [
        shrink["status"] == "success",
        shrink["post_shrink_fresh_rc"] == 0,
        shrink["post_shrink_repeat_rc"] == 0,
        shrink["one_minimal"] == true,
        shrink["subset_proven"] == true,
    ];
    if checks.iter().all(|check| *check) {
        Ok(())
    } else {
        Err(told("shrink", shrink))
    }
}

/// Runs the program bare and watched in turn; `None` if any of the runs fails.
fn times(case: &Case, program: &Path, place: &Place) -> Result<Option<(Duration, Duration)>> {
    let timed = |mut command: Command| -> Result<Option<Duration>> {
        let start = Instant::now();
        let status = command.args(&case.args).status()?;
        Ok(status.success().then(|| start.elapsed()))
    };
    let (mut bare, mut watched) = (Vec::new(), Vec::new());
    // The first of each fills caches and creates what a later run finds.
    for _ in 0..=REPEATS {
        bare.push(timed(place.command(program))?);
        let mut command = place.command(&place.lapbelt);
        command
            .args(["exec", "--quiet", "--observe", "-f"])
            .arg(place.run_file("profiles/trace.sb"))
            .arg("--")
            .arg(program);
        watched.push(timed(command)?);
    }
    let median = |times: Vec<Option<Duration>>| -> Option<Duration> {
        let mut times: Vec<Duration> = times.into_iter().skip(1).collect::<Option<_>>()?;
        times.sort();
        times.get(times.len() / 2).copied()
    };
    Ok(median(bare).zip(median(watched)))
}
