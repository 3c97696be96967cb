//! `lapbelt graph`: what a profile decides, drawn.

use std::collections::BTreeSet;
use std::path::PathBuf;

use lapbelt_analysis::operations::grouped;
use lapbelt_analysis::picture::{Words, dot, picture, svg};
use lapbelt_blob::explain;
use lapbelt_policy::ask::operation_named;
use lapbelt_policy::filter::{Filter, Test};
use lapbelt_policy::graph::Outcome;
use lapbelt_policy::rule::ModifierArgument;
use lapbelt_policy::world::{OperationId, Part, World};
use lapbelt_sbpl::print;
use serde_json::json;

use crate::exit::{CommandError, Exit};
use crate::learnt_in::world_of;
use crate::output::Output;
use crate::profile::{self, Params};
use crate::replace::{file_out, not_over_sources, write_out};
use crate::subject::{Subject, on_one_line};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile, as text or compiled; `-` for standard input.
    profile: PathBuf,
    /// Only this operation; all if not given.
    #[arg(long, value_name = "OPERATION")]
    op: Vec<String>,
    /// How to draw; with --json all boxes and arrows, not drawn and nothing folded.
    #[arg(long, default_value = "svg")]
    format: Format,
    /// Where the drawing goes; standard output if not given, or `-`.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    params: Params,
    /// Which profile of a compiled bundle, by its name, or by its number: `#1` is always one.
    #[arg(long, value_name = "NAME")]
    member: Option<String>,
    /// The OS build whose vocabulary and defaults decide; by default that of the run in whose
    /// directory the profile lies, else macos-14.4.1.
    #[arg(long)]
    world: Option<String>,
}

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For Graphviz.
    Dot,
    /// A picture that stands by itself.
    Svg,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let out = file_out(&args.profile, args.out.as_deref())?;
    let world = world_of(args.world.as_deref(), &[&args.profile], output)?;
    let member = args.member.as_deref();
    let subject = Subject::load(&args.profile, &args.params.map(), member, &world)?;
    subject.warn(None, output);
    if let Subject::Source(profile) = &subject {
        not_over_sources(&profile.policy, out)?;
    }
    let operations = operations(&args.op, &world)?;
    for operation in &operations {
        not_within(*operation, &subject, &world)?;
    }
    let mut title = profile::shown(&args.profile);
    for name in &args.op {
        title += &format!(" {name}");
    }
    let words = InWorld(&world);
    let subject = subject.analysed(&world);
    let picture = picture(&subject, &operations, title, &words, output.json);
    let text = match args.format {
        _ if output.json => json!(picture).to_string() + "\n",
        Format::Dot => dot(&picture),
        Format::Svg => svg(&picture),
    };
    match out {
        Some(out) => write_out(out, text.as_bytes())?,
        None => output.answer(&text),
    }
    if world.is_without(Part::Operations) {
        output.tell(&format!(
            "lapbelt: {} has no list of operations, so that only default is drawn",
            world.id()
        ));
    }
    for note in &picture.notes {
        output.tell(&format!("lapbelt: {note}"));
    }
    Ok(Exit::Yes)
}

fn operations(names: &[String], world: &World) -> Result<BTreeSet<OperationId>, CommandError> {
    if names.is_empty() {
        let in_table = world.operations().iter().filter(|o| o.in_table);
        return Ok(in_table.map(|operation| operation.id).collect());
    }
    let id = |name: &String| match operation_named(world, name) {
        Ok(operation) => Ok(operation.id),
        Err(error) => Err(CommandError::Other(error.to_string())),
    };
    names.iter().map(id).collect()
}

/// What message filters say of an operation is not drawn as if there were none.
fn not_within(
    operation: OperationId,
    subject: &Subject,
    world: &World,
) -> Result<(), CommandError> {
    if world.operation(operation).in_table {
        return Ok(());
    }
    let filtering = subject.filtering(operation, world);
    let of = |rule: u32| subject.rules()[rule as usize].operations.iter();
    let outer: BTreeSet<OperationId> = filtering.into_iter().flat_map(of).copied().collect();
    if outer.is_empty() {
        return Ok(());
    }
    let outer = grouped(&outer, world).into_iter();
    let outer: Vec<&str> = outer.map(|id| world.operation(id).name.as_str()).collect();
    Err(CommandError::Other(format!(
        "{}: message filters decide it; draw what they belong to: {}",
        world.operation(operation).name,
        outer.join(" ")
    )))
}

/// Tests and modifiers as a profile of the world writes them.
struct InWorld<'w>(&'w World);

impl Words for InWorld<'_> {
    fn test(&self, test: &Test) -> String {
        print::filter(&Filter::Test(test.clone()), self.0)
    }

    fn modifiers(&self, outcome: &Outcome) -> Vec<String> {
        let mut lines = Vec::new();
        for one in &outcome.modifiers {
            lines.push(format!("with {}", explain::modified(one, self.0)));
            if let Some(ModifierArgument::MessageFilter(rules)) = &one.argument {
                let rules = rules.iter().map(|rule| print::rule(rule, self.0));
                lines.extend(rules.map(|rule| on_one_line(&rule)));
            }
        }
        lines
    }
}
