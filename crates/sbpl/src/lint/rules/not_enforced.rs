//! What this world cannot enforce.

use lapbelt_policy::rule::{Action, Rule};

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB603",
    name: "not-enforced",
    title: "a deny that no system call of this world is asked about",
    level: Level::Note,
    explanation: "On Linux the supervisor asks the profile about the operations that system calls \
        can be told apart by. What has no counterpart there (Mach services, IOKit, Apple events) \
        cannot happen, and a few things can happen that are not asked about. A deny of an \
        operation that is never asked refuses nothing.",
    example: Example {
        world: "linux",
        ..Example::new(
            "(version 1)\n(allow default)\n(deny mach-lookup)\n",
            "(version 1)\n(allow default)\n(deny network*)\n",
        )
    },
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let world = context.world;
    if !context.asks_some_only() {
        return;
    }
    let asked = |rule: &Rule| {
        let mut operations = rule.operations.iter();
        operations.any(|id| {
            context
                .members(*id)
                .any(|member| world.operation(member).enforced)
        })
    };
    for rule in context.rules() {
        if rule.action == Action::Deny
            && !asked(rule)
            && let Some(origin) = context.place(rule)
        {
            let name = context.operation_name(rule.operations[0]);
            out.at(
                origin,
                format!("nothing on {} is asked as `{name}`", world.id()),
            );
        }
    }
}
