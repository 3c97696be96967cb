//! Rules as text that was read again.

use std::collections::BTreeMap;

use lapbelt_analysis::diff::diff;
use lapbelt_analysis::subject::Subject as Analysed;
use lapbelt_analysis::unix_sockets::unix_sockets;
use lapbelt_blob::encode::encode;
use lapbelt_policy::graph::lower;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;
use lapbelt_sbpl::expand::expand;
use lapbelt_sbpl::{NO_IMPLICIT_RULES, NoImports, Source, evaluate};

/// The parameters that rules have to be compiled with.
pub(super) fn params(policy: &Policy) -> BTreeMap<String, String> {
    let opted_out = (!policy.implied).then(|| (NO_IMPLICIT_RULES.to_string(), "1".to_string()));
    opted_out.into_iter().collect()
}

/// The text of the rules that `subject` was decompiled to, and whether it compiles to the same
/// bytes, if they are given.
///
/// # Errors
/// If what is read from the text does not decide as the subject does: some bytes that only a hand
/// can write stand for no text.
pub(super) fn text(
    policy: &Policy,
    subject: &Analysed<'_>,
    bytes: Option<&[u8]>,
    world: &World,
) -> Result<(String, Option<bool>), String> {
    let text = expand(policy, &[], world);
    let source = Source {
        name: "decompiled",
        text: &text,
    };
    let refused = || "the rules found cannot be written as text".to_string();
    let read = evaluate(&source, &params(policy), &NoImports, world).policy;
    let read = read.ok_or_else(refused)?;
    let same_bytes = compiles_to(&read, bytes, world);
    if same_bytes != Some(true) {
        let again = Analysed::of_rules(lower(&read, world), &read.rules, world);
        let answer = diff(subject, &again, 1);
        if !answer.different.is_empty() || !answer.undecided.is_empty() {
            return Err(refused());
        }
    }
    Ok((text, same_bytes))
}

/// Whether rules compile to these bytes, if there are any.
pub(super) fn compiles_to(policy: &Policy, bytes: Option<&[u8]>, world: &World) -> Option<bool> {
    bytes.map(|bytes| encode(policy, world).is_ok_and(|made| made.bytes == bytes))
}

/// The rules with unix sockets named as such, if they are none the worse for it: they have to compile
/// to the same bytes.
pub(super) fn with_unix_sockets(policy: Policy, world: &World) -> Policy {
    let bytes = |policy| encode(policy, world).map(|made| made.bytes).ok();
    match unix_sockets(&policy, world) {
        Some(named) if bytes(&named).is_some_and(|made| Some(made) == bytes(&policy)) => named,
        _ => policy,
    }
}
