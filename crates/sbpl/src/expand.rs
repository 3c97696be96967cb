//! A profile with all that it imports, computes and is given, as flat rules.

use std::fmt::Write;

use lapbelt_policy::origin::Origin;
use lapbelt_policy::rule::{Policy, Rule};
use lapbelt_policy::world::World;

use crate::evaluate::NO_IMPLICIT_RULES;
use crate::fmt;
use crate::print;

/// The rules of a policy as canonical SBPL in the house style, each below a comment that says where
/// it stands: `; FILE:LINE:COLUMN`, and for an imported text where that was imported.
///
/// `imported_at` is [`crate::Evaluation::imported_at`]. The text evaluates to the same policy, to
/// be given the parameter [`NO_IMPLICIT_RULES`] if the profile was.
pub fn expand(policy: &Policy, imported_at: &[Option<Origin>], world: &World) -> String {
    let mut out = print::version(policy.version);
    if !policy.implied {
        let _ = writeln!(out, "; Compile with -D {NO_IMPLICIT_RULES}=1.");
    }
    for rule in &policy.rules {
        out.push('\n');
        let places: Vec<String> = places(rule, imported_at)
            .into_iter()
            .map(|place| shown(place, policy))
            .collect();
        if !places.is_empty() {
            let _ = writeln!(out, "; {}", places.join(", imported at "));
        }
        out.push_str(&print::rule(rule, world));
        out.push('\n');
    }
    // What was printed is well formed, so there is nothing that could keep it from being laid out.
    fmt::format(&out).unwrap_or(out)
}

/// Where a rule stands, where the text it stands in is imported, and so on outwards.
pub fn places(rule: &Rule, imported_at: &[Option<Origin>]) -> Vec<Origin> {
    let filters = rule.filters.iter().map(|filter| filter.origin);
    let first = [rule.origin].into_iter().chain(filters).flatten().next();
    let outer = |place: &Origin| *imported_at.get(place.source.0 as usize)?;
    // A text is first imported by one that was there before, so this comes to an end.
    let places = std::iter::successors(first, outer);
    places.take(imported_at.len().max(1)).collect()
}

fn shown(place: Origin, policy: &Policy) -> String {
    let name = policy.sources.get(place.source.0 as usize);
    // A line end in a file name would end the comment.
    let name = name.map_or_else(|| "?".to_owned(), |name| name.replace(['\n', '\r'], "?"));
    format!("{name}:{}:{}", place.line, place.column)
}
