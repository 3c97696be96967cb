//! Words of other systems: what a profile made for them says that this world has nothing for.
//!
//! A system refuses a profile with such a word. Whoever reads one for another system wants to know
//! the rest of it, so here the word is passed over, with a warning, in the one way that changes no
//! decision: a rule about an operation that is never asked decides nothing, and a filter on a value
//! that no request has never holds.

use lapbelt_policy::origin::Origin;
use lapbelt_policy::world::SHIPPED;

use super::{Binder, Object, Procedure};
use crate::diag::{Code, Diagnostic};
use crate::eval::heap::Heap;
use crate::eval::value::Value;

/// What a word of another system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Operation,
    Filter,
    Modifier,
}

const KINDS: &[(&str, Kind)] = &[
    ("operation", Kind::Operation),
    ("filter", Kind::Filter),
    ("modifier", Kind::Modifier),
];

/// Operations of systems whose tables are not known, with where they were seen: in decompiled
/// profiles, or in the text of shipped ones.
const OPERATIONS: &[(&str, &str)] = &[
    ("coalition-info", "macOS 26"),
    ("file-read-times", "iOS 10"),
    ("fs-info", "macOS 15"),
    ("isp-command-send", "iOS"),
    ("mach-task-exception-port-set", "macOS 15"),
    ("priv*", "iOS 7"),
    ("priv-adjtime", "iOS 7"),
    ("priv-netinet*", "iOS 7"),
    ("priv-netinet-reservedport", "iOS 7"),
    ("process-info-sandbox-container", "macOS 15"),
    ("process-iopolicy*", "macOS 15"),
    ("process-iopolicy-get", "macOS 15"),
    ("process-iopolicy-set", "macOS 15"),
    ("qtn-sandbox", "Mac OS X 10.7"),
    ("sandbox-check", "macOS 15"),
];

/// What a word is elsewhere, and where.
fn elsewhere(word: &str) -> Option<(Kind, &'static str)> {
    if let Some((_, system)) = OPERATIONS.iter().find(|(name, _)| *name == word) {
        return Some((Kind::Operation, system));
    }
    let stems = ["", "-prefix", "-regex"].map(|suffix| word.strip_suffix(suffix));
    SHIPPED.iter().find_map(|(system, text)| {
        text.lines().find_map(|line| {
            let mut fields = line.split(' ');
            let head = fields.next()?;
            let (_, kind) = KINDS.iter().find(|(word, _)| *word == head)?;
            let name = fields.nth(1)?;
            let stems = &stems[..if *kind == Kind::Filter { 3 } else { 1 }];
            stems.contains(&Some(name)).then_some((*kind, *system))
        })
    })
}

impl Binder<'_> {
    /// What stands for a word of another system, with a warning.
    pub(super) fn foreign(
        &mut self,
        word: &str,
        origin: Option<Origin>,
        heap: &mut Heap,
    ) -> Option<Value> {
        let (kind, system) = elsewhere(word)?;
        let (noun, effect, value) = match kind {
            Kind::Operation => (
                "an operation",
                "a rule on it decides nothing",
                self.object(Object::Operation(None), heap),
            ),
            Kind::Filter => (
                "a filter",
                "it never holds",
                self.procedure(Procedure::Never),
            ),
            Kind::Modifier => (
                "a modifier",
                "it changes nothing",
                self.procedure(Procedure::Option),
            ),
        };
        let message = format!("`{word}` is {noun} of {system}, unknown here: {effect}");
        let mut diagnostic = Diagnostic::warning(Code::OtherSystem, message, origin);
        diagnostic.help = Some(format!(
            "a system without it refuses the profile; ask `(defined? '{word})` before"
        ));
        self.note(diagnostic);
        Some(value)
    }
}
