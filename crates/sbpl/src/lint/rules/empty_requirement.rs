//! `(require-all)` and its like with nothing in them.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB410",
    name: "empty-requirement",
    title: "a require-all or require-any with nothing in it",
    level: Level::Warning,
    explanation: "`(require-all)` holds always, so that its rule has no filter at all, and \
        `(require-any)` never. Either is what is left when the last filter of a longer one was \
        taken out.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (require-all))\n",
        "(version 1)\n(deny default)\n(allow file-read* (require-all (subpath \"/usr/lib\")))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let tree = &context.tree;
    for form in tree.forms() {
        if tree.parse.node(form).children.len() != 1 {
            continue;
        }
        match tree.head(form) {
            Some("require-all") => {
                out.at(
                    tree.origin(form),
                    "`(require-all)` without a filter holds always",
                );
            }
            Some("require-any") => {
                out.at(
                    tree.origin(form),
                    "`(require-any)` without a filter never holds",
                );
            }
            _ => {}
        }
    }
}
