//! Signs of repetition with nothing before them.

use crate::diag::Code;
use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB306",
    name: "regex-repeats-nothing",
    title: "a sign of repetition in a regular expression with nothing before it",
    level: Level::Warning,
    explanation: "`*/name` is how a shell writes it; in a regular expression `*` repeats what \
        stands before it, and here nothing does. A system takes such expressions, and what it makes \
        of them is not known. Write `.*/name` or leave the sign out.",
    example: Example::new(
        "(version 1)\n(deny default)\n\
         (allow network-outbound (remote unix-socket (regex #\"*/docker.sock$\")))\n",
        "(version 1)\n(deny default)\n\
         (allow network-outbound (remote unix-socket (regex #\"^/.*/docker[.]sock$\")))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let doubtful = context
        .warnings()
        .filter(|warning| warning.code == Code::BadRegex);
    for warning in doubtful {
        if let Some(origin) = warning.origin {
            out.at(origin, warning.message.clone());
        }
    }
}
