//! Comments that silence a lint that there is not.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: super::UNKNOWN_SUPPRESSION,
    name: "unknown-suppression",
    title: "a comment silences a lint that does not exist",
    level: Level::Warning,
    explanation: "`; lapbelt: allow(LB201) reason` behind a line or before a form silences a lint \
        there. A code that no lint has silences nothing.",
    example: Example::new(
        "(version 1)\n(deny default)\n; lapbelt: allow(LB999) we know\n\
         (allow file-read* (subpath \"/tmp/build\"))\n",
        "(version 1)\n(deny default)\n; lapbelt: allow(LB201) for the link\n\
         (allow file-read* (subpath \"/tmp/build\"))\n",
    ),
    check,
};

/// Found where comments are applied.
fn check(_: &Context<'_>, _: &mut Sink) {}
