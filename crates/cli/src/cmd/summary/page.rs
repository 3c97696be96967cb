//! A run as a page to read and to keep: the profile that came out, and how it was found.

use lapbelt_analysis::report::{Align, Block, Curves, Doc, Figure, Level, Plot, Series, Table};
use lapbelt_learn::record::{Manifest, ShrinkMetric, TraceMetric};
use lapbelt_learn::run_dir::{self, Phase, RunDir};
use lapbelt_learn::summary::{read_metrics, text};

use crate::exit::CommandError;
use crate::output::counted;

/// The page of a run directory.
pub(super) fn of(dir: &RunDir, manifest: &Manifest) -> Result<Doc, CommandError> {
    let (heading, profile, is_its_own) = match &manifest.paths.profiles.shrunk {
        Some(_) => ("The smallest profile", dir.shrunk(), true),
        None => (
            "The profile",
            dir.traced(),
            manifest.trace.profile_lines > 0,
        ),
    };
    let mut blocks = vec![Block::Verbatim(text(manifest))];
    if is_its_own && profile.is_file() {
        blocks.push(section(heading));
        blocks.push(Block::Verbatim(run_dir::read(&profile)?));
    }
    if manifest.trace.metrics_path.is_some() {
        blocks.extend(trace(&read_metrics(
            &dir.file(Phase::Trace, "metrics.jsonl"),
        )?));
    }
    let rejected = dir.file(Phase::Trace, "bad_rules.txt");
    if manifest.trace.bad_rules > 0 && rejected.is_file() {
        blocks.push(Block::Folded {
            label: counted(manifest.trace.bad_rules, "rejected rule"),
            blocks: vec![Block::Verbatim(run_dir::read(&rejected)?)],
        });
    }
    if manifest.shrink.metrics_path.is_some() {
        blocks.extend(shrink(&read_metrics(
            &dir.file(Phase::Shrink, "metrics.jsonl"),
        )?));
    }
    if !manifest.stragglers.is_empty() {
        blocks.push(section("Killed as they outlived the program"));
        let names: Vec<&str> = manifest.stragglers.iter().map(String::as_str).collect();
        blocks.push(Block::Verbatim(names.join("\n")));
    }
    if !manifest.left_behind.is_empty() {
        blocks.push(section("Left behind by the program"));
        blocks.push(Block::Verbatim(manifest.left_behind.join("\n")));
    }
    Ok(Doc {
        title: manifest.command.program.clone(),
        blocks,
    })
}

fn section(heading: &str) -> Block {
    Block::Heading(Level::Section, heading.to_owned())
}

/// How the profile grew.
fn trace(runs: &[TraceMetric]) -> Vec<Block> {
    if runs.is_empty() {
        return Vec::new();
    }
    let rows = runs.iter().map(|run| {
        vec![
            run.iter.to_string(),
            format!("{}, {}", run.mode, run.start),
            run.return_code.to_string(),
            run.denies_seen.to_string(),
            run.new_rules.to_string(),
            run.profile_lines.to_string(),
            format!("{:.3}", run.seconds),
        ]
    });
    let columns = [
        ("run", Align::Right),
        ("how", Align::Left),
        ("status", Align::Right),
        ("denials", Align::Right),
        ("new rules", Align::Right),
        ("lines", Align::Right),
        ("seconds", Align::Right),
    ];
    let lines = runs.iter().map(|run| run.profile_lines as f64).collect();
    vec![
        section("Trace"),
        curve("Lines of the profile after each run", "run", lines),
        table(&columns, rows.collect()),
    ]
}

/// How it was made smaller.
fn shrink(candidates: &[ShrinkMetric]) -> Vec<Block> {
    if candidates.is_empty() {
        return Vec::new();
    }
    let mut smallest = f64::NAN;
    let mut lines = Vec::new();
    for candidate in candidates {
        if matches!(candidate.decision.as_str(), "ok" | "removed") {
            smallest = candidate.profile_lines as f64;
        }
        lines.push(smallest);
    }
    let status = |status: Option<i32>| status.map_or(String::new(), |status| status.to_string());
    let rows = candidates.iter().map(|candidate| {
        let without = match (&candidate.rule, candidate.group) {
            (Some(rule), 0 | 1) => rule.clone(),
            (Some(rule), more) => format!("{rule} and {} more", more - 1),
            (None, _) => String::new(),
        };
        vec![
            without,
            candidate.step.clone().unwrap_or_default(),
            candidate.decision.clone(),
            status(candidate.fresh_rc),
            status(candidate.repeat_rc),
            candidate.profile_lines.to_string(),
        ]
    });
    let columns = [
        ("without", Align::Code),
        ("step", Align::Left),
        ("decision", Align::Left),
        ("fresh", Align::Right),
        ("repeat", Align::Right),
        ("lines", Align::Right),
    ];
    let label = format!("All {}", counted(candidates.len(), "candidate"));
    vec![
        section("Shrink"),
        curve(
            "Lines of the smallest profile that passed, after each candidate",
            "candidate",
            lines,
        ),
        Block::Folded {
            label,
            blocks: vec![table(&columns, rows.collect())],
        },
    ]
}

fn curve(caption: &str, x: &str, values: Vec<f64>) -> Block {
    Block::Figure(Figure {
        caption: caption.to_owned(),
        plot: Plot::Curves(Curves {
            x: x.to_owned(),
            y: "lines".to_owned(),
            series: vec![Series {
                name: "lines".to_owned(),
                values,
            }],
        }),
    })
}

fn table(columns: &[(&str, Align)], rows: Vec<Vec<String>>) -> Block {
    let columns = columns
        .iter()
        .map(|(name, align)| ((*name).to_owned(), *align));
    Block::Table(Table {
        columns: columns.collect(),
        rows,
    })
}
