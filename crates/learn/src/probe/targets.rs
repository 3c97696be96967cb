//! What to ask of a policy when nobody says: about what its rules name.

use lapbelt_policy::ask::target_filter;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{Operation, World};
use lapbelt_sandbox::probe::{KINDS, Kind, Takes};

use super::Question;

/// A name below a folder that nobody has.
const BELOW: &str = "lapbelt-probe";

/// The operations that can be tried of those that a name means: itself, or for one that ends in `*`
/// and for `default` what falls back to it.
pub fn kinds_of<'w>(name: &str, world: &'w World) -> Vec<(&'static Kind, &'w Operation)> {
    let wanted = world.operation_named(name).map(|operation| operation.id);
    let is_family = name.ends_with('*') || name == "default";
    let named = |kind: &'static Kind| Some((kind, world.operation_named(kind.operation)?));
    let means = |(_, operation): &(&Kind, &Operation)| {
        wanted.is_some_and(|wanted| {
            operation.id == wanted || (is_family && world.falls_back_to(operation.id, wanted))
        })
    };
    KINDS.iter().filter_map(named).filter(means).collect()
}

/// Whether a target is of the kind that an operation takes.
pub fn suits(takes: Takes, target: &str) -> bool {
    let is_path = target.starts_with('/');
    let is_unix = target.starts_with("unix:");
    let is_address = is_unix || (!is_path && target.contains(':'));
    match takes {
        Takes::Nothing => false,
        Takes::Path => is_path,
        Takes::Address => is_address,
        Takes::Process => {
            ["self", "others", "children"].contains(&target) || target.parse::<u32>().is_ok()
        }
        Takes::Name => !is_path && !is_address,
    }
}

/// For each rule and each operation of it that can be tried, the literals that it names, and what
/// lies below a folder that it names.
pub fn of_policy(policy: &Policy, world: &World) -> Vec<Question> {
    let mut questions = Vec::new();
    for rule in &policy.rules {
        for operation in &rule.operations {
            let name = &world.operation(*operation).name;
            for (kind, leaf) in kinds_of(name, world) {
                let mut targets = Vec::new();
                for filter in &rule.filters {
                    collect(&filter.filter, kind, leaf, world, &mut targets);
                }
                if kind.takes == Takes::Nothing {
                    targets.push(String::new());
                }
                for target in targets {
                    let question = Question {
                        operation: kind.operation.to_owned(),
                        target,
                    };
                    if !questions.contains(&question) {
                        questions.push(question);
                    }
                }
            }
        }
    }
    questions
}

fn collect(filter: &Filter, kind: &Kind, leaf: &Operation, world: &World, into: &mut Vec<String>) {
    match filter {
        Filter::Any(parts) | Filter::All(parts) => {
            for part in parts {
                collect(part, kind, leaf, world, into);
            }
        }
        Filter::Not(inner) => collect(inner, kind, leaf, world, into),
        Filter::Test(test) => {
            if kind.takes == Takes::Address || target_filter(world, leaf) == Some(test.filter) {
                let suiting = named(test, kind, world).into_iter();
                into.extend(suiting.filter(|target| {
                    suits(kind.takes, target)
                        || (kind.takes == Takes::Address && target.starts_with('/'))
                }));
            }
        }
    }
}

fn named(test: &Test, kind: &Kind, world: &World) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    match &test.argument {
        Argument::Pattern(Pattern::Literal(literal)) | Argument::Text(literal) => {
            text(literal).into_iter().collect()
        }
        Argument::Pattern(Pattern::Subpath(folder)) => text(folder)
            .map(|folder| {
                let below = format!("{}/{BELOW}", folder.trim_end_matches('/'));
                vec![folder, below]
            })
            .unwrap_or_default(),
        Argument::Pattern(Pattern::Prefix(start)) => text(start)
            .map(|start| vec![format!("{start}{BELOW}"), start])
            .unwrap_or_default(),
        // Only the own machine is asked: a rule names no other.
        Argument::Network(pattern) if kind.takes == Takes::Address => pattern
            .port
            .map(|port| format!("127.0.0.1:{port}"))
            .into_iter()
            .collect(),
        Argument::Integer(number) => {
            let values = &world.filter(test.filter).values;
            let word = values.iter().find(|(_, value)| value == number);
            word.map(|(word, _)| word.clone()).into_iter().collect()
        }
        Argument::Pattern(Pattern::Regex(_))
        | Argument::Network(_)
        | Argument::Bits(_)
        | Argument::Bool(_)
        | Argument::Entitlement { .. } => Vec::new(),
    }
}
