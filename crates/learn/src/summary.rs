//! What a run came to, for a person.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use lapbelt_sandbox::denial::escaped;
use rustix::process::Signal;
use serde::de::DeserializeOwned;

use crate::error::LearnError;
use crate::record::{Manifest, ShrinkStatus, TraceStatus, word};
use crate::run_dir::{self, RunDir};

/// At most so many names are told in one phrase.
const NAMED: usize = 4;

/// Reads `run.json` of a run directory.
///
/// # Errors
/// If it is not there, or not ours.
pub fn read_manifest(dir: &RunDir) -> Result<Manifest, LearnError> {
    let path = dir.manifest();
    if !path.exists() {
        let earlier = Some(dir.earlier()).filter(|earlier| earlier.exists());
        return Err(LearnError::NoRun {
            dir: dir.root().display().to_string(),
            earlier: earlier.map_or_else(String::new, |earlier| {
                format!("; the run before is kept in {}", earlier.display())
            }),
        });
    }
    let text = run_dir::read(&path)?;
    serde_json::from_str(&text).map_err(|error| LearnError::Damaged {
        path: path.display().to_string(),
        problem: format!("line {}: {error}", error.line()),
    })
}

/// Reads the lines of a phase's `metrics.jsonl`, oldest first; none if there is no such file.
///
/// # Errors
/// If it cannot be read, or a line is not ours.
pub fn read_metrics<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, LearnError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = run_dir::read(path)?;
    let lines = text.lines().enumerate().map(|(number, line)| {
        serde_json::from_str(line).map_err(|error| LearnError::Damaged {
            path: path.display().to_string(),
            problem: format!("line {}: {error}", number + 1),
        })
    });
    lines.collect()
}

/// An exit status, and the signal that one above 128 tells of.
pub(crate) fn exit_status(rc: i32) -> String {
    let names = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::SYS, "SIGSYS"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
    ];
    let name = names
        .iter()
        .find(|(signal, _)| signal.as_raw() == rc - 128)
        .map_or(String::new(), |(_, name)| format!(" ({name})"));
    format!("exit status {rc}{name}")
}

/// So many of something that gets an s.
pub fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// A path for a person, whatever its name holds.
pub(crate) fn shown(path: &Path) -> String {
    escaped(path.as_os_str().as_bytes())
}

/// Names in one phrase, each once, whatever they hold.
pub(crate) fn named<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let names: BTreeSet<&str> = names.into_iter().map(String::as_str).collect();
    let shown = names.iter().take(NAMED);
    let shown: Vec<String> = shown.map(|name| escaped(name.as_bytes())).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// That processes which outlived the program were killed, `linger` seconds after its end.
pub fn killed<'n>(names: impl IntoIterator<Item = &'n String>, linger: f64) -> String {
    let when = match linger {
        0.0 => "when".to_string(),
        linger => format!("{linger} s after"),
    };
    let names = named(names);
    format!(
        "killed what still ran {when} the program had ended ({names}); --linger SECONDS waits longer"
    )
}

/// The summary of a run, a line a fact.
pub fn text(manifest: &Manifest) -> String {
    let mut command = manifest.command.program.clone();
    for arg in &manifest.command.args {
        command.push(' ');
        command.push_str(arg);
    }
    let mut text = String::new();
    let trace = &manifest.trace;
    let shrink = &manifest.shrink;
    let _ = writeln!(text, "program  {command}");
    let _ = writeln!(text, "world    {}", manifest.world_id);
    if trace.status != TraceStatus::Unknown {
        let _ = writeln!(
            text,
            "trace    {}: {}, {}, {} rejected",
            word(&trace.status),
            counted(trace.iterations, "iteration"),
            counted(trace.profile_lines, "line"),
            counted(trace.bad_rules, "rule")
        );
    }
    if !matches!(shrink.status, ShrinkStatus::Unknown | ShrinkStatus::Skipped) {
        let _ = writeln!(
            text,
            "shrink   {}: {} removed, {} kept, {}",
            word(&shrink.status),
            shrink.removed,
            shrink.kept,
            counted(shrink.profile_lines, "line")
        );
    }
    let reasons = [
        (word(&trace.status), &trace.reason),
        (word(&shrink.status), &shrink.reason),
    ];
    for (status, reason) in reasons {
        // Of a success and of what was not wanted there is none that a person looks for.
        let is_end = matches!(status.as_str(), "success" | "skipped");
        if let Some(reason) = reason
            .as_ref()
            .filter(|reason| !is_end && **reason != status)
        {
            let _ = writeln!(text, "because  {reason}");
        }
    }
    let _ = writeln!(
        text,
        "runs     {} in {:.1} s",
        manifest.runs, manifest.timing.duration_s
    );
    let profiles = &manifest.paths.profiles;
    if let Some(shrunk) = &profiles.shrunk {
        let _ = writeln!(text, "profile  {shrunk}");
    } else if trace.profile_lines > 0 {
        let _ = writeln!(text, "profile  {}", profiles.trace);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{counted, exit_status, killed};

    #[test]
    fn what_is_killed_at_once_is_told_as_such() {
        let names = ["sleep".to_string()];
        let said = killed(&names, 0.0);
        assert!(
            said.contains("ran when the program had ended (sleep)"),
            "{said}"
        );
        assert!(
            killed(&names, 0.5).contains("ran 0.5 s after the"),
            "{said}"
        );
    }

    #[test]
    fn a_signal_is_named() {
        assert_eq!(exit_status(1), "exit status 1");
        assert_eq!(exit_status(137), "exit status 137 (SIGKILL)");
        assert_eq!(exit_status(255), "exit status 255");
    }

    #[test]
    fn one_has_no_s() {
        let said = [0, 1, 2].map(|count| counted(count, "rule"));
        assert_eq!(said, ["0 rules", "1 rule", "2 rules"]);
    }
}
