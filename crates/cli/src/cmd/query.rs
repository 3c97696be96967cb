//! `lapbelt query`: would this be allowed, and by which rule.

mod within;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use lapbelt_policy::ask::{Question, target_filter};
use lapbelt_policy::decide::Decider;
use lapbelt_policy::rule::Action;
use lapbelt_policy::theory::has_many;
use lapbelt_policy::world::{FilterId, Part, World};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exit::{CommandError, Exit};
use crate::json_lines::{JsonLine, json_lines};
use crate::learnt_in::world_of;
use crate::output::Output;
use crate::profile::{self, Params, key_value};
use crate::subject::Subject;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile, as text or compiled; `-` for standard input.
    #[arg(required_unless_present = "batch")]
    profile: Option<PathBuf>,
    /// What is asked, such as file-read-data.
    #[arg(required_unless_present = "batch")]
    operation: Option<String>,
    /// Of what: a path, a name, HOST:PORT; all of them where it is several at once, such as
    /// `others children`.
    targets: Vec<String>,
    #[command(flatten)]
    params: Params,
    /// A further value of the request, such as socket-type=SOCK_STREAM; what an entitlement is,
    /// %entitlement-boolean=NAME=true or %entitlement-string=NAME=VALUE.
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    filter: Vec<(String, String)>,
    /// Which profile of a compiled bundle, by its name, or by its number: `#1` is always one.
    #[arg(long, value_name = "NAME")]
    member: Option<String>,
    /// The OS build whose vocabulary and defaults decide; by default that of the run in whose
    /// directory the profile lies, else macos-14.4.1.
    #[arg(long)]
    world: Option<String>,
    /// Decide the path exactly as given.
    #[arg(long)]
    no_canonicalize: bool,
    /// Answer a file of questions, one JSON object a line: `id`, `profile` (a path, also from where
    /// the file is) and `operation`; if need be `target`, a list where it is several at once,
    /// `member`, which profile of a bundle, `params` and `filters`, objects by name, and
    /// `canonicalize`, true for paths that a person gives. Each is answered by a line with `id`,
    /// `decision` and `rule`, or `error`.
    #[arg(long, value_name = "FILE", conflicts_with_all =
        ["profile", "operation", "targets", "params", "filter", "member", "no_canonicalize"])]
    batch: Option<PathBuf>,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let named = args.world.as_deref();
    if let Some(file) = &args.batch {
        // Its profiles may be many, and are asked in one world.
        return batch(file, &world_of(named, &[], output)?, output);
    }
    let (Some(path), Some(operation)) = (&args.profile, &args.operation) else {
        return Err(CommandError::Other(
            "a profile and an operation are needed".to_string(),
        ));
    };
    let world = world_of(named, &[path], output)?;
    let member = args.member.as_deref();
    let subject = Subject::load(path, &args.params.map(), member, &world)?.known()?;
    subject.warn(None, output);
    if world.is_without(Part::Operations) && world.operation_named(operation).is_none() {
        let error = "has no list of operations, so that only default can be asked about";
        return Err(CommandError::Other(format!("{} {error}", world.id())));
    }
    if let Some(note) = subject.unknown_rules(&world) {
        output.tell(&note);
    }
    let decider = subject.decider(&world);
    let (target, more) = match args.targets.split_first() {
        Some((target, more)) => (Some(target.as_str()), more),
        None => (None, &[][..]),
    };
    let mut filters = args.filter;
    filters.extend(further_targets(operation, more, &world)?);
    let question = Question {
        operation,
        target,
        filters: &filters,
        canonicalize: !args.no_canonicalize,
    };
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in &filters {
        given.entry(name).or_default().push(value);
    }
    let messages = within::answers(&question, &subject, &decider, &world);
    let messages = messages.map_err(CommandError::Other)?;
    if !messages.is_empty() {
        return Ok(within::tell(&question, &messages, given, &world, output));
    }
    let answer = question
        .answer(&decider, &world)
        .map_err(|error| CommandError::Other(error.to_string()))?;
    let by = subject.place(&answer.verdict.source, &world);
    let decision = answer.verdict.action.word();
    output.answer_either(
        || {
            let rule = subject.rule_json(&answer.verdict.source, &world);
            json!({"decision": decision, "operation": operation, "target": answer.target,
                   "filters": given,
                   "lacks": answer.lacks, "by": by, "rule": rule, "world": world.id()})
        },
        || {
            let target = answer.target.as_ref();
            let mut target = target.map_or(String::new(), |target| format!(" {target}"));
            more.iter().for_each(|more| target += &format!(" {more}"));
            let text = subject.rule_text(&answer.verdict.source, &world);
            let text = text.map_or(String::new(), |text| format!("\n    {text}"));
            format!("{decision} {operation}{target}\n  by {by}{text}")
        },
    );
    if let Some(filter) = &answer.lacks {
        output.tell(&lacking(filter));
    }
    if let Some(note) = within::note(operation, &answer.verdict.source, &subject, &world) {
        output.tell(&format!("lapbelt: {note}"));
    }
    Ok(match answer.verdict.action {
        Action::Allow => Exit::Yes,
        Action::Deny => Exit::No,
    })
}

fn lacking(filter: &str) -> String {
    format!(
        "lapbelt: rules ask for its {filter}, and no TARGET was given: they were taken not to match"
    )
}

/// The values of a request that has several targets, but for the first.
fn further_targets(
    operation: &str,
    more: &[String],
    world: &World,
) -> Result<Vec<(String, String)>, CommandError> {
    let Some(known) = world
        .operation_named(operation)
        .filter(|_| !more.is_empty())
    else {
        return Ok(Vec::new());
    };
    // A request has one path or address, and is about whom or what in more than one way.
    let has_several = |filter: &FilterId| has_many(world.filter(*filter));
    let Some(filter) = target_filter(world, known).filter(has_several) else {
        let error = "it has one TARGET at most; ask about each by itself";
        return Err(CommandError::Other(format!("{operation}: {error}")));
    };
    let name = &world.filter(filter).name;
    Ok(more
        .iter()
        .map(|value| (name.clone(), value.clone()))
        .collect())
}

/// One line of a batch. A field that is passed over would be one that was meant to matter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: Value,
    profile: PathBuf,
    #[serde(default)]
    member: Option<Member>,
    #[serde(default)]
    params: BTreeMap<String, String>,
    operation: String,
    #[serde(default)]
    target: Option<Targets>,
    #[serde(default)]
    filters: BTreeMap<String, Value>,
    #[serde(default)]
    canonicalize: bool,
}

/// Which profile of a bundle a line is about.
#[derive(Deserialize)]
#[serde(untagged, expecting = "`member` is a name, or a number")]
enum Member {
    Name(String),
    Number(u32),
}

impl Member {
    /// As `--member` takes it.
    fn word(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Number(number) => format!("#{number}"),
        }
    }
}

/// Of what a line asks.
#[derive(Deserialize)]
#[serde(untagged, expecting = "`target` is a string, or a list of strings")]
enum Targets {
    One(String),
    Several(Vec<String>),
}

/// A profile as a line names it, with the member and the parameters.
type Named = (PathBuf, Option<String>, BTreeMap<String, String>);

type Loaded = Result<(Subject, Decider), String>;

/// Answers each line; a line that cannot be answered gets an `error` instead of a decision, and
/// makes the command fail at the end.
fn batch(file: &Path, world: &World, output: &Output) -> Result<Exit, CommandError> {
    let text = profile::read_bytes(file)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut profiles: HashMap<Named, Loaded> = HashMap::new();
    let mut failed = false;
    for JsonLine { text, value, .. } in json_lines::<Line>(&text) {
        let line = match value {
            Ok(line) => line,
            Err(why) => {
                failed = true;
                // What asked is to be told so, if the line says what did.
                let id = serde_json::from_str(text)
                    .map_or(Value::Null, |line: Value| line["id"].clone());
                let error = format!("{}:{why}", profile::shown(file));
                output.answer(&json!({"id": id, "error": error}).to_string());
                continue;
            }
        };
        let key = (
            line.profile.clone(),
            line.member.as_ref().map(Member::word),
            line.params.clone(),
        );
        let loaded = profiles
            .entry(key)
            .or_insert_with(|| load(folder, &line, world, output));
        let answer = match loaded {
            Err(error) => Err(error.clone()),
            Ok((subject, decider)) => answer_line(&line, subject, decider, world),
        };
        let answer = answer.unwrap_or_else(|error| {
            failed = true;
            json!({"id": line.id, "error": error})
        });
        output.answer(&answer.to_string());
    }
    let mut loaded = profiles.values().flatten();
    if let Some(note) = loaded.find_map(|(subject, _)| subject.unknown_rules(world)) {
        output.tell(&note);
    }
    Ok(if failed { Exit::Failed } else { Exit::Yes })
}

/// The profile of a line: as named, or beside the batch file.
fn load(folder: &Path, line: &Line, world: &World, output: &Output) -> Loaded {
    let path = &line.profile;
    let beside = folder.join(path);
    let path = if path.exists() || !beside.exists() {
        path
    } else {
        &beside
    };
    let member = line.member.as_ref().map(Member::word);
    let subject = Subject::load(path, &line.params, member.as_deref(), world);
    let subject = subject.and_then(Subject::known);
    let subject = subject.map_err(|error| error.to_string())?;
    subject.warn(None, output);
    let decider = subject.decider(world);
    Ok((subject, decider))
}

fn answer_line(
    line: &Line,
    subject: &Subject,
    decider: &Decider,
    world: &World,
) -> Result<Value, String> {
    let targets = match &line.target {
        None => &[][..],
        Some(Targets::One(one)) => std::slice::from_ref(one),
        Some(Targets::Several(several)) => several,
    };
    let (target, more) = match targets.split_first() {
        Some((target, more)) => (Some(target.as_str()), more),
        None => (None, &[][..]),
    };
    let mut filters: Vec<(String, String)> = line
        .filters
        .iter()
        .flat_map(|(name, value)| {
            let values = match value {
                Value::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            values.iter().map(move |value| match value {
                Value::String(text) => (name.clone(), text.clone()),
                other => (name.clone(), other.to_string()),
            })
        })
        .collect();
    let further = further_targets(&line.operation, more, world);
    filters.extend(further.map_err(|error| error.to_string())?);
    let question = Question {
        operation: &line.operation,
        target,
        filters: &filters,
        canonicalize: line.canonicalize,
    };
    let messages = within::answers(&question, subject, decider, world)?;
    if let Some(first) = messages.first() {
        let action = within::decision(&messages).ok_or(within::UNDECIDED)?;
        return Ok(json!({"id": line.id, "decision": action.word(), "rule": first.by}));
    }
    let answer = question
        .answer(decider, world)
        .map_err(|error| error.to_string())?;
    let rule = subject.place(&answer.verdict.source, world);
    Ok(json!({"id": line.id, "decision": answer.verdict.action.word(), "rule": rule}))
}
