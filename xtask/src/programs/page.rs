//! The page about the programs.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::Result;
use super::cases::Case;
use super::measure::{Measured, Workflow};

const COLUMNS: &str = "\
| program | rules traced | rules needed | iterations | candidates | 2.5 k + 3 | runs | seconds | \
bare | watched | verified |
|---|---|---|---|---|---|---|---|---|---|---|
";

/// The whole page.
pub(super) fn page(rows: &[(Case, Measured)], release: &Path) -> Result<String> {
    let ran = rows
        .iter()
        .filter(|(_, measured)| matches!(measured, Measured::Ran(_)));
    let verified = rows
        .iter()
        .filter(|(_, measured)| measured.is_verified())
        .count();
    let mut text = format!(
        "# Programs\n\n\
         What `lapbelt workflow` makes of programs that people use, each in a folder of its own, \
         starting from\nnothing. {verified} of {} have a smallest profile that passed all checks.\n\n",
        ran.count()
    );
    let missing: Vec<&str> = rows
        .iter()
        .filter(|(_, measured)| matches!(measured, Measured::Missing))
        .map(|(case, _)| case.name.as_str())
        .collect();
    if !missing.is_empty() {
        writeln!(text, "Missing on this machine: {}.\n", missing.join(", "))?;
    }
    write!(
        text,
        "{}\n\
         Written by `cargo xtask programs`, which takes some minutes; numbers differ a little from \
         run to run.\n\n\
         - *rules*: rules and filters, each alone. Traced: all that was asked for. Needed: what is \
         left when no\n  single one can go.\n\
         - *iterations*: runs of the trace until two in a row succeeded and asked for nothing \
         new.\n\
         - *candidates*: profiles tried while shrinking; *2.5 k + 3*: what that may take for k \
         needed rules, where\n  at most 1.5 k were seen at work.\n\
         - *runs*: of the program, in all; *seconds*: of the whole workflow.\n\
         - *bare*, *watched*: one repeat run in milliseconds, with nothing around it and by \
         `lapbelt exec --observe` under\n  the traced profile; each the median of five, taken in \
         turn, start of the command included.\n\
         - *verified*: the shrunk profile passes a fresh and a repeat run, is 1-minimal, and is \
         proven to allow no\n  more than the traced one.\n\n{COLUMNS}",
        machine(release)?
    )?;
    for (case, measured) in rows {
        if !matches!(measured, Measured::Missing) {
            writeln!(text, "{}", row(case, measured))?;
        }
    }
    Ok(text)
}

/// One line of the table.
pub(super) fn row(case: &Case, measured: &Measured) -> String {
    let name = case.name.replace('|', "\\|");
    let Measured::Ran(workflow) = measured else {
        return format!("| `{name}` | missing |");
    };
    let Workflow {
        traced,
        needed,
        iterations,
        candidates,
        runs,
        seconds,
        ..
    } = **workflow;
    let (bare, watched) = workflow.times.map_or_else(
        || ("—".into(), "—".into()),
        |(bare, watched)| (milliseconds(bare), milliseconds(watched)),
    );
    let verdict = match &workflow.verdict {
        Ok(()) => "yes",
        Err(how) => how,
    };
    format!(
        "| `{name}` | {traced} | {needed} | {iterations} | {candidates} | {} | {runs} | \
         {seconds:.1} | {bare} | {watched} | {verdict} |",
        budget(workflow)
    )
}

fn budget(workflow: &Workflow) -> String {
    let needed = workflow.needed as f64;
    if workflow.verdict.is_ok() && workflow.used as f64 <= 1.5 * needed {
        format!("{:.0}", (2.5 * needed + 3.0).floor())
    } else {
        "—".into()
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// The machine, in a paragraph.
fn machine(release: &Path) -> Result<String> {
    let version = Command::new(release.join("lapbelt"))
        .arg("--version")
        .output()?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .unwrap_or("Linux")
        .trim_matches('"');
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or(std::env::consts::ARCH, |(_, name)| name);
    let cores = std::thread::available_parallelism()?;
    Ok(format!(
        "Machine: {processor}, {cores} cores, {system}, Linux {}; {version}.\n",
        kernel.trim()
    ))
}
