//! `lapbelt lint`: what is wrong with profiles, and mending it.

mod explain;
mod measure;
mod mend;
mod sarif;
mod value;

use std::path::{Path, PathBuf};

use lapbelt_learn::source::FileImports;
use lapbelt_policy::world::World;
use lapbelt_sbpl::lint::{self, Effect, Finding, Level, Lint, Subject};
use lapbelt_sbpl::{LoadedSource, Source};
use serde_json::json;

use crate::exit::{CommandError, Exit};
use crate::learnt_in::{DEFAULT, recorded};
use crate::output::{Output, counted};
use crate::profile::{self, Params};
use crate::show::{self, Message};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile to check.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["profiles", "explain"])]
    profile: Option<PathBuf>,
    /// More profiles to check; `-` for standard input.
    profiles: Vec<PathBuf>,
    #[command(flatten)]
    params: Params,
    /// The OS build whose vocabulary decides what is right; by default that of the run in whose
    /// directory a profile lies, else macos-14.4.1.
    #[arg(long)]
    world: Option<String>,
    /// How to answer; --json is --format json.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Silence a lint, by code or name.
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,
    /// Make what a lint finds an error.
    #[arg(long, value_name = "CODE")]
    deny: Vec<String>,
    /// Mend what can be mended without a change of meaning, and, where it is the point of a fix to
    /// change what is allowed, what the lints named here find.
    #[arg(long, value_name = "CODES", num_args = 0..=1, require_equals = true,
          default_missing_value = "", value_delimiter = ',')]
    fix: Option<Vec<String>>,
    /// Explain a lint, by code or name; `list` names them all, `all` explains them all.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["profile", "profiles", "fix"])]
    explain: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people, as a compiler shows it.
    Text,
    /// One object.
    Json,
    /// SARIF 2.1.0, which code hosts show beside the code.
    Sarif,
}

/// What was found in one file.
struct Report {
    file: String,
    sources: Vec<LoadedSource>,
    findings: Vec<Finding>,
}

impl Args {
    /// Whether one object is wanted, in the lint's own way of saying so.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    if let Some(word) = &args.explain {
        return explain::run(word, output);
    }
    let settings = Settings::new(&args)?;
    let given = profile::world(args.world.as_deref().unwrap_or(DEFAULT))?;
    let files = args.profile.iter().chain(&args.profiles);
    let (mut reports, mut errors) = (Vec::new(), Vec::new());
    for path in files {
        let recorded = match args.world {
            Some(_) => Ok(None),
            None => recorded(path, output),
        };
        let recorded = match recorded {
            Ok(recorded) => recorded,
            Err(error) => {
                error.show(output);
                errors.extend(error.values());
                continue;
            }
        };
        let world = recorded.as_ref().unwrap_or(&given);
        if settings.mends.is_some()
            && let Err(error) = mend::mend(path, &args.params, world, &settings, output)
        {
            error.show(output);
            errors.extend(error.values());
            continue;
        }
        match examine(path, &args.params, world, &settings) {
            Ok(report) => reports.push(report),
            Err(error) => {
                error.show(output);
                errors.extend(error.values());
            }
        }
    }
    let format = if output.json {
        Format::Json
    } else {
        args.format
    };
    match format {
        Format::Text => tell(&reports, output),
        Format::Json => {
            let findings: Vec<_> = reports.iter().flat_map(value::findings).collect();
            output.answer(&json!({"findings": findings, "errors": errors}).to_string());
        }
        Format::Sarif => {
            let log = sarif::log(&reports);
            output.answer(&serde_json::to_string_pretty(&log).unwrap_or_default());
        }
    }
    let mut found = reports.iter().flat_map(|report| &report.findings);
    Ok(if !errors.is_empty() {
        Exit::Failed
    } else if found.any(|finding| finding.level >= Level::Warning) {
        Exit::No
    } else {
        Exit::Yes
    })
}

/// What the command line says about single lints.
struct Settings {
    allowed: Vec<&'static str>,
    denied: Vec<&'static str>,
    /// Lints whose fixes may change the meaning; `None` if nothing is to be mended.
    mends: Option<Vec<&'static str>>,
}

impl Settings {
    fn new(args: &Args) -> Result<Self, CommandError> {
        Ok(Self {
            allowed: codes(&args.allow)?,
            denied: codes(&args.deny)?,
            mends: args.fix.as_deref().map(codes).transpose()?,
        })
    }

    fn apply(&self, findings: &mut Vec<Finding>) {
        findings.retain(|finding| !self.allowed.contains(&finding.lint.code));
        for finding in findings {
            if self.denied.contains(&finding.lint.code) {
                finding.level = Level::Error;
            }
        }
    }
}

fn codes(words: &[String]) -> Result<Vec<&'static str>, CommandError> {
    let words = words.iter().filter(|word| !word.is_empty());
    words
        .map(|word| named(word).map(|lint| lint.code))
        .collect()
}

fn named(word: &str) -> Result<&'static Lint, CommandError> {
    Lint::named(word).ok_or_else(|| {
        let help = "`lapbelt lint --explain list` names them all";
        CommandError::Other(format!("no lint is called `{word}`; {help}"))
    })
}

/// A profile's name in messages, its text, and where its imports are.
fn read(path: &Path, params: &Params) -> Result<(String, String, FileImports), CommandError> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    };
    let imports = FileImports::new((!is_stdin).then_some(path), &params.map());
    Ok((name, profile::read(path)?, imports))
}

fn examine(
    path: &Path,
    params: &Params,
    world: &World,
    settings: &Settings,
) -> Result<Report, CommandError> {
    let (name, text, imports) = read(path, params)?;
    let source = Source {
        name: &name,
        text: &text,
    };
    let subject = Subject::examine(&source, &params.map(), &imports, world);
    let sizes = measure::sizes(&subject, world);
    let subject = subject.measured(sizes);
    let mut findings = lint::lint(&subject, world);
    settings.apply(&mut findings);
    Ok(Report {
        file: name,
        sources: subject.sources().to_vec(),
        findings,
    })
}

/// Answers as a compiler does, and sums up.
fn tell(reports: &[Report], output: &Output) {
    let mut counts = [0usize; 3];
    let mut mendable = 0;
    for report in reports {
        for finding in &report.findings {
            counts[finding.level as usize] += 1;
            mendable += usize::from(finding.fix.is_some());
            output.answer(&shown(finding, &report.sources, output.is_coloured()));
        }
    }
    let [notes, warnings, errors] = counts;
    let words = [(errors, "error"), (warnings, "warning"), (notes, "note")];
    let words: Vec<String> = words
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| counted(*count, word))
        .collect();
    if !words.is_empty() {
        let fixes = match mendable {
            0 => String::new(),
            count => format!("; {count} with a fix, see --fix"),
        };
        output.tell(&format!("{}{fixes}", words.join(", ")));
    }
}

fn shown(finding: &Finding, sources: &[LoadedSource], colour: bool) -> String {
    let fix = finding.fix.as_ref().map(|fix| match fix.effect {
        Effect::Keeps => format!("fix: {}", fix.title),
        Effect::Changes => format!(
            "fix: {}; it changes what the profile means, so name it: --fix={}",
            fix.title, finding.lint.code
        ),
    });
    let message = Message {
        level: match finding.level {
            Level::Note => annotate_snippets::Level::NOTE,
            Level::Warning => annotate_snippets::Level::WARNING,
            Level::Error => annotate_snippets::Level::ERROR,
        },
        code: finding.lint.code,
        text: &finding.message,
        origin: Some(finding.origin),
        labels: &finding.labels,
        help: finding
            .help
            .as_deref()
            .into_iter()
            .chain(fix.as_deref())
            .collect(),
    };
    show::message(&message, sources, colour)
}
