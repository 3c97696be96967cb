//! Operations whose rules combine in too many ways.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB604",
    name: "undecided",
    title: "an operation whose rules combine in too many ways to say which of them decide",
    level: Level::Note,
    explanation: "Whether a rule ever decides is worked out over all requests that the rules can \
        tell apart. Where these are too many, `never-decides`, `redundant-rule` and \
        `deny-swallowed` say nothing about the operation, which is not to say that they would \
        find nothing.",
    example: Example::new(
        "(version 1)\n(deny default)\n(let loop ((n 1100))\n  (when (> n 0)\n    \
         (allow file-read* (extension (string-append \"class-\" (number->string n))))\n    \
         (loop (- n 1))))\n",
        "(version 1)\n(deny default)\n(allow file-read* (extension \"class-1\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for operation in context.undecided() {
        let mut rules = context.rules().iter();
        let first = rules.find(|rule| rule.operations.contains(operation));
        if let Some(origin) = first.and_then(|rule| context.place(rule)) {
            let name = context.operation_name(*operation);
            out.at(
                origin,
                format!("the rules on `{name}` combine in too many ways to say which decide"),
            );
        }
    }
}
