//! The same filter twice in a rule.

use std::collections::HashMap;

use lapbelt_policy::filter::Filter;
use lapbelt_policy::origin::Origin;

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
        // The places of equal filters, neighbours of the same place as one.
        let mut places: HashMap<&Filter, Vec<Option<Origin>>> = HashMap::new();
        for filter in &rule.filters {
            let before = places.entry(&filter.filter).or_default();
            let first = before.iter().find(|place| **place != filter.origin);
            let first = first.copied();
            if before.last() != Some(&filter.origin) {
                before.push(filter.origin);
            }
            let own = filter.origin.filter(|o| o.source == context.main());
            let (Some(origin), Some(first)) = (own, first) else {
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
                .label(first, "here")
                .fix("take it out", Effect::Keeps, edit);
        }
    }
}
