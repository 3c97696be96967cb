//! Rules as text that was read again.

use std::collections::BTreeMap;

use lapbelt_analysis::diff::diff;
use lapbelt_analysis::subject::Subject as Analysed;
use lapbelt_analysis::unix_sockets::unix_sockets;
use lapbelt_blob::again::Original;
use lapbelt_blob::encode::encode;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::graph::{Node, Source as GraphSource, lower};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::{Regex, Syntax};
use lapbelt_policy::rule::{Action, Policy};
use lapbelt_policy::world::{ArgumentKind, World};
use lapbelt_sbpl::diag::Severity;
use lapbelt_sbpl::expand::expand;
use lapbelt_sbpl::{NO_IMPLICIT_RULES, NoImports, Source, evaluate};

/// The parameters that rules have to be compiled with.
pub(super) fn params(policy: &Policy) -> BTreeMap<String, String> {
    let opted_out = (!policy.implied).then(|| (NO_IMPLICIT_RULES.to_string(), "1".to_string()));
    opted_out.into_iter().collect()
}

/// What is to be said of variables where rules are said to decide as a profile does.
pub(super) fn but_for(variables: &[String]) -> String {
    if variables.is_empty() {
        return String::new();
    }
    let names: Vec<String> = variables.iter().map(|one| format!("${{{one}}}")).collect();
    format!(
        ", but for variables, which are written as plain text and were not compared: {}",
        names.join(", ")
    )
}

/// The text of the rules that `subject` was decompiled to, and whether it compiles to the same
/// bytes, if the original is given. `place` says where a decision stands in the compiled profile.
///
/// # Errors
/// If what is read from the text does not decide as the subject does: some bytes that only a hand
/// can write stand for no text.
pub(super) fn text(
    policy: &Policy,
    subject: &Analysed<'_>,
    original: Option<&Original<'_>>,
    world: &World,
    place: impl Fn(&GraphSource) -> String,
) -> Result<(String, Option<bool>), String> {
    let mut text = expand(policy, &[], world);
    // After the line of the version, which comes first.
    if let Some(end) = text.find('\n') {
        text.insert_str(end + 1, &remarks(policy, &text, subject));
    }
    let source = Source {
        name: "decompiled",
        text: &text,
    };
    let refused = || "the rules found cannot be written as text".to_string();
    let evaluation = evaluate(&source, &params(policy), &NoImports, world);
    let read = evaluation.policy.ok_or_else(|| {
        let mut why = evaluation.diagnostics.iter();
        let why = why.find(|one| one.severity == Severity::Error);
        let why = why.map_or_else(String::new, |why| format!(": {}", why.message));
        let at = deny_with_messages(subject).map_or_else(String::new, |source| {
            format!(": {} denies with a message filter", place(&source))
        });
        format!("{}{at}{why}", refused())
    })?;
    let same_bytes = original.map(|original| original.is_it(&read));
    if same_bytes != Some(true) {
        let again = Analysed::of_rules(lower(&read, world), &read.rules, world);
        let answer = diff(subject, &again, 1);
        if let Some(one) = answer.different.first() {
            let source = &one.examples[0].left.source;
            let (operation, place) = (&one.operations[0], place(source));
            return Err(format!(
                "{}: as text they decide {operation} otherwise than {place}",
                refused()
            ));
        }
        if let Some(operation) = answer.undecided.first() {
            let why = "too many combinations to show what they decide as text of";
            return Err(format!("{}: {why} {operation}", refused()));
        }
    }
    Ok((text, same_bytes))
}

/// What is said of paths that do not have the case that they were written in.
const FOLDED: &str = "; Paths are in lower case, as the compiler stores them: how they were written is not in the file.\n";

/// What is said of conditions that no request decides.
const IDLE: &str = "; Conditions that hold never, or always, are for the compiled profile to have the same nodes.\n";

/// What is said of conditions that no person writes.
const PARTS: &str = "; Conditions with a % are what require-entitlement is made of; outside of it, the order that the\n; compiler puts them in says which entitlement they look at.\n";

/// What a reader of rules, or of their text, may wonder about.
fn remarks(policy: &Policy, text: &str, subject: &Analysed<'_>) -> String {
    let mut filters = policy.rules.iter().flat_map(|rule| &rule.filters);
    let remarks = [
        (FOLDED, are_paths_folded(subject)),
        (IDLE, filters.any(|one| is_idle(&one.filter))),
        (PARTS, text.contains("(%entitlement-")),
    ];
    let holding = remarks.into_iter().filter(|(_, holds)| *holds);
    holding.map(|(remark, _)| remark).collect()
}

/// Whether a filter, or a part of it, holds never or always, as it names a condition and its contrary.
fn is_idle(filter: &Filter) -> bool {
    match filter {
        Filter::Test(_) => false,
        Filter::Not(inner) => is_idle(inner),
        Filter::All(parts) | Filter::Any(parts) => parts.iter().any(|part| {
            let is_contrary = matches!(part, Filter::Not(inner) if parts.contains(&**inner));
            is_contrary || is_idle(part)
        }),
    }
}

/// Whether the paths of a profile are in lower case because a compiler made them so.
fn are_paths_folded(subject: &Analysed<'_>) -> bool {
    let world = subject.world();
    let is_path = |test: &&Test| world.filter(test.filter).kind == ArgumentKind::PathPattern;
    let paths = subject.graph().tests().iter().filter(is_path);
    let mut letters = paths
        .flat_map(|test| match &test.argument {
            Argument::Pattern(Pattern::Regex(regex)) => asked_by(regex),
            Argument::Pattern(
                Pattern::Literal(text) | Pattern::Prefix(text) | Pattern::Subpath(text),
            ) => text.clone(),
            _ => Vec::new(),
        })
        .filter(u8::is_ascii_alphabetic)
        .peekable();
    world.folds_paths() && letters.peek().is_some() && letters.all(|byte| byte.is_ascii_lowercase())
}

/// An expression without its classes: one that is read back may hold both cases.
fn asked_by(regex: &Regex) -> Vec<u8> {
    let without = |one| match one {
        Syntax::Class { .. } => Syntax::Sequence(Vec::new()),
        other => other,
    };
    let syntax = Syntax::parse(regex.source());
    syntax.map_or_else(|_| Vec::new(), |syntax| syntax.with_bytes(&without).text())
}

/// A decision that only a hand can write: nothing follows a denial that could be filtered.
fn deny_with_messages(subject: &Analysed<'_>) -> Option<GraphSource> {
    let graph = subject.graph();
    graph.nodes().iter().find_map(|node| match node {
        Node::Terminal {
            action: Action::Deny,
            source,
        } => graph.messages(*source).map(|_| *source),
        _ => None,
    })
}

/// The rules with unix sockets named as such, if they are none the worse for it: they have to compile
/// to the same bytes. What only kept other paths apart from any path is not needed then.
pub(super) fn with_unix_sockets(policy: Policy, world: &World) -> Policy {
    let Some(named) = unix_sockets(&policy, world) else {
        return policy;
    };
    let bytes = |policy: &Policy| encode(policy, world).map(|made| made.bytes).ok();
    let wanted = bytes(&policy);
    let mut plain = named.clone();
    let filters = plain.rules.iter_mut().flat_map(|rule| &mut rule.filters);
    for one in filters {
        if let Filter::Not(inner) = &one.filter
            && let Filter::Not(inner) = &**inner
        {
            one.filter = (**inner).clone();
        }
    }
    let mut ways = [plain, named].into_iter();
    let same = ways.find(|way| wanted.is_some() && bytes(way) == wanted);
    same.unwrap_or(policy)
}
