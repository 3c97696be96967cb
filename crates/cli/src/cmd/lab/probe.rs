//! `lapbelt lab probe`: apply a profile, try operations on targets, and record what the system
//! decided.

use std::collections::BTreeMap;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lapbelt_analysis::decompile::decompile;
use lapbelt_learn::host::{Host, exact_world};
use lapbelt_learn::probe::record::{ApplyFailure, Prediction, Record};
use lapbelt_learn::probe::{Probe, ProbeError, Prober, Question, targets};
use lapbelt_policy::ask;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;
use lapbelt_sandbox::Support;
use lapbelt_sandbox::probe::{KINDS, Takes, answer_to};
use serde_json::json;

use super::build::Build;
use crate::backend::BackendArg;
use crate::exit::{CommandError, Exit};
use crate::interrupt;
use crate::output::Output;
use crate::profile::{self, Params};
use crate::replace::write_out;
use crate::subject::Subject;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile, as text or compiled; `-` for standard input.
    profile: PathBuf,
    #[command(flatten)]
    params: Params,
    /// Try this operation, or all that a name such as file-read* means; those that the profile's
    /// rules name, or all that can be tried on the targets, if left out.
    #[arg(long, value_name = "OP")]
    operation: Vec<String>,
    /// Try on this: a path, a name, HOST:PORT, self, others, children; what the profile's rules
    /// name if left out.
    #[arg(long, value_name = "T")]
    target: Vec<String>,
    /// Write the records to a file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What confines.
    #[arg(long, value_enum, value_name = "NAME", default_value = "auto")]
    backend: BackendArg,
}

/// What the command runs confined: itself, to try one operation.
#[derive(clap::Args)]
pub(crate) struct TryArgs {
    operation: String,
    #[arg(allow_hyphen_values = true)]
    target: std::ffi::OsString,
}

/// Name of the subcommand that [`TryArgs`] are of.
pub(super) const TRY: &str = "try";

pub(super) fn attempt(args: &TryArgs) -> Exit {
    answer_to(&args.operation, &args.target);
    Exit::Yes
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let host = Host::new(args.backend.into());
    if let Support::None(reason) = host.backend.probe() {
        return Err(CommandError::Other(reason));
    }
    let world = Arc::new(profile::world(host.world)?);
    let params = args.params.map();
    let subject = Subject::load(&args.profile, &params, None, &world)?;
    let policy = policy(&subject, &world)?;
    let questions = questions(args, &policy, &world)?;
    let name = profile::shown(&args.profile);
    let source = source(&host, &world);
    let asked = Asked {
        name: &name,
        params: &params,
        subject: &subject,
        policy: &policy,
    };
    let records = records(&host, &world, &source, &asked, &questions)?;
    if let Some(path) = &args.out {
        let lines: String = records.iter().map(|record| line(record) + "\n").collect();
        write_out(path, lines.as_bytes())?;
    }
    output.answer_either(
        || json!({"world": world.id(), "source": source, "records": records}),
        || text(&records),
    );
    Ok(verdict(&records))
}

/// A profile that is asked.
pub(super) struct Asked<'a> {
    pub(super) name: &'a str,
    pub(super) params: &'a BTreeMap<String, String>,
    pub(super) subject: &'a Subject,
    pub(super) policy: &'a Policy,
}

/// What the system decides under a profile, with what was expected; of one that cannot be applied
/// only that.
pub(super) fn records(
    host: &Host,
    world: &Arc<World>,
    source: &str,
    asked: &Asked<'_>,
    questions: &[Question],
) -> Result<Vec<Record>, CommandError> {
    let program = std::env::current_exe()
        .map_err(|error| CommandError::Other(format!("cannot find our own program: {error}")))?;
    let prober = Prober {
        program,
        args: vec!["lab".into(), TRY.into()],
    };
    let probe = Probe::new(
        host.backend.as_ref(),
        Arc::clone(world),
        asked.policy,
        prober,
        interrupt::stop_flag(),
    );
    match probe {
        Err(ProbeError::NotApplied { stage, message }) => {
            Ok(vec![Record::ApplyFailure(ApplyFailure {
                id: asked.name.to_owned(),
                profile: asked.name.to_owned(),
                stage: stage.to_owned(),
                message,
                source: source.to_owned(),
            })])
        }
        Err(error) => Err(refused(error)),
        Ok(probe) => {
            let decider = asked.subject.decider(world);
            let record = |question: &Question| {
                let record = probe.ask(question).map_err(refused)?;
                let record = record.about(asked.name, asked.params, source);
                Ok(expected(record, asked.subject, &decider, world))
            };
            questions.iter().map(record).collect()
        }
    }
}

/// What made the records: on macOS a world may stand for another build than the host's.
pub(super) fn source(host: &Host, world: &World) -> String {
    let system = match Build::of_host() {
        Some(build) => build.to_string(),
        None => exact_world(host.backend.as_ref(), world),
    };
    format!("lapbelt lab probe on {system}")
}

fn refused(error: ProbeError) -> CommandError {
    match error {
        ProbeError::Undecided(_) | ProbeError::Stopped => CommandError::Untold(error.to_string()),
        other => CommandError::Other(other.to_string()),
    }
}

/// The rules; of compiled bytes those that they are decompiled to.
fn policy(subject: &Subject, world: &World) -> Result<Policy, CommandError> {
    match subject {
        Subject::Source(profile) => Ok(profile.policy.clone()),
        Subject::Blob(_) => decompile(&subject.analysed(world))
            .map_err(|error| CommandError::Other(error.to_string())),
    }
}

fn questions(args: &Args, policy: &Policy, world: &World) -> Result<Vec<Question>, CommandError> {
    let mut kinds = Vec::new();
    for name in &args.operation {
        let known = targets::kinds_of(name, world);
        if known.is_empty() {
            let all: Vec<&str> = KINDS.iter().map(|kind| kind.operation).collect();
            return Err(CommandError::Other(format!(
                "no way to try `{name}` is known; there is one for {}",
                all.join(", ")
            )));
        }
        kinds.extend(known.into_iter().map(|(kind, _)| kind));
    }
    let named = args.operation.is_empty();
    if args.target.is_empty() {
        let mut questions = targets::of_policy(policy, world);
        if !named {
            questions.retain(|one| kinds.iter().any(|kind| kind.operation == one.operation));
        }
        for kind in kinds.iter().filter(|kind| kind.takes == Takes::Nothing) {
            let question = asked(kind.operation, "");
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
        return some(questions);
    }
    let alone = kinds.iter().filter(|kind| kind.takes == Takes::Nothing);
    let mut questions: Vec<Question> = alone.map(|kind| asked(kind.operation, "")).collect();
    if named {
        kinds.extend(KINDS);
    }
    for target in &args.target {
        let suiting = kinds
            .iter()
            .filter(|kind| targets::suits(kind.takes, target));
        questions.extend(suiting.map(|kind| asked(kind.operation, target)));
    }
    some(questions)
}

fn asked(operation: &str, target: &str) -> Question {
    Question {
        operation: operation.to_owned(),
        target: target.to_owned(),
    }
}

fn some(questions: Vec<Question>) -> Result<Vec<Question>, CommandError> {
    if questions.is_empty() {
        return Err(CommandError::Other(
            "there is nothing to ask: the rules name no target that could be tried; give \
             --operation and --target"
                .to_owned(),
        ));
    }
    Ok(questions)
}

/// Adds what the policy's graph says, as `query` would.
fn expected(record: Record, subject: &Subject, decider: &Decider, world: &World) -> Record {
    let Record::Case(mut case) = record else {
        return record;
    };
    let (operation, target) = case.decided();
    let filters = vnode(operation, target);
    let target = (!target.is_empty()).then_some(target);
    let question = ask::Question {
        operation,
        target,
        filters: &filters,
        canonicalize: case.kernel_target.is_none(),
    };
    match question.answer(decider, world) {
        Ok(answer) => {
            let verdict = answer.verdict;
            case.predicted = Some(Prediction {
                decision: verdict.action.word(),
                by: subject.place(&verdict.source, world),
                agrees: verdict.action.word() == case.observed,
            });
        }
        Err(why) => {
            let between = if case.notes.is_empty() { "" } else { "; " };
            case.notes += &format!("{between}no prediction: {why}");
        }
    }
    Record::Case(case)
}

/// The type and mode of what is at a path, which rules may ask about.
fn vnode(operation: &str, path: &str) -> Vec<(String, String)> {
    let path = Path::new(path);
    let metadata = match operation {
        _ if !path.is_absolute() || !operation.starts_with("file-") => return Vec::new(),
        "file-read-metadata" => path.symlink_metadata(),
        _ => path.metadata(),
    };
    let Ok(metadata) = metadata else {
        return Vec::new();
    };
    let kind = metadata.file_type();
    let kinds = [
        (kind.is_file(), "REGULAR-FILE"),
        (kind.is_dir(), "DIRECTORY"),
        (kind.is_symlink(), "SYMLINK"),
        (kind.is_block_device(), "BLOCK-DEVICE"),
        (kind.is_char_device(), "CHARACTER-DEVICE"),
        (kind.is_fifo(), "FIFO"),
        (kind.is_socket(), "SOCKET"),
    ];
    let kind = kinds.iter().find(|(is, _)| *is);
    let kind = kind.map(|(_, name)| ("vnode-type".to_owned(), (*name).to_owned()));
    let mode = format!("0{:o}", metadata.mode() & 0o7777);
    kind.into_iter()
        .chain([("file-mode".to_owned(), mode)])
        .collect()
}

pub(super) fn disagrees(record: &Record) -> bool {
    matches!(record, Record::Case(case) if case.predicted.as_ref().is_some_and(|p| !p.agrees))
}

fn verdict(records: &[Record]) -> Exit {
    let decided =
        |record: &Record| matches!(record, Record::Case(case) if case.predicted.is_some());
    if records
        .iter()
        .any(|record| matches!(record, Record::ApplyFailure(_)))
    {
        Exit::Failed
    } else if records.iter().any(disagrees) {
        Exit::No
    } else if records.iter().all(decided) {
        Exit::Yes
    } else {
        Exit::Undecided
    }
}

fn line(record: &Record) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

fn text(records: &[Record]) -> String {
    let mut text: String = records.iter().map(one).collect();
    let cases = records.iter().filter(|one| matches!(one, Record::Case(_)));
    let against = records.iter().filter(|one| disagrees(one)).count();
    text += &format!(
        "{} of {} decided, {against} against what the policy says\n",
        cases.count(),
        records.len()
    );
    text
}

fn one(record: &Record) -> String {
    match record {
        Record::Case(case) => {
            let (operation, target) = case.decided();
            let mut text = format!("{} {} {}", case.observed, case.operation, case.target);
            if (operation, target) != (&*case.operation, &*case.target) {
                text += &format!(" (by {operation} {target})");
            }
            let errno = case.errno.map(|errno| format!(", error {errno}"));
            text += &format!("\n  {}{}", case.probe, errno.unwrap_or_default());
            if !case.notes.is_empty() {
                text += &format!("; {}", case.notes);
            }
            match &case.predicted {
                Some(one) if one.agrees => text += &format!("\n  as expected, by {}\n", one.by),
                Some(one) => {
                    text += &format!("\n  BUT {} was expected, by {}\n", one.decision, one.by);
                }
                None => text += "\n",
            }
            text
        }
        Record::NonDecision(one) => {
            let (operation, target) = (&one.operation, &one.target);
            format!("undecided {operation} {target}\n  {}\n", one.reason)
        }
        Record::ApplyFailure(one) => {
            format!("not applied: {} ({})\n", one.message, one.stage)
        }
    }
}
