//! Strict runs that are kept as evidence, and why they failed.

use std::path::{Path, PathBuf};

use lapbelt_policy::rule::Policy;
use lapbelt_sandbox::not_found;

use super::one_line;
use crate::error::LearnError;
use crate::record::Validation;
use crate::run_dir::{self, Phase, RunDir};
use crate::session::{Mode, Run, Session, Start, Streams};
use crate::summary::exit_status;

/// A file of `validation/`.
pub(super) fn validation(dir: &RunDir, name: &str) -> PathBuf {
    dir.file(Phase::Shrink, "validation").join(name)
}

/// A strict run that is kept as evidence.
pub(super) fn checked(
    session: &mut Session<'_>,
    dir: &RunDir,
    profile: &str,
    policy: &Policy,
    start: Start,
    name: &str,
) -> Result<Run, LearnError> {
    let (stdout, stderr) = (
        dir.file(Phase::Shrink, "stdout.txt"),
        dir.file(Phase::Shrink, "stderr.txt"),
    );
    let streams = Streams {
        stdout: Some(run_dir::create(&stdout)?),
        stderr: Some(run_dir::create(&stderr)?),
    };
    let run = session.run(policy, start, Mode::Strict, streams)?;
    let text =
        |path: &Path| std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let record = Validation {
        return_code: run.rc,
        stdout: text(&stdout).unwrap_or_default(),
        stderr: text(&stderr).unwrap_or_default(),
        profile: profile.to_string(),
    };
    run_dir::write_json(&validation(dir, name), &record)?;
    Ok(run)
}

/// Why a checked run failed: how it ended and the last it said.
pub(super) fn why(session: &Session<'_>, dir: &RunDir, name: &str, run: &Run) -> String {
    let status = exit_status(run.rc);
    let ended = match session.target.success_cmd {
        _ if run.timed_out => {
            let limit = session.target.timeout.unwrap_or_default().as_secs_f64();
            format!("the {name} run did not end within {limit} s; --timeout gives it more")
        }
        Some(_) => format!("--success-cmd rejects the {name} run, which ended with {status}"),
        None => format!("the {name} run failed with {status}"),
    };
    if let Some(error) = not_found(&session.target.program, run.rc) {
        return format!("{ended}; {error}");
    }
    let said = std::fs::read(dir.file(Phase::Shrink, "stderr.txt")).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).into_owned();
    let said = said.lines().rev().find(|line| !line.trim().is_empty());
    let said = said.map_or(String::new(), |line| {
        format!("; it last said: {}", one_line(line))
    });
    format!("{ended}{said}")
}
