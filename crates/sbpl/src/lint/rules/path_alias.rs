//! Paths through a link that is resolved before the profile is asked.

use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::world::AliasMode;

use crate::lint::context::Context;
use crate::lint::finding::{Edit, Effect, Level, Sink};
use crate::lint::leaf::Leaf;
use crate::lint::plain_regex::literal;
use crate::lint::{Example, Lint};
use crate::print::quote;

pub(super) static LINT: Lint = Lint {
    code: "LB201",
    name: "path-alias",
    title: "a path through /tmp, /var or /etc, which are links",
    level: Level::Warning,
    explanation: "The kernel decides on the resolved path: what a program opens as /tmp/x is asked \
        as /private/tmp/x, so a rule on /tmp/x never matches. (The link /tmp itself is asked only \
        as file-read-metadata, and a rule on just that is not found here, nor one that also names \
        the resolved path.) The same holds for /System/Volumes/Data, where the system's folders \
        are mounted a second time.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-write* (subpath \"/tmp/build\"))\n",
        "(version 1)\n(deny default)\n(allow file-write* (subpath \"/private/tmp/build\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let (aliases, mode) = context.world.path_aliases();
    if mode != AliasMode::Resolve {
        return;
    }
    for leaf in context.leaves() {
        if context.world.filter(leaf.test.filter).name != "path" {
            continue;
        }
        let Some(pattern) = leaf.pattern() else {
            continue;
        };
        let text = match pattern {
            Pattern::Regex(regex) => match regex.text().and_then(|text| text.strip_prefix('^')) {
                Some(rest) => literal(rest).0,
                None => continue,
            },
            Pattern::Literal(text) | Pattern::Prefix(text) | Pattern::Subpath(text) => text.clone(),
        };
        for alias in aliases {
            let Some(rest) = text.strip_prefix(alias.short.as_bytes()) else {
                continue;
            };
            let below = rest.first() == Some(&b'/');
            let itself = rest.is_empty() && !matches!(pattern, Pattern::Regex(_));
            if !below && !itself || itself && reads_the_link(context, leaf) {
                continue;
            }
            let resolved = [alias.long.as_bytes(), rest].concat();
            if names_resolved(context, leaf, &resolved, &alias.long) {
                continue;
            }
            let message = format!(
                "`{}` is a link: the kernel asks for `{}`, and this never matches",
                alias.short,
                String::from_utf8_lossy(&resolved)
            );
            let finding = out.at(leaf.origin, message);
            finding.help(format!("write the path below `{}`", alias.long));
            let edit = edit(context, leaf, &resolved, &alias.short, &alias.long);
            finding.fix(format!("write `{}`", alias.long), Effect::Changes, edit);
        }
    }
}

/// Whether the rule may be about the link and not about what is behind it.
fn reads_the_link(context: &Context<'_>, leaf: &Leaf<'_>) -> bool {
    let Some(metadata) = context.world.operation_named("file-read-metadata") else {
        return false;
    };
    let mut operations = leaf.rule.operations.iter();
    matches!(leaf.pattern(), Some(Pattern::Literal(_)))
        && operations.any(|id| context.world.falls_back_to(metadata.id, *id))
        || leaf.rule.operations == [metadata.id]
}

/// Whether the profile names the resolved path as well, so that the alias is there on purpose.
fn names_resolved(context: &Context<'_>, leaf: &Leaf<'_>, resolved: &[u8], long: &str) -> bool {
    let same_operations = |other: &&Leaf<'_>| {
        let mut operations = leaf.rule.operations.iter();
        operations.any(|operation| {
            let mut others = other.rule.operations.iter();
            others.any(|o| o == operation || context.world.falls_back_to(*operation, *o))
        })
    };
    context
        .leaves()
        .iter()
        .filter(same_operations)
        .filter(|other| other.rule.action == leaf.rule.action)
        .any(|other| match other.pattern() {
            Some(Pattern::Regex(regex)) => {
                leaf.regex().is_some() && regex.text().is_some_and(|text| text.contains(long))
                    || regex.is_match(resolved)
            }
            Some(Pattern::Literal(text)) => text == resolved,
            Some(pattern) => pattern.matches(resolved),
            None => false,
        })
}

fn edit(
    context: &Context<'_>,
    leaf: &Leaf<'_>,
    resolved: &[u8],
    short: &str,
    long: &str,
) -> Option<Edit> {
    let string = leaf.string?;
    if leaf.regex().is_none() {
        return Some(context.replacement(string, quote(resolved)));
    }
    let written = context.tree.parse.node_text(string);
    let mended = written.replacen(&format!("^{short}"), &format!("^{long}"), 1);
    (mended != written).then(|| context.replacement(string, mended))
}
