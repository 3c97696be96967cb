//! The tests of a policy, each with the place in the text that it came from.

use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::origin::Origin;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::Rule;

use super::context::{Context, each_test};
use crate::syntax::NodeId;

/// One test in a filter of a rule.
pub(super) struct Leaf<'a> {
    /// The rule it is in.
    pub(super) rule: &'a Rule,
    pub(super) test: &'a Test,
    /// Whether it is a filter of the rule by itself, and no part of `require-any` and the like.
    pub(super) direct: bool,
    /// The string it was written as; the filter or the rule if the text was put together.
    pub(super) origin: Origin,
    /// The string token, if the text stands in the filter as it is.
    pub(super) string: Option<NodeId>,
}

impl<'a> Leaf<'a> {
    pub(super) fn pattern(&self) -> Option<&'a Pattern> {
        match &self.test.argument {
            Argument::Pattern(pattern) => Some(pattern),
            _ => None,
        }
    }

    /// The text of a pattern that is no regular expression.
    pub(super) fn path(&self) -> Option<&'a [u8]> {
        match self.pattern()? {
            Pattern::Literal(text) | Pattern::Prefix(text) | Pattern::Subpath(text) => Some(text),
            Pattern::Regex(_) => None,
        }
    }

    pub(super) fn regex(&self) -> Option<&'a str> {
        match self.pattern()? {
            Pattern::Regex(regex) => regex.text(),
            _ => None,
        }
    }

    /// The filter form around the string, if the string is all that it holds.
    pub(super) fn whole_form(&self, context: &Context<'a>) -> Option<NodeId> {
        let form = context.tree.parent(self.string?)?;
        (context.tree.parse.node(form).children.len() == 2).then_some(form)
    }
}

/// All tests of rules that stand in the linted text, in the order of the rules.
pub(super) fn leaves<'a>(context: &Context<'a>) -> Vec<Leaf<'a>> {
    let mut found = Vec::new();
    for rule in context.rules() {
        for filter in &rule.filters {
            let Some(origin) = filter.origin.or(rule.origin) else {
                continue;
            };
            if origin.source != context.main() {
                continue;
            }
            let strings = strings(context, origin);
            let direct = matches!(filter.filter, Filter::Test(_));
            each_test(&filter.filter, &mut |test| {
                let string = written(context, &strings, test);
                found.push(Leaf {
                    rule,
                    test,
                    direct,
                    origin: string.map_or(origin, |id| context.tree.origin(id)),
                    string,
                });
            });
        }
    }
    found
}

/// The string tokens of a filter. The place of a filter with one value is the form, of one with
/// several the value.
fn strings(context: &Context<'_>, origin: Origin) -> Vec<(NodeId, Vec<u8>)> {
    let Some(node) = context.tree.node_at(origin) else {
        return Vec::new();
    };
    let tokens = context.tree.strings_in(node).into_iter();
    tokens
        .filter_map(|id| context.tree.string(id).map(|value| (id, value)))
        .collect()
}

/// The token that is a test's text, written directly in a form of the test's filter.
fn written(context: &Context<'_>, strings: &[(NodeId, Vec<u8>)], test: &Test) -> Option<NodeId> {
    let Argument::Pattern(pattern) = &test.argument else {
        return None;
    };
    let (text, is_regex) = match pattern {
        Pattern::Literal(text) | Pattern::Prefix(text) | Pattern::Subpath(text) => {
            (text.as_slice(), false)
        }
        Pattern::Regex(regex) => (regex.source(), true),
    };
    let info = context.world.filter(test.filter);
    let mut fitting = strings.iter().filter(|(id, value)| {
        let form = context.tree.parent(*id);
        let head = form.and_then(|form| context.tree.head(form)).unwrap_or("");
        let is_filter = match info.name.as_str() {
            "path" => [
                "literal",
                "path",
                "path-literal",
                "subpath",
                "prefix",
                "regex",
            ]
            .iter()
            .any(|name| head.ends_with(name)),
            _ => {
                let stem = head.strip_suffix("-regex").or(head.strip_suffix("-prefix"));
                let named = context.world.filter_named(stem.unwrap_or(head));
                named.is_some_and(|named| named.id == test.filter)
            }
        };
        value == text && is_filter && head.ends_with("regex") == is_regex
    });
    fitting.next().map(|(id, _)| *id)
}
