//! Comments that silence nothing.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: super::UNUSED_SUPPRESSION,
    name: "unused-suppression",
    title: "a comment silences a lint that finds nothing there",
    level: Level::Note,
    explanation: "The finding that the comment was for is gone. Left in place it would hide the \
        next one.",
    example: Example::new(
        "(version 1)\n(deny default)\n; lapbelt: allow(LB201) for the link\n\
         (allow file-read* (subpath \"/private/tmp/build\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/private/tmp/build\"))\n",
    ),
    check,
};

/// Found where comments are applied.
fn check(_: &Context<'_>, _: &mut Sink) {}
