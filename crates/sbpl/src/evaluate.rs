//! From the text of a profile to a policy.

use std::collections::BTreeMap;

use lapbelt_policy::origin::{Origin, SourceId};
use lapbelt_policy::rule::{Policy, Version};
use lapbelt_policy::world::World;

use crate::bind::Binder;
use crate::diag::{Code, Diagnostic, Severity};
use crate::eval::machine::Machine;
use crate::eval::read::Lines;
use crate::source::{Imports, LoadedSource, Source};
use crate::syntax::Span;

/// The parameter that turns off the rules a system adds to every profile.
pub const NO_IMPLICIT_RULES: &str = "NO_IMPLICIT_RULES";

/// What came out of a profile.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The policy; `None` if any diagnostic is an error.
    pub policy: Option<Policy>,
    /// What was found, in the order it was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that took part, in the order of their [`lapbelt_policy::origin::SourceId`].
    pub sources: Vec<LoadedSource>,
    /// Where each of them was first imported; `None` for the profile itself.
    pub imported_at: Vec<Option<Origin>>,
}

/// Evaluates a profile in a world.
///
/// `params` are what `(param NAME)` gives; `imports` finds the texts of `(import NAME)`. A profile
/// with several mistakes gets a diagnostic for each top-level form that has one. Evaluation is
/// bounded in steps, memory and depth, and gives the same result each time.
pub fn evaluate(
    source: &Source<'_>,
    params: &BTreeMap<String, String>,
    imports: &dyn Imports,
    world: &World,
) -> Evaluation {
    let mut machine = Machine::new();
    let mut binder = Binder::new(world, params, imports);
    let loaded = LoadedSource {
        name: source.name.to_owned(),
        text: source.text.to_owned(),
    };
    if let Ok(forms) = binder.load(loaded, None, &mut machine.heap) {
        machine.run(forms, &mut binder);
        let ran = binder
            .diagnostics
            .iter()
            .all(|d| d.severity != Severity::Error);
        if binder.version.is_none() && ran {
            let message = "the profile has no `(version …)`";
            // Where it is missing: at the start.
            let start = Lines::new(SourceId(0), source.text).origin(Span { start: 0, end: 0 });
            let mut diagnostic = Diagnostic::error(Code::Version, message, Some(start));
            diagnostic.help = Some("start the profile with `(version 1)`".into());
            binder.diagnostics.push(diagnostic);
        }
    }
    let Binder {
        sources,
        imported_at,
        rules,
        version,
        diagnostics,
        ..
    } = binder;
    let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
    let policy = (!failed).then(|| Policy {
        version: version.unwrap_or(Version::V1),
        rules,
        sources: sources.iter().map(|source| source.name.clone()).collect(),
        implied: !params.contains_key(NO_IMPLICIT_RULES),
    });
    Evaluation {
        policy,
        diagnostics,
        sources,
        imported_at,
    }
}
