//! Rules as text that was read again.

use std::collections::BTreeMap;

use lapbelt_analysis::diff::diff;
use lapbelt_analysis::subject::Subject as Analysed;
use lapbelt_analysis::unix_sockets::unix_sockets;
use lapbelt_blob::encode::encode;
use lapbelt_policy::filter::Filter;
use lapbelt_policy::graph::lower;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;
use lapbelt_sbpl::expand::expand;
use lapbelt_sbpl::{NO_IMPLICIT_RULES, NoImports, Source, evaluate};

use crate::cmd::compile::WRITTEN;

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

/// Whether rules compile to these bytes, if there are any and such are written.
pub(super) fn compiles_to(policy: &Policy, bytes: Option<&[u8]>, world: &World) -> Option<bool> {
    let bytes = bytes.filter(|_| world.layout() == Some(WRITTEN));
    bytes.map(|bytes| encode(policy, world).is_ok_and(|made| made.bytes == bytes))
}

/// The rules with unix sockets named as such, if they are none the worse for it: they have to compile
/// to the same bytes. What only kept other paths apart from any path is not needed then.
pub(super) fn with_unix_sockets(policy: Policy, world: &World) -> Policy {
    let Some(named) = unix_sockets(&policy, world) else {
        return policy;
    };
    let bytes = |policy: &Policy| encode(policy, world).map(|made| made.bytes).ok();
    let wanted = bytes(&policy);
    let mut plain = named.clone();
    let filters = plain.rules.iter_mut().flat_map(|rule| &mut rule.filters);
    for one in filters {
        if let Filter::Not(inner) = &one.filter
            && let Filter::Not(inner) = &**inner
        {
            one.filter = (**inner).clone();
        }
    }
    let mut ways = [plain, named].into_iter();
    let same = ways.find(|way| wanted.is_some() && bytes(way) == wanted);
    same.unwrap_or(policy)
}
