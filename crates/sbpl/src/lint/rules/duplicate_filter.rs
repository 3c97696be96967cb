//! The same filter twice in a rule.

use crate::lint::context::Context;
use crate::lint::finding::{Edit, Effect, Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB404",
    name: "duplicate-filter",
    title: "the same filter stands in a rule twice",
    level: Level::Note,
    explanation: "The filters of a rule are alternatives, and the second of two equal ones adds \
        nothing. Perhaps another path was meant.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read*\n    (subpath \"/usr/lib\")\n    \
         (subpath \"/usr/lib\"))\n",
        "(version 1)\n(deny default)\n(allow file-read*\n    (subpath \"/usr/lib\")\n    \
         (subpath \"/usr/share\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for rule in context.rules() {
        for (at, filter) in rule.filters.iter().enumerate() {
            let Some(origin) = filter.origin.filter(|o| o.source == context.main()) else {
                continue;
            };
            let before = rule.filters[..at].iter();
            let Some(first) = before
                .filter(|other| other.origin != filter.origin)
                .find(|other| other.filter == filter.filter)
            else {
                continue;
            };
            let inside = rule.origin.is_some_and(|rule| {
                rule.source == origin.source && rule.start <= origin.start && origin.end <= rule.end
            });
            let edit = context.tree.node_at(origin).filter(|_| inside).map(|node| {
                let text = context.tree.parse.text();
                let span = context.tree.span(node);
                let start = text[..span.start].trim_end().len();
                // A comment before it ends with the line.
                let alone = !text[..start]
                    .rsplit('\n')
                    .next()
                    .unwrap_or("")
                    .contains(';');
                Edit {
                    start: if alone { start } else { span.start },
                    end: span.end,
                    text: String::new(),
                }
            });
            out.at(origin, "this filter stands in the rule already")
                .label(first.origin, "here")
                .fix("take it out", Effect::Keeps, edit);
        }
    }
}
