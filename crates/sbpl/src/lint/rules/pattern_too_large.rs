//! Patterns that do not fit.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::sizes::PATTERN;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB601",
    name: "pattern-too-large",
    title: "patterns that are compiled into one take more than 65,535 bytes",
    level: Level::Warning,
    explanation: "All literals, prefixes, subpaths and expressions of one rule, and those of \
        neighbouring rules with the same action on the same operation, become one matching \
        program, whose length has 16 bits. Beyond that our own compiler writes several, which are \
        asked one after the other; what the system's does is not known, and no one expression or \
        text may be longer. Sizes are those of our own compiler, which writes what the system's \
        does for every profile that both are known of. Split it: a rule with the other action between two halves keeps them \
        apart, one subpath can stand for many literals, and an operation's members can share the \
        load.",
    example: Example::new(
        "(version 1)\n(deny default)\n(define tail (make-string 250 #\\x))\n\
         (let loop ((n 300))\n  (when (> n 0)\n    \
         (allow file-read* (literal (string-append \"/opt/\" (number->string n) tail)))\n    \
         (loop (- n 1))))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/opt\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(sizes) = &context.subject.sizes else {
        return;
    };
    for pattern in sizes
        .patterns
        .iter()
        .filter(|pattern| pattern.bytes > PATTERN)
    {
        let rule = pattern.rule.and_then(|at| context.rules().get(at as usize));
        let origin = rule.and_then(|rule| context.place(rule));
        let name = &context.world.filter(pattern.filter).name;
        out.at(
            origin.unwrap_or_else(|| context.start()),
            format!(
                "the `{name}` patterns joined here take {} bytes of {PATTERN}",
                pattern.bytes
            ),
        )
        .help("split them by a rule with the other action between, or name folders, not files");
    }
}
