//! `lapbelt lab report`: findings as a page to read.

mod figures;
mod read;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lapbelt_analysis::finding::{Evidence, Finding, Tier};
use lapbelt_analysis::report::{Align, Block, Doc, Level, Table, html, markdown, text};

use super::slots::Slots;
use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::replace::write_out;
use crate::{corpus, profile};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What commands of the bench answered with --json or wrote with --out; a finding, a list of
    /// them, or an op_table_map.json. `-` for standard input.
    #[arg(required = true, value_name = "FINDINGS")]
    findings: Vec<PathBuf>,
    /// Where the report goes; its name ends in .html, .md or .txt. Without it, text is printed.
    #[arg(long, value_name = "FILE")]
    out: Vec<PathBuf>,
    /// The title.
    #[arg(long, default_value = "Findings")]
    title: String,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let forms = args.out.iter().map(|path| Ok((path, form(path)?)));
    let forms = forms.collect::<Result<Vec<(&PathBuf, Form)>, CommandError>>()?;
    let mut findings = Vec::new();
    for path in &args.findings {
        findings.extend(read::findings(path)?);
    }
    if findings.is_empty() {
        return Err(CommandError::Other(format!(
            "there are no findings in {}",
            corpus::named(&args.findings)
        )));
    }
    let doc = doc(&args.title, &findings);
    for (path, form) in &forms {
        write_out(path, form(&doc).as_bytes())?;
    }
    match forms.is_empty() {
        true => output.answer_either(|| serde_json::json!({"findings": findings}), || text(&doc)),
        false => output.answer_either(
            || serde_json::json!({"findings": findings.len(), "out": args.out}),
            || format!("{}\n", counted(findings.len(), "finding")),
        ),
    }
    Ok(Exit::Yes)
}

/// A form of a document.
type Form = fn(&Doc) -> String;

/// How a file is written, by the end of its name.
fn form(path: &Path) -> Result<Form, CommandError> {
    match path.extension().and_then(|own| own.to_str()) {
        Some("html" | "htm") => Ok(html),
        Some("md") => Ok(markdown),
        Some("txt") => Ok(text),
        _ => Err(CommandError::Other(format!(
            "{}: a report ends in .html, .md or .txt",
            path.display()
        ))),
    }
}

fn doc(title: &str, findings: &[Finding]) -> Doc {
    let mut blocks = vec![Block::Paragraph(summary(findings))];
    let mut before = None;
    for finding in findings {
        // The world names the slots of op tables, if it is one of ours.
        let has_slots = !figures::op_entries(&finding.data).is_empty();
        let world = finding.evidence.world.as_deref().filter(|_| has_slots);
        let world = world.and_then(|id| profile::world(id).ok());
        blocks.push(Block::Heading(Level::Section, finding.claim.clone()));
        blocks.push(Block::Paragraph(tier(finding.tier).to_string()));
        blocks.extend(figures::of(&finding.data, &Slots::of(world.as_ref())));
        blocks.extend(tables::of(&finding.data));
        match before == Some(&finding.evidence) {
            true => blocks.push(Block::Folded {
                label: "Evidence, as of the finding above".to_string(),
                blocks: evidence(&finding.evidence),
            }),
            false => {
                blocks.push(Block::Heading(Level::Part, "Evidence".to_string()));
                blocks.extend(evidence(&finding.evidence));
            }
        }
        before = Some(&finding.evidence);
        blocks.push(Block::Folded {
            label: "Data".to_string(),
            blocks: vec![Block::Verbatim(beginning(&format!("{:#}", finding.data)))],
        });
    }
    Doc {
        title: title.to_string(),
        blocks,
    }
}

fn summary(findings: &[Finding]) -> String {
    let mut tiers: BTreeMap<Tier, usize> = BTreeMap::new();
    let mut inputs = Vec::new();
    let mut worlds = Vec::new();
    for finding in findings {
        *tiers.entry(finding.tier).or_default() += 1;
        inputs.extend(
            finding
                .evidence
                .inputs
                .as_slice()
                .iter()
                .map(|own| own.sha256),
        );
        worlds.extend(finding.evidence.world.as_deref());
    }
    inputs.sort_unstable();
    inputs.dedup();
    worlds.sort_unstable();
    worlds.dedup();
    let tiers = tiers
        .iter()
        .map(|(tier, count)| format!("{count} {}", tier.word()));
    let worlds = match worlds.is_empty() {
        true => "without a world".to_string(),
        false => format!("of {}", worlds.join(", ")),
    };
    format!(
        "{} ({}) from {}, {worlds}. Each names what was looked at and the command \
         that finds it again.",
        counted(findings.len(), "finding"),
        tiers.collect::<Vec<_>>().join(", "),
        counted(inputs.len(), "input"),
    )
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Witnessed => "Witnessed: the inputs themselves show it.",
        Tier::Derived => {
            "Derived: it follows from the inputs and from facts that other sources carry."
        }
        Tier::Hypothesis => "Hypothesis: it fits what was seen, and other claims may fit as well.",
    }
}

fn evidence(own: &Evidence) -> Vec<Block> {
    let inputs = own.inputs.as_slice();
    let rows = inputs
        .iter()
        .map(|own| vec![own.name.clone(), own.sha256.to_string()]);
    let table = Block::Table(Table {
        columns: vec![
            ("input".to_string(), Align::Left),
            ("SHA-256".to_string(), Align::Code),
        ],
        rows: rows.collect(),
    });
    let table = match inputs.len() {
        ..=4 => table,
        count => Block::Folded {
            label: format!("{count} inputs"),
            blocks: vec![table],
        },
    };
    let world = own
        .world
        .as_deref()
        .unwrap_or("none: the format is taken as unknown");
    vec![
        Block::Paragraph(format!("World: {world}. Found by {}:", own.tool)),
        Block::Verbatim(
            own.command
                .iter()
                .map(|word| quoted(word))
                .collect::<Vec<_>>()
                .join(" "),
        ),
        table,
    ]
}

/// Most lines of data that a report holds.
const LINES: usize = 400;

fn beginning(data: &str) -> String {
    let count = data.lines().count();
    if count <= LINES {
        return data.to_string();
    }
    let lines: Vec<&str> = data.lines().take(LINES).collect();
    format!(
        "{}\n… and {}, in the file of findings",
        lines.join("\n"),
        counted(count - LINES, "more line")
    )
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |own: char| own.is_ascii_alphanumeric() || "-_./=:,+@%".contains(own);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
