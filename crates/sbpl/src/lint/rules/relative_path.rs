//! Paths that do not start at the root.

use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::Rule;
use lapbelt_policy::socket::End;
use lapbelt_policy::world::World;

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB203",
    name: "relative-path",
    title: "a path that does not start with a slash",
    level: Level::Warning,
    explanation: "A profile knows no current folder. The kernel's paths are absolute, so a relative \
        one never matches; but every path starts with nothing, so an empty subpath or prefix, as an \
        empty parameter makes it, matches all. Pass the folder as a parameter and put the path \
        together: `(string-append (param \"PROJECT\") \"/src\")`. On Linux sockets also have names, \
        written `@name`.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"src\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/Users/me/project/src\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for (leaf, text) in context.paths() {
        if text.is_empty() {
            let message = match leaf.pattern() {
                Some(Pattern::Subpath(_)) => "an empty subpath matches every path",
                Some(Pattern::Prefix(_)) => "an empty prefix matches every path",
                _ => "an empty path never matches",
            };
            out.at(leaf.origin, message);
        } else if !matches!(text[0], b'/' | b'~' | b'$')
            && (text[0] != b'@' || !is_of_sockets(leaf.rule, context.world))
        {
            let shown = String::from_utf8_lossy(text);
            out.at(
                leaf.origin,
                format!("`{shown}` is no absolute path and never matches"),
            );
        }
    }
}

/// Whether a rule is of sockets, where these have names beside paths.
fn is_of_sockets(rule: &Rule, world: &World) -> bool {
    let mut operations = rule.operations.iter();
    world.has_socket_names() && operations.any(|id| End::of(world.operation(*id)).is_some())
}
