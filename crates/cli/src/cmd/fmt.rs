//! `lapbelt fmt`: profiles in the house style.

use std::path::{Path, PathBuf};

use lapbelt_policy::origin::{Origin, SourceId};
use lapbelt_sbpl::LoadedSource;
use lapbelt_sbpl::diag::{Code, Diagnostic, Severity};
use lapbelt_sbpl::fmt::{FormatError, format};
use lapbelt_sbpl::syntax::Span;
use serde_json::{Value, json};
use similar::TextDiff;

use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile;
use crate::replace::replace;
use crate::show;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Profiles to format in place; `-` for standard input, to standard output.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing, and name the files that are not in the house style.
    #[arg(long)]
    check: bool,
    /// Change nothing, and show what would change.
    #[arg(long)]
    diff: bool,
}

/// Exit 1 if something is to be changed and was not, 2 if a file cannot be formatted.
pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let mut exit = Exit::Yes;
    let mut answers = Vec::new();
    for path in &args.files {
        match one(path, args, output) {
            Ok(changed) => {
                if changed && (args.check || args.diff) && exit == Exit::Yes {
                    exit = Exit::No;
                }
                answers.push(json!({"file": profile::shown(path), "changed": changed}));
            }
            Err(error) => {
                exit = Exit::Failed;
                error.show(output);
                answers.push(json!({"file": profile::shown(path), "errors": error.values()}));
            }
        }
    }
    if output.json {
        output.answer(&Value::from(answers).to_string());
    }
    Ok(exit)
}

/// Formats a file: whether that changes it.
fn one(path: &Path, args: &Args, output: &Output) -> Result<bool, CommandError> {
    let text = profile::read(path)?;
    let name = profile::shown(path);
    let formatted = format(&text).map_err(|error| refused(&name, &text, error, output))?;
    let changed = formatted != text;
    if args.diff {
        if changed && !output.json {
            let diff = TextDiff::from_lines(&text, &formatted);
            let new = format!("{name} (formatted)");
            output.answer(&diff.unified_diff().header(&name, &new).to_string());
        }
    } else if args.check {
        if changed && !output.json {
            output.answer(&name);
        }
    } else if path == Path::new("-") {
        if !output.json {
            output.verbatim(&formatted);
        }
    } else if changed {
        replace(path, formatted.as_bytes())
            .map_err(|error| CommandError::of_file("write", path, &error))?;
    }
    Ok(changed)
}

/// Shows a mistake of the text with its place.
fn refused(name: &str, text: &str, error: FormatError, output: &Output) -> CommandError {
    let FormatError::Syntax(error) = error else {
        return CommandError::of_named(name, error);
    };
    let origin = place(error.span, text);
    let diagnostic = Diagnostic {
        severity: Severity::Error,
        code: Code::Syntax,
        message: error.message.clone(),
        origin: Some(origin),
        labels: Vec::new(),
        help: None,
    };
    let source = LoadedSource {
        name: name.to_string(),
        text: text.to_string(),
    };
    let shown = show::diagnostics(&[diagnostic], &[source], output.is_coloured());
    output.complain(&shown);
    let (line, column) = (origin.line as usize, origin.column as usize);
    CommandError::at(name, line, column, format!("not formatted: {error}"))
}

fn place(span: Span, text: &str) -> Origin {
    let before = &text[..span.start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Origin {
        source: SourceId(0),
        start: narrow(span.start),
        end: narrow(span.end),
        line: narrow(before.matches('\n').count() + 1),
        column: narrow(span.start - line_start + 1),
    }
}
