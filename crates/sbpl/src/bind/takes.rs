//! What filters and modifiers take, for who gave them something else.

use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{ArgumentKind, FilterInfo, ModifierInfo, ModifierKind};

use super::{Binder, Shape, suggest};
use crate::print::with_suffix;

/// As many names as a line holds; the rest is counted.
const LISTED: usize = 12;

const NUMBER: &str = "a number from 0 to 65535";

/// The filters of an entitlement and of its value, which profiles have other words for.
const LOAD: &str = "%entitlement-load";
const OF_VALUE: &str = "%entitlement-string";

/// How an entitlement is asked for.
pub(super) const ENTITLEMENT: &str = "write `(require-entitlement \"…\")`, or \
    `(require-entitlement \"…\" (entitlement-value \"…\"))`";

/// The name that profiles have for a filter.
pub(super) fn written_name(info: &FilterInfo) -> &str {
    match info.name.as_str() {
        LOAD => "require-entitlement",
        OF_VALUE => "entitlement-value",
        name => name,
    }
}

/// What a filter takes, in words that tell what to write.
pub(super) fn by_filter(info: &FilterInfo, shape: Shape) -> String {
    let names: Vec<&str> = info.values.iter().map(|(name, _)| name.as_str()).collect();
    match info.kind {
        ArgumentKind::PathPattern | ArgumentKind::Pattern => {
            let (suffix, text) = match shape {
                Shape::Exact => ("literal", "\"…\""),
                Shape::Prefix => ("prefix", "\"…\""),
                Shape::Subpath => ("subpath", "\"…\""),
                Shape::Regex => ("regex", "#\"…\""),
            };
            // Profiles have no word for a prefix of a value.
            let name = match shape {
                Shape::Prefix => &info.name,
                _ => written_name(info),
            };
            let name = with_suffix(name, info.kind, suffix);
            format!("write `({name} {text})`")
        }
        ArgumentKind::Text if info.name == LOAD => ENTITLEMENT.to_owned(),
        ArgumentKind::Text => format!("write `({} \"…\")`", written_name(info)),
        ArgumentKind::Integer if names.is_empty() => format!("`{}` takes {NUMBER}", info.name),
        ArgumentKind::Integer => {
            format!("`{}` takes {}, or {NUMBER}", info.name, listed(&names))
        }
        ArgumentKind::Bits => format!("write `({} #o0644)`", info.name),
        ArgumentKind::Bool => format!("`{}` takes #t or #f", info.name),
        ArgumentKind::Network => {
            let protocols: Vec<&str> = super::address::protocols().collect();
            format!("`{}` takes {}", info.name, listed(&protocols))
        }
    }
}

/// What is to be done about a name that is no value of a filter.
pub(super) fn instead(info: &FilterInfo, name: &str) -> Option<String> {
    let names = info.values.iter().map(|(name, _)| name.as_str());
    let near = match info.kind {
        ArgumentKind::Network => suggest::help(name, super::address::protocols()),
        _ => suggest::help(name, names),
    };
    near.or_else(|| Some(by_filter(info, Shape::Exact)))
}

/// What is to be done about a modifier, written as `word`, on a rule with an action that it is not
/// for.
pub(super) fn other_action(info: &ModifierInfo, action: Action, word: &str) -> String {
    let why = match (info.name.as_str(), action) {
        ("no-report", _) => "what is allowed is not reported anyway",
        ("report", _) => "what is denied is reported anyway",
        (_, Action::Allow) => "it is for deny rules",
        (_, Action::Deny) => "it is for allow rules",
    };
    let name = other_name(info, word).map_or_else(String::new, |name| name + "; ");
    format!("{name}{why}: leave it out")
}

/// Of what modifier a word is another name, if it is.
pub(super) fn other_name(info: &ModifierInfo, word: &str) -> Option<String> {
    let is_other = word != info.name;
    is_other.then(|| format!("`{word}` is another name of `{}`", info.name))
}

impl Binder<'_> {
    /// What a modifier takes, in words that tell what to write; `name` is the one it is written with.
    pub(super) fn by_modifier(&self, info: &ModifierInfo, name: &str) -> String {
        let names = self.world.modifier_names(info.id);
        match info.kind {
            ModifierKind::Flag => format!("write `(with {name})`"),
            ModifierKind::Integer if names.is_empty() => format!("`{name}` takes {NUMBER}"),
            ModifierKind::Integer => format!("`{name}` takes {}, or {NUMBER}", listed(&names)),
            ModifierKind::Text => format!("write `(with {name} \"…\")`"),
            ModifierKind::MessageFilter => "write `(apply-message-filter RULE…)`".to_owned(),
        }
    }

    /// The modifiers there are.
    pub(super) fn modifiers_listed(&self) -> String {
        let mut names: Vec<&str> = self
            .world
            .modifiers()
            .iter()
            .map(|m| m.name.as_str())
            .collect();
        names.sort_unstable();
        format!("there are {}", listed(&names))
    }
}

fn listed(names: &[&str]) -> String {
    let shown = names.len().min(LISTED);
    match names.len() - shown {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..shown].join(", ")),
    }
}
