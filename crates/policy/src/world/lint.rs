//! What a world file may say, and yet hardly means.

use super::{ModifierKind, Operation, Part, Provenance, World};
use crate::rule::Version;

/// Something that is hardly meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Line of the file, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub text: String,
}

/// Looks over a world file that parses, and its own lines only: what a world it is based on says is
/// that file's.
pub fn lint(world: &World, provenance: &Provenance) -> Vec<Finding> {
    let mut findings: Vec<Finding> = provenance
        .uncited()
        .map(|(key, line)| Finding {
            line,
            text: format!("no fact cites the evidence `{key}`"),
        })
        .collect();
    let mut report = |kind: &str, name: &str, text: &str| {
        if let Some(line) = provenance.of(kind, name).and_then(|fact| fact.line) {
            let text = format!("{kind} `{name}` {text}");
            findings.push(Finding { line, text });
        }
    };
    for operation in world.operations() {
        for text in of_operation(operation, world) {
            report("operation", &operation.name, text);
        }
    }
    let knows_categories =
        !world.is_without(Part::Categories) && !world.is_without(Part::Operations);
    for filter in world.filters() {
        let accepted = world
            .operations()
            .iter()
            .any(|operation| operation.categories.contains(&filter.category));
        if knows_categories && !accepted {
            let text = "has a category that no operation accepts";
            report("filter", &filter.name, text);
        }
    }
    for modifier in world.modifiers() {
        if modifier.flags & !modifier.mask != 0 {
            let text = "sets flags outside its mask";
            report("modifier", &modifier.name, text);
        }
        if modifier.kind == ModifierKind::Flag && modifier.mask == 0 {
            report("modifier", &modifier.name, "is a flag without a bit");
        }
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

fn of_operation(operation: &Operation, world: &World) -> Vec<&'static str> {
    let mut texts = Vec::new();
    let decided = |version| operation.own_default(version).is_some();
    let versions = [Version::V1, Version::V2, Version::V3];
    if operation.parent.is_none() && !versions.into_iter().all(decided) {
        texts.push("has neither a parent nor a default of its own");
    }
    if operation.id == world.root() && operation.name != "default" {
        texts.push("is the first, which is `default` in every build that was seen");
    }
    let earlier = &world.operations()[..usize::from(operation.id.0)];
    if operation.in_table && earlier.iter().any(|other| !other.in_table) {
        texts.push("has a slot after operations that have none");
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{SHIPPED, shipped_text};

    fn found(text: &str, base: &dyn Fn(&str) -> Option<&'static str>) -> Vec<(usize, String)> {
        let world = World::parse(text, base).expect("a world");
        let findings = lint(&world, &Provenance::read(text, base));
        findings.into_iter().map(|f| (f.line, f.text)).collect()
    }

    #[test]
    fn each_is_found_on_its_line() {
        let text = "\
world w
evidence e seen
evidence g never
operation 0 first parent=- evidence=e
operation 1 beyond parent=first slot=no evidence=e
operation 2 within parent=first categories=c evidence=e
filter 1 f category=d kind=bool cost=0 evidence=e
modifier 1 m actions=allow argument=none evidence=e
modifier 2 n actions=allow argument=none mask=4 flags=12 evidence=e
";
        let found = found(text, &|_| None);
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 4, 6, 7, 8, 9], "{found:?}");
    }

    #[test]
    fn shipped_worlds_are_clean() {
        for (name, text) in SHIPPED {
            assert_eq!(found(text, &shipped_text), [], "{name}");
        }
    }
}
