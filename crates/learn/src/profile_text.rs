//! Writing atoms as a profile that a person would have written.
//!
//! Operations do not see each other's rules, so they can be sorted by name; within an operation
//! filters are joined and sorted as long as action and modifiers stay the same, and the order of
//! different actions is kept, because the newest match decides.

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Action, Modifier, Rule, RuleFilter, Version};
use lapbelt_policy::world::{OperationId, World};
use lapbelt_sbpl::print;

use crate::atom::Atom;

/// The number in `(version N)`.
fn version_number(version: Version) -> u8 {
    match version {
        Version::V1 => 1,
        Version::V2 => 2,
        Version::V3 => 3,
    }
}

/// A whole profile: version, defaults, then the rules.
pub fn profile(version: Version, atoms: &[Atom], world: &World) -> String {
    let mut text = format!("(version {})\n", version_number(version));
    let (defaults, others): (Vec<_>, Vec<_>) = atoms
        .iter()
        .cloned()
        .partition(|atom| atom.operation == world.root());
    let defaults = rules(&defaults, world);
    if !defaults.is_empty() {
        text.push_str(&defaults);
    }
    let others = rules(&others, world);
    if !others.is_empty() {
        text.push('\n');
        text.push_str(&others);
    }
    text
}

/// Just the rules, one per operation and run of equal action, filters sorted, with a comment where
/// it is known what needed them.
pub fn rules(atoms: &[Atom], world: &World) -> String {
    let mut by_operation: BTreeMap<&str, Vec<&Atom>> = BTreeMap::new();
    for atom in atoms {
        by_operation
            .entry(&world.operation(atom.operation).name)
            .or_default()
            .push(atom);
    }
    let mut text = String::new();
    for atoms in by_operation.values() {
        let mut start = 0;
        while start < atoms.len() {
            let head = atoms[start];
            let run = atoms[start..]
                .iter()
                .take_while(|atom| joins(head, atom))
                .count()
                .max(1);
            text.push_str(&rule(&atoms[start..start + run], world));
            start += run;
        }
    }
    text
}

fn joins(head: &Atom, next: &Atom) -> bool {
    let alike = head.action == next.action && head.modifiers == next.modifiers;
    alike && head.filter.is_some() && next.filter.is_some()
}

/// One rule from atoms of one operation that differ in their filters only.
fn rule(atoms: &[&Atom], world: &World) -> String {
    let head = atoms[0];
    let mut filters: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for atom in atoms {
        if let Some(filter) = &atom.filter {
            let text = filter_text(filter, head.operation, world);
            let needed = filters.entry(text).or_default();
            needed.extend(atom.needed_by.iter().map(String::as_str));
        }
    }
    let opening = opening(head.action, head, &head.modifiers, world);
    let Some((first, needed)) = filters.first_key_value() else {
        return format!(
            "{opening}){}\n",
            comment(head.needed_by.iter().map(String::as_str))
        );
    };
    if filters.len() == 1 {
        return format!("{opening} {first}){}\n", comment(needed.iter().copied()));
    }
    let mut text = opening;
    let last = filters.len() - 1;
    for (index, (filter, needed)) in filters.iter().enumerate() {
        let close = if index == last { ")" } else { "" };
        text.push_str(&format!(
            "\n  {filter}{close}{}",
            comment(needed.iter().copied())
        ));
    }
    text.push('\n');
    text
}

/// A filter as its operation's readers know it: a path on a network operation is that of a unix
/// socket, and says so.
fn filter_text(filter: &Filter, operation: OperationId, world: &World) -> String {
    let name = &world.operation(operation).name;
    match filter {
        Filter::Test(Test {
            argument: Argument::Pattern(pattern),
            ..
        }) if name.starts_with("network") => {
            let end = if name == "network-outbound" {
                "remote"
            } else {
                "local"
            };
            let path = match pattern {
                Pattern::Literal(path) => format!("(path-literal {})", print::quote(path)),
                _ => print::filter(filter, world),
            };
            format!("({end} unix-socket {path})")
        }
        _ => print::filter(filter, world),
    }
}

/// `(allow OPERATION (with …)`, left open.
fn opening(action: Action, head: &Atom, modifiers: &[Modifier], world: &World) -> String {
    let bare = Rule {
        action,
        operations: vec![head.operation],
        filters: Vec::<RuleFilter>::new(),
        modifiers: modifiers.to_vec(),
        origin: None,
    };
    let mut text = print::rule(&bare, world);
    text.truncate(text.trim_end().trim_end_matches(')').len());
    // Modifiers keep their own closing parentheses.
    let open = text.matches('(').count();
    let closed = text.matches(')').count();
    text.push_str(&")".repeat(open.saturating_sub(closed + 1)));
    text
}

/// A comment of program names; names are the system's and may hold anything, so only plain
/// characters are shown.
/// The programs that the comment on a line of these rules names.
pub(crate) fn needed_by(line: &str) -> BTreeSet<String> {
    let names = line.rsplit_once("  ; ").map(|(_, names)| names.split(", "));
    names.into_iter().flatten().map(str::to_owned).collect()
}

fn comment<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let plain = |name: &str| -> String {
        name.chars()
            .map(|c| {
                if c.is_ascii_graphic() || c == ' ' {
                    c
                } else {
                    '?'
                }
            })
            .collect()
    };
    let names: Vec<String> = names.map(plain).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("  ; {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use lapbelt_policy::pattern::regex::Regex;
    use lapbelt_policy::world::shipped;

    use super::*;

    #[test]
    fn a_path_of_a_socket_says_that_it_is_one() {
        let world = shipped("linux").expect("shipped").expect("a good file");
        let path = world.filter_named("path").expect("known").id;
        let told = |operation: &str, pattern: Pattern| {
            let operation = world.operation_named(operation).expect("known").id;
            let test = Test {
                filter: path,
                argument: Argument::Pattern(pattern),
            };
            rules(&[Atom::allow(operation, Some(Filter::Test(test)))], &world)
        };
        let regex = || Pattern::Regex(Regex::new("^/tmp/agent[0-9]+$").expect("an expression"));
        assert_eq!(
            told("network-inbound", regex()),
            "(allow network-inbound (local unix-socket (regex #\"^/tmp/agent[0-9]+$\")))\n"
        );
        assert_eq!(
            told("network-outbound", Pattern::Literal(b"/s".to_vec())),
            "(allow network-outbound (remote unix-socket (path-literal \"/s\")))\n"
        );
        assert_eq!(
            told("file-read-data", regex()),
            "(allow file-read-data (regex #\"^/tmp/agent[0-9]+$\"))\n"
        );
    }

    #[test]
    fn what_is_learnt_is_in_the_house_style() {
        let world = shipped("linux").expect("shipped").expect("a good file");
        let path = world.filter_named("path").expect("known").id;
        let operation = world.operation_named("file-read-data").expect("known").id;
        let atom = |text: &str| {
            let test = Test {
                filter: path,
                argument: Argument::Pattern(Pattern::Literal(text.into())),
            };
            let mut atom = Atom::allow(operation, Some(Filter::Test(test)));
            atom.needed_by.insert("cat".to_owned());
            atom
        };
        for atoms in [vec![atom("/a")], vec![atom("/a"), atom("/b")]] {
            let text = profile(Version::V1, &atoms, &world);
            let formatted = lapbelt_sbpl::fmt::format(&text).expect("a profile");
            assert_eq!(formatted, text);
        }
    }
}
