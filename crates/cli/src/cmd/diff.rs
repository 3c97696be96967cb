//! `lapbelt diff`: what two profiles decide differently.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lapbelt_analysis::diff::{Decided, Diff, Differing, Example, diff};
use lapbelt_analysis::operations::grouped;
use lapbelt_blob::explain;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{OperationId, Part, World};
use serde_json::{Map, Value, json};

use super::run_options::at_least_one;
use crate::exit::{CommandError, Exit};
use crate::learnt_in::world_of;
use crate::output::Output;
use crate::profile::Params;
use crate::request;
use crate::subject::Subject;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// One profile, as text or compiled; `-` for standard input.
    a: PathBuf,
    /// The other.
    b: PathBuf,
    #[command(flatten)]
    params: Params,
    /// Which profile of A, if it is a compiled bundle: its name, or its number as `#1`.
    #[arg(long, value_name = "NAME")]
    member_a: Option<String>,
    /// Which profile of B, if it is a compiled bundle: its name, or its number as `#1`.
    #[arg(long, value_name = "NAME")]
    member_b: Option<String>,
    /// The OS build whose vocabulary and defaults decide; by default that of the run in whose
    /// directory a profile lies, that of the other if only it does, else macos-14.4.1.
    #[arg(long)]
    world: Option<String>,
    /// The OS build of B, if it is another.
    #[arg(long, value_name = "WORLD")]
    world_b: Option<String>,
    /// How many requests to show where operations differ.
    #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = at_least_one)]
    examples: usize,
}

/// One of the two profiles.
struct Side {
    subject: Subject,
    world: World,
}

impl Side {
    fn load(
        args: &Args,
        path: &Path,
        member: &Option<String>,
        world: World,
    ) -> Result<Self, CommandError> {
        let subject =
            Subject::load(path, &args.params.map(), member.as_deref(), &world)?.known()?;
        Ok(Self { subject, world })
    }

    fn said(&self, decided: &Decided) -> String {
        let place = self.subject.place(&decided.source, &self.world);
        format!("{} by {place}", self.outcome(decided))
    }

    /// What is said of a message after a decision.
    fn said_within(&self, decided: &Decided, outer: &Decided) -> String {
        let place = self.subject.place_within(&outer.source, &decided.source);
        format!("{} by {place}", self.outcome(decided))
    }

    fn outcome(&self, decided: &Decided) -> String {
        let action = match decided.outcome.action {
            Action::Allow => "allows",
            Action::Deny => "denies",
        };
        let modifiers = decided.outcome.modifiers.iter();
        let with: String = modifiers
            .map(|one| format!(" with {}", explain::modified(one, &self.world)))
            .collect();
        format!("{action}{with}")
    }

    fn modifiers(&self, decided: &Decided) -> Vec<String> {
        let modifiers = decided.outcome.modifiers.iter();
        modifiers
            .map(|one| explain::modified(one, &self.world))
            .collect()
    }

    fn json(&self, decided: &Decided) -> Value {
        json!({"decision": decided.outcome.action.word(), "modifiers": self.modifiers(decided),
               "by": self.subject.place(&decided.source, &self.world),
               "rule": self.subject.rule_json(&decided.source, &self.world)})
    }
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let named = args.world.as_deref();
    let world_a = world_of(named, &[&args.a, &args.b], output)?;
    let named_b = args.world_b.as_deref().or(named);
    let world_b = world_of(named_b, &[&args.b, &args.a], output)?;
    let a = Side::load(args, &args.a, &args.member_a, world_a)?;
    let b = Side::load(args, &args.b, &args.member_b, world_b)?;
    a.subject.warn(None, output);
    b.subject.warn(Some(&a.subject), output);
    if a.world.folds_paths() != b.world.folds_paths() {
        output.tell(
            "lapbelt: one of the two worlds compares paths in lower case, the other as they are \
             written: a path in another case may be all that differs",
        );
    }
    let answer = diff(
        &a.subject.analysed(&a.world),
        &b.subject.analysed(&b.world),
        args.examples,
    );
    output.answer_either(|| json(&answer, &a, &b), || text(&answer, &a, &b));
    let unknown = [&a, &b].map(|side| side.subject.unknown_rules(&side.world));
    let unknown: BTreeSet<String> = unknown.into_iter().flatten().collect();
    unknown.iter().for_each(|note| output.tell(note));
    Ok(if !answer.different.is_empty() {
        Exit::No
    } else if !answer.undecided.is_empty() || !unlisted(&a, &b).is_empty() {
        Exit::Undecided
    } else {
        Exit::Yes
    })
}

/// The worlds that do not say which operations there are.
fn unlisted<'s>(a: &'s Side, b: &'s Side) -> Vec<&'s World> {
    let mut worlds = vec![&a.world, &b.world];
    worlds.dedup_by_key(|world| world.id().to_owned());
    worlds.retain(|world| world.is_without(Part::Operations));
    worlds
}

fn text(answer: &Diff, a: &Side, b: &Side) -> String {
    let mut text = String::new();
    for differing in &answer.different {
        for (at, example) in differing.examples.iter().enumerate() {
            let shown = request::shown(&differing.operations[0], &example.values, &a.world);
            text += &format!(
                "{shown}: A {}, B {}\n",
                a.said(&example.left),
                b.said(&example.right)
            );
            for message in &example.messages {
                let shown = request::shown(&message.operation, &message.values, &a.world);
                text += &format!(
                    "  then {shown}: A {}, B {}\n",
                    a.said_within(&message.left, &example.left),
                    b.said_within(&message.right, &example.right)
                );
            }
            if at == 0 {
                text += &as_for(differing);
            }
        }
        if differing.more > 0 {
            text += &format!("  and by {} more pairs of rules\n", differing.more);
        }
    }
    let unlisted = unlisted(a, b);
    for world in &unlisted {
        text += &format!(
            "undecided: {} has no list of operations, so that only default was compared\n",
            world.id()
        );
    }
    let only = [("A", &answer.only_left, a), ("B", &answer.only_right, b)];
    for (side, names, of) in only.into_iter().filter(|_| unlisted.is_empty()) {
        let ids = names
            .iter()
            .filter_map(|name| of.world.operation_named(name));
        let ids: BTreeSet<OperationId> = ids.map(|operation| operation.id).collect();
        let names = grouped(&ids, &of.world);
        let names = names.iter().map(|id| of.world.operation(*id).name.as_str());
        let names: Vec<&str> = names.collect();
        if !names.is_empty() {
            text += &format!("only the world of {side} has {}\n", names.join(" "));
        }
    }
    if !answer.undecided.is_empty() {
        let names = answer.undecided.join(" ");
        text += &format!("undecided, for too many combinations: {names}\n");
    }
    text += &match (answer.different.is_empty(), answer.equal) {
        (_, 0) => return text,
        (true, 1) => "no difference in one operation\n".to_string(),
        (false, 1) => "no difference in the other operation\n".to_string(),
        (true, count) => format!("no difference in {count} operations\n"),
        (false, count) => format!("no difference in the other {count} operations\n"),
    };
    text
}

/// The operations that differ as the one that is shown does, on a line.
fn as_for(differing: &Differing) -> String {
    let others = &differing.operations[1..];
    let mut named = others.join(" ");
    let members = differing.all.len() - differing.operations.len();
    let them = if others.is_empty() { "it" } else { "them" };
    let fallen = match members {
        0 => String::new(),
        1 => format!("the operation that falls back to {them}"),
        count => format!("the {count} operations that fall back to {them}"),
    };
    if !named.is_empty() && !fallen.is_empty() {
        named += " and ";
    }
    match named + &fallen {
        nothing if nothing.is_empty() => nothing,
        others => format!("  as for {others}\n"),
    }
}

fn json(answer: &Diff, a: &Side, b: &Side) -> Value {
    let example = |operation: &str, example: &Example| {
        let mut values: Map<String, Value> = Map::new();
        for (name, own) in &example.values {
            // A request may have several values of a filter.
            let own = Value::from(request::value(name, own, &a.world));
            match values.get_mut(name) {
                Some(Value::Array(all)) => all.push(own),
                Some(one) => *one = json!([one, own]),
                None => _ = values.insert(name.clone(), own),
            }
        }
        let messages = example.messages.iter().map(|own| {
            let within = |side: &Side, decided: &Decided, outer: &Decided| {
                json!({"decision": decided.outcome.action.word(),
                       "modifiers": side.modifiers(decided),
                       "by": side.subject.place_within(&outer.source, &decided.source)})
            };
            json!({"request": request::shown(&own.operation, &own.values, &a.world),
                   "a": within(a, &own.left, &example.left),
                   "b": within(b, &own.right, &example.right)})
        });
        json!({"request": request::shown(operation, &example.values, &a.world), "values": values,
               "a": a.json(&example.left), "b": b.json(&example.right),
               "messages": messages.collect::<Vec<_>>()})
    };
    let different = answer.different.iter().map(|one| {
        let examples = one.examples.iter();
        let examples: Vec<Value> = examples
            .map(|own| example(&one.operations[0], own))
            .collect();
        json!({"operations": one.operations, "all_operations": one.all, "examples": examples,
               "more": one.more})
    });
    let unlisted = unlisted(a, b);
    let unlisted: Vec<&str> = unlisted.iter().map(|world| world.id()).collect();
    let is_decided = answer.undecided.is_empty() && unlisted.is_empty();
    json!({"equal": answer.different.is_empty() && is_decided,
           "different": different.collect::<Vec<_>>(), "equal_operations": answer.equal,
           "only_a": answer.only_left, "only_b": answer.only_right,
           "undecided": answer.undecided, "unlisted_worlds": unlisted, "world_a": a.world.id(), "world_b": b.world.id()})
}
