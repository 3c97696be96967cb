//! Expressions that a plain pattern says as well.

use lapbelt_policy::pattern::Pattern;

use crate::lint::context::Context;
use crate::lint::finding::{Edit, Effect, Level, Sink};
use crate::lint::leaf::Leaf;
use crate::lint::plain_regex::plain;
use crate::lint::{Example, Lint};
use crate::print::quote;

pub(super) static LINT: Lint = Lint {
    code: "LB301",
    name: "regex-is-plain",
    title: "a regular expression that is only a literal, a prefix or a subpath",
    level: Level::Note,
    explanation: "The plain form says the same, is read at a glance, cannot lose a backslash, and \
        shares its bytes with its neighbours when the profile is compiled.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (regex #\"^/opt/tool(/|$)\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/opt/tool\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for leaf in context.leaves() {
        let Some(Pattern::Regex(regex)) = leaf.pattern() else {
            continue;
        };
        let Some(pattern) = plain(regex) else {
            continue;
        };
        let Some(form) = form(context, leaf, &pattern) else {
            continue;
        };
        out.at(
            leaf.origin,
            format!("this expression is the same as `{form}`"),
        )
        .fix(
            format!("write `{form}`"),
            Effect::Keeps,
            edit(context, leaf, &form),
        );
    }
}

/// The plain form, if the filter has one.
fn form(context: &Context<'_>, leaf: &Leaf<'_>, pattern: &Pattern) -> Option<String> {
    let info = context.world.filter(leaf.test.filter);
    let is_path = info.name == "path";
    let (name, text) = match pattern {
        Pattern::Literal(text) if is_path => ("literal".to_owned(), text),
        Pattern::Prefix(text) if is_path => ("prefix".to_owned(), text),
        Pattern::Subpath(text) if is_path => ("subpath".to_owned(), text),
        Pattern::Literal(text) => (info.name.clone(), text),
        Pattern::Prefix(text) => (format!("{}-prefix", info.name), text),
        _ => return None,
    };
    Some(format!("({name} {})", quote(text)))
}

fn edit<'a>(context: &Context<'a>, leaf: &Leaf<'a>, form: &str) -> Option<Edit> {
    let whole = leaf.whole_form(context)?;
    Some(context.replacement(whole, form))
}
