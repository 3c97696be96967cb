//! Words that the world does not have and that were taken for something all the same.

use crate::diag::Code;
use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB010",
    name: "unknown-here",
    title: "a word that this system does not have",
    level: Level::Error,
    explanation: "The word is of another release, or is one that profiles mostly define for \
        themselves. It is passed over or taken as usual, so that the rest of the profile can be \
        read, but sandbox-exec on this system refuses the whole profile. Ask `(defined? 'NAME)` \
        before a rule on an operation that only some releases have; a helper has to be defined, or \
        imported. In a piece without a version, which others import, the helper may be theirs, \
        and the finding is a note.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow load-unsigned-code)\n",
        "(version 1)\n(deny default)\n\
         (if (defined? 'load-unsigned-code)\n    (allow load-unsigned-code))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for warning in context.warnings() {
        let level = match warning.code {
            Code::OtherSystem => Level::Error,
            // What has no version of its own is a piece of something else.
            Code::Assumed if context.subject.lacks_version => Level::Note,
            Code::Assumed => Level::Warning,
            _ => continue,
        };
        if let Some(origin) = warning.origin {
            let finding = out.at(origin, warning.message.clone());
            finding.level(level).help.clone_from(&warning.help);
        }
    }
}
