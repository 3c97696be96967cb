//! No `(version …)`.

use crate::lint::context::Context;
use crate::lint::finding::{Edit, Effect, Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB002",
    name: "missing-version",
    title: "the profile does not say which version of the language it is in",
    level: Level::Warning,
    explanation: "A profile starts with `(version 1)`; without it sandbox-exec refuses the whole \
        text. A text that is only ever imported by others needs none: silence the finding there.",
    example: Example::new(
        "(deny default)\n(allow file-read* (subpath \"/usr/lib\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr/lib\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    if !context.subject.lacks_version {
        return;
    }
    let start = context.start();
    let at = start.start as usize;
    let edit = Edit {
        start: at,
        end: at,
        text: "(version 1)\n".to_owned(),
    };
    out.at(start, "the profile has no `(version …)`")
        .help("start the profile with `(version 1)`")
        .fix("insert `(version 1)`", Effect::Changes, Some(edit));
}
