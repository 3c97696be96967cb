//! `lapbelt world show`: what a world has, fact by fact, with the evidence.

use std::fmt::Write as _;

use lapbelt_policy::added::{implied_test, inferred_test};
use lapbelt_policy::filter::{Filter, Test};
use lapbelt_policy::rule::{Action, Version};
use lapbelt_policy::world::{
    FilterInfo, ModifierInfo, ModifierKind, Operation, OperationId, Provenance, World, shipped_text,
};
use lapbelt_sbpl::print;
use serde_json::{Map, Value, json};

use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::profile;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The world: one of `lapbelt world list`, or a file.
    world: String,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let (world, text) = profile::world_and_text(&args.world)?;
    let provenance = Provenance::read(&text, &shipped_text);
    output.answer_either(
        || json(&world, &provenance),
        || self::text(&world, &provenance),
    );
    Ok(Exit::Yes)
}

/// Own defaults as one word if all versions have the same, or by version.
fn own_default(operation: &Operation) -> Option<String> {
    let own = [Version::V1, Version::V2, Version::V3].map(|v| operation.own_default(v));
    match own {
        [None, None, None] => None,
        [Some(one), second, third] if second == third && second == Some(one) => {
            Some(one.word().to_owned())
        }
        own => {
            let by_version = own
                .iter()
                .zip(1..)
                .filter_map(|(own, version)| own.map(|own| format!("v{version} {}", own.word())));
            Some(by_version.collect::<Vec<_>>().join(", "))
        }
    }
}

fn actions(modifier: &ModifierInfo) -> Vec<&'static str> {
    let all = [(modifier.on_allow, "allow"), (modifier.on_deny, "deny")];
    all.iter()
        .filter(|(on, _)| *on)
        .map(|(_, name)| *name)
        .collect()
}

fn json(world: &World, provenance: &Provenance) -> Value {
    let evidence = |kind: &str, name: &str| -> Vec<&str> {
        let fact = provenance.of(kind, name);
        fact.map_or_else(Vec::new, |fact| {
            fact.evidence.iter().map(String::as_str).collect()
        })
    };
    let operations = world.operations().iter().map(|o| {
        let parent = o.parent.map(|id| &world.operation(id).name);
        json!({"id": o.id.0, "name": o.name, "parent": parent, "own_default": own_default(o),
               "categories": o.categories, "slot": o.in_table, "enforced": o.enforced,
               "evidence": evidence("operation", &o.name)})
    });
    let filters = world.filters().iter().map(|f| {
        let values: Map<String, Value> = f
            .values
            .iter()
            .map(|(name, number)| (name.clone(), json!(number)))
            .collect();
        json!({"id": f.id.0, "name": f.name, "category": f.category, "kind": f.kind.word(),
               "cost": f.cost, "merged": f.merged, "values": values,
               "after": f.after.map(|id| &world.filter(id).name),
               "evidence": evidence("filter", &f.name),
               "values_evidence": evidence("value", &f.name)})
    });
    let modifiers = world.modifiers().iter().map(|m| {
        json!({"id": m.id.0, "name": m.name, "actions": actions(m), "argument": m.kind.word(),
               "mask": m.mask, "flags": m.flags, "evidence": evidence("modifier", &m.name)})
    });
    let behaviour = world.behaviour().into_iter().map(|one| {
        let (kind, key) = &one.fact;
        json!({"of": one.of, "words": one.words, "evidence": evidence(kind, key)})
    });
    let added = |kind: &str, rules: Vec<Added<'_>>| -> Vec<Value> {
        let rules = rules.into_iter();
        rules
            .map(|added| {
                let evidence = evidence(kind, added.operation);
                json!({"rule": added.rule, "when": added.when, "evidence": evidence})
            })
            .collect()
    };
    let texts = provenance.texts();
    let texts: Map<String, Value> = texts.map(|(key, text)| (key.into(), text.into())).collect();
    let lacks = world.lacks().iter();
    let lacks: Map<String, Value> = lacks
        .map(|(part, text)| (part.word().into(), text.as_str().into()))
        .collect();
    json!({"id": world.id(), "aliases": world.aliases(), "layout": world.layout(), "lacks": lacks,
           "behaviour": behaviour.collect::<Vec<_>>(),
           "operations": operations.collect::<Vec<_>>(),
           "filters": filters.collect::<Vec<_>>(),
           "modifiers": modifiers.collect::<Vec<_>>(),
           "implied": added("implied", implied(world)),
           "inferred": added("inferred", inferred(world)), "evidence": texts})
}

fn text(world: &World, provenance: &Provenance) -> String {
    let mut text = format!("world {}\n", world.id());
    let mut line = |line: String| {
        text.push_str(line.trim_end());
        text.push('\n');
    };
    if !world.aliases().is_empty() {
        line(format!("also called {}", world.aliases().join(", ")));
    }
    if let Some(layout) = world.layout() {
        line(format!("compiled profiles have the layout {layout}"));
    }
    for (part, why) in world.lacks() {
        line(format!("lacks {}: {why}", part.word()));
    }
    let cited = |kind: &str, name: &str| match provenance.of(kind, name) {
        Some(fact) => format!("[{}]", fact.evidence.join(" ")),
        None => String::new(),
    };
    for behaviour in world.behaviour() {
        let (kind, key) = &behaviour.fact;
        let (of, words, cited) = (&behaviour.of, &behaviour.words, cited(kind, key));
        line(format!("{of} {words}  {cited}"));
    }
    line(format!("\n{} operations", world.operations().len()));
    for operation in world.operations() {
        let name = &operation.name;
        let words = operation_words(operation, world);
        let cited = cited("operation", name);
        line(format!(
            "{:>5}  {name:<34} {words}  {cited}",
            operation.id.0
        ));
    }
    line(format!("\n{} filters", world.filters().len()));
    for filter in world.filters() {
        let name = &filter.name;
        let cited = cited("filter", name);
        line(format!(
            "{:>5}  {name:<34} {}  {cited}",
            filter.id.0,
            filter_words(filter, world)
        ));
    }
    line(format!("\n{} modifiers", world.modifiers().len()));
    for modifier in world.modifiers() {
        let name = &modifier.name;
        let cited = cited("modifier", name);
        line(format!(
            "{:>5}  {name:<34} {}  {cited}",
            modifier.id.0,
            modifier_words(modifier)
        ));
    }
    for (what, kind, rules) in [
        (
            "that the system adds to every profile",
            "implied",
            implied(world),
        ),
        (
            "that its compiler adds where they are called for",
            "inferred",
            inferred(world),
        ),
    ] {
        if !rules.is_empty() {
            line(format!("\n{} {what}", counted(rules.len(), "rule")));
        }
        for added in rules {
            let (rule, cited) = (added.rule, cited(kind, added.operation));
            match added.when.as_str() {
                "" => line(format!("  {rule}  {cited}")),
                when => line(format!("  {rule}, {when}  {cited}")),
            }
        }
    }
    line("\nevidence".to_owned());
    for (key, evidence) in provenance.texts() {
        line(format!("  {key}: {evidence}"));
    }
    text
}

/// A rule that the system adds.
struct Added<'w> {
    operation: &'w str,
    /// As a profile would have it.
    rule: String,
    /// When it is added; empty if to every profile.
    when: String,
}

impl<'w> Added<'w> {
    fn new(action: Action, operation: OperationId, test: Test, world: &'w World) -> Self {
        let operation = world.operation(operation).name.as_str();
        let filter = print::filter(&Filter::Test(test), world);
        Self {
            operation,
            rule: format!("({} {operation} {filter})", action.word()),
            when: String::new(),
        }
    }
}

/// The rules that the system adds to every profile.
fn implied(world: &World) -> Vec<Added<'_>> {
    let rules = world.implied().iter();
    rules
        .map(|rule| Added::new(rule.action, rule.operation, implied_test(rule), world))
        .collect()
}

/// The rules that the compiler of the system adds where they are called for.
fn inferred(world: &World) -> Vec<Added<'_>> {
    let rules = world.inferred().iter().map(|rule| {
        let needed = rule.needs.map(|needed| &world.operation(needed).name);
        let needed = needed.map(|needed| format!("if a rule allows any {needed}"));
        let since = match rule.since {
            Version::V1 => None,
            Version::V2 => Some("from (version 2) on".to_owned()),
            Version::V3 => Some("from (version 3) on".to_owned()),
        };
        let when: Vec<String> = needed.into_iter().chain(since).collect();
        Added {
            when: when.join(", "),
            ..Added::new(rule.action, rule.operation, inferred_test(rule), world)
        }
    });
    rules.collect()
}

fn operation_words(operation: &Operation, world: &World) -> String {
    let mut words = Vec::new();
    if let Some(parent) = operation.parent {
        words.push(format!("as {}", world.operation(parent).name));
    }
    words.extend(own_default(operation));
    if !operation.in_table {
        words.push("in message filters only".to_owned());
    }
    if operation.enforced {
        words.push("enforced".to_owned());
    }
    words.join("; ")
}

fn filter_words(filter: &FilterInfo, world: &World) -> String {
    let mut words = format!(
        "{} of {}, cost {}",
        filter.kind.word(),
        filter.category,
        filter.cost
    );
    if let Some(before) = filter.after {
        let _ = write!(words, ", after {}", world.filter(before).name);
    }
    if !filter.values.is_empty() {
        let _ = write!(words, ", {}", counted(filter.values.len(), "named value"));
    }
    words
}

fn modifier_words(modifier: &ModifierInfo) -> String {
    let on = actions(modifier).join(" and ");
    match modifier.kind {
        ModifierKind::Flag => format!(
            "flags {:#x} of {:#x} on {on}",
            modifier.flags, modifier.mask
        ),
        kind => format!("{} on {on}", kind.word()),
    }
}
