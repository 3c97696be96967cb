//! A policy as text for a system that enforces it by itself, so written that its log tells what
//! we need to know.

use lapbelt_policy::rule::{Action, Modifier, ModifierArgument, Policy, Rule};
use lapbelt_policy::world::{ModifierId, OperationId, World};
use lapbelt_sandbox::{Dialect, SystemProfile};
use lapbelt_sbpl::print;

/// Operations of which allowed ones are reported too: what the program creates has to go before a
/// fresh run, and what it takes away cannot be put back.
const REPORTED: [&str; 2] = ["file-write-create", "file-write-unlink"];

/// The profile, its parameters applied. Each denial carries the mark as its message, and so do creations and removals that are
/// allowed, which are reported; what is decided is the same.
pub fn system_profile(policy: &Policy, dialect: &Dialect, world: &World) -> SystemProfile {
    SystemProfile::of_text(text(policy, dialect, world))
}

fn text(policy: &Policy, dialect: &Dialect, world: &World) -> String {
    let mut policy = policy.clone();
    let says_default =
        |rule: &Rule| rule.filters.is_empty() && rule.operations.contains(&world.root());
    if !policy.rules.iter().any(says_default) {
        let default = Rule {
            action: Action::Deny,
            operations: vec![world.root()],
            filters: Vec::new(),
            modifiers: Vec::new(),
            origin: None,
        };
        policy.rules.insert(0, default);
    }
    let reported: Vec<OperationId> = REPORTED
        .iter()
        .filter_map(|name| world.operation_named(name))
        .map(|operation| operation.id)
        .collect();
    for rule in &mut policy.rules {
        let reaches = |of: &OperationId| {
            let named = &rule.operations;
            named.iter().any(|named| world.falls_back_to(*of, *named))
        };
        let says = |name: &str| world.modifier_named(name).map(|info| info.id);
        match rule.action {
            Action::Allow if !reported.iter().any(reaches) => continue,
            Action::Allow => set(rule, says("report"), None),
            Action::Deny => {
                let silent = says("no-report");
                rule.modifiers.retain(|own| Some(own.modifier) != silent);
            }
        }
        let message = says("message");
        // A rule carries one argument at most.
        let other = |own: &Modifier| own.argument.is_some() && Some(own.modifier) != message;
        if let Some(mark) = &dialect.mark
            && !rule.modifiers.iter().any(other)
        {
            let mark = ModifierArgument::Text(mark.clone().into_bytes());
            set(rule, message, Some(mark));
        }
    }
    print::policy(&policy, world)
}

/// Gives a rule a modifier in place of what it has of the kind.
fn set(rule: &mut Rule, modifier: Option<ModifierId>, argument: Option<ModifierArgument>) {
    if let Some(modifier) = modifier {
        rule.modifiers.retain(|own| own.modifier != modifier);
        rule.modifiers.push(Modifier { modifier, argument });
    }
}

#[cfg(test)]
mod tests {
    use lapbelt_policy::world::shipped;

    use super::*;
    use crate::base::Base;

    fn text(profile: &str, mark: Option<&str>) -> String {
        let world = shipped("macos-14.4.1").expect("shipped").expect("parses");
        let mut base = Base::seed(Default::default(), None);
        base.text = profile.to_owned();
        let policy = base.evaluate(&world).expect("it evaluates").policy;
        let dialect = Dialect {
            mark: mark.map(str::to_owned),
        };
        super::text(&policy, &dialect, &world)
    }

    #[test]
    fn denials_are_marked_and_creations_reported() {
        let profile = "(version 1)(deny default)(allow file-write* (literal \"/a\"))\
                       (allow file-read* (literal \"/b\"))(deny file-read-data (with no-report))";
        assert_eq!(
            text(profile, Some("m-1")),
            "(version 1)\n\
             (deny default (with message \"m-1\"))\n\
             (allow file-write* (literal \"/a\") (with report) (with message \"m-1\"))\n\
             (allow file-read* (literal \"/b\"))\n\
             (deny file-read-data (with message \"m-1\"))\n"
        );
    }

    #[test]
    fn the_default_is_written_out() {
        assert_eq!(
            text("(version 1)", Some("m")),
            "(version 1)\n(deny default (with message \"m\"))\n"
        );
        assert_eq!(
            text("(version 1)(deny default)", None),
            "(version 1)\n(deny default)\n"
        );
    }
}
