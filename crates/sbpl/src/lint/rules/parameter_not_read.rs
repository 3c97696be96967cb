//! Parameters given in vain.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB005",
    name: "parameter-not-read",
    title: "a parameter is given that the profile never reads",
    level: Level::Warning,
    explanation: "Nothing complains about a parameter that no `(param …)` asks for. Most often its \
        name is misspelt on one side, and the rules that hang on it are not there.",
    example: Example {
        params: &[("PROJET", "/Users/me/project")],
        ..Example::new(
            "(version 1)\n(deny default)\n\
             (if (param \"PROJECT\")\n    (allow file-read* (subpath (param \"PROJECT\"))))\n",
            "(version 1)\n(deny default)\n\
             (if (param \"PROJET\")\n    (allow file-read* (subpath (param \"PROJET\"))))\n",
        )
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for name in &context.subject.unread_parameters {
        out.at(
            context.start(),
            format!("parameter `{name}` is given, but nothing reads it"),
        );
    }
}
