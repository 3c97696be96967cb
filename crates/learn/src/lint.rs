//! What a profile must not contain before and after shrinking.

use std::fmt;

use lapbelt_policy::filter::{Argument, Filter, Protocol};
use lapbelt_policy::origin::Origin;
use lapbelt_policy::world::World;

use crate::source::Profile;

/// Something to mend in a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where, if known.
    pub origin: Option<Origin>,
    /// What, and what to do about it.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "{}: {}", origin.line, self.message),
            None => write!(f, "0: {}", self.message),
        }
    }
}

/// Unix sockets without a path, before and after shrinking. (That hosts are `*` or `localhost` and
/// ports numbers or `*` the front end has checked.)
pub fn lint(profile: &Profile, world: &World) -> Vec<Finding> {
    let mut findings = Vec::new();
    for filter in profile.policy.rules.iter().flat_map(|rule| &rule.filters) {
        if names_any_unix_socket(&filter.filter) {
            let name = profile.policy.sources.first().map_or("", String::as_str);
            let message = format!(
                "unix-socket filter without a path in {name} ({}); write \
                 (remote unix-socket (path-literal \"/path\"))",
                world.id()
            );
            findings.push(Finding {
                origin: filter.origin,
                message,
            });
        }
    }
    findings
}

fn names_any_unix_socket(filter: &Filter) -> bool {
    match filter {
        Filter::Any(parts) | Filter::All(parts) => parts.iter().any(names_any_unix_socket),
        Filter::Not(inner) => names_any_unix_socket(inner),
        Filter::Test(test) => {
            matches!(&test.argument, Argument::Network(pattern) if pattern.protocol == Protocol::Unix)
        }
    }
}
