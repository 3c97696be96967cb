//! Parameters that the profile cannot do without.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB004",
    name: "parameter-not-given",
    title: "the profile does not evaluate without a parameter that was not given",
    level: Level::Note,
    explanation: "`(param \"NAME\")` is #f when no -D NAME=… is given, and a filter given #f makes \
        sandbox-exec refuse the profile. The profile is linted with a path that stands in for the \
        value; give the parameter for a full answer, or guard it: `(if (param \"NAME\") …)`. If \
        other parameters were given, one of them may be misspelt, and the finding is a warning.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath (param \"PROJECT\")))\n",
        "(version 1)\n(deny default)\n\
         (if (param \"PROJECT\")\n    (allow file-read* (subpath (param \"PROJECT\"))))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let (subject, tree) = (context.subject, &context.tree);
    let others_given = !subject.unread_parameters.is_empty();
    for name in &subject.missing_parameters {
        let read = tree.forms().find(|form| {
            let argument = tree.argument(*form, 0).and_then(|id| tree.string(id));
            matches!(tree.head(*form), Some("param" | "getenv"))
                && argument.as_deref() == Some(name.as_bytes())
        });
        let origin = read.map_or_else(|| context.start(), |form| tree.origin(form));
        let finding = out.at(origin, format!("parameter `{name}` is not given"));
        finding.help(format!("pass it with -D {name}=VALUE"));
        if others_given {
            finding.level(Level::Warning);
        }
    }
}
