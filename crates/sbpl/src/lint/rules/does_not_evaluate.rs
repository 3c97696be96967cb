//! Errors of the front end.

use crate::diag::{Code, Severity};
use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: super::DOES_NOT_EVALUATE,
    name: "does-not-evaluate",
    title: "the profile does not evaluate",
    level: Level::Error,
    explanation: "A name that no system of this world knows, a value of the wrong type, a missing \
        parenthesis: sandbox-exec refuses the whole profile, so none of its rules protects \
        anything. Most lints look at the rules that come out of a profile and are silent until it \
        evaluates.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-raed* (subpath \"/usr/lib\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr/lib\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let errors = context.subject.diagnostics.iter();
    for error in errors.filter(|d| d.severity == Severity::Error && d.code != Code::BadAddress) {
        // An error in an imported text is shown where it was imported: at the top.
        let own = error
            .origin
            .filter(|origin| origin.source == context.main());
        let finding = out.at(
            own.unwrap_or_else(|| context.start()),
            error.message.clone(),
        );
        finding.labels.clone_from(&error.labels);
        finding.help.clone_from(&error.help);
        let unknown = matches!(
            error.code,
            Code::Unbound | Code::UnknownFilter | Code::UnknownOperation | Code::UnknownModifier
        );
        if unknown && !context.subject.missing_imports.is_empty() {
            finding
                .level(Level::Note)
                .help("an import that was not found may define it");
        }
        if own.is_none() {
            finding.label(error.origin, "here");
        }
    }
}
