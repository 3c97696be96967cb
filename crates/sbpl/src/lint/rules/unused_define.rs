//! Definitions that nothing uses.

use std::collections::BTreeMap;

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::{Example, Lint};
use crate::syntax::{NodeKind, TokenKind};

pub(super) static LINT: Lint = Lint {
    code: "LB009",
    name: "unused-define",
    title: "a name is defined and never used",
    level: Level::Note,
    explanation: "A path that is defined and never used most often means that a rule was \
        forgotten, or names another path than it should. A text without rules or without a \
        version of its own is taken for a part of others, which use its definitions.",
    example: Example::new(
        "(version 1)\n(deny default)\n(define cache \"/private/var/cache\")\n\
         (allow file-read* (subpath \"/private/var/cach\"))\n",
        "(version 1)\n(deny default)\n(define cache \"/private/var/cache\")\n\
         (allow file-read* (subpath cache))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let tree = &context.tree;
    let has_rules = tree
        .forms()
        .any(|form| matches!(tree.head(form), Some("allow" | "deny")));
    // An imported text may use what its importer defines, and so may text that is put together.
    let hidden = ["import", "eval", "read", "string->symbol"];
    let imports = tree
        .forms()
        .any(|form| tree.head(form).is_some_and(|head| hidden.contains(&head)));
    if !has_rules || imports || context.subject.lacks_version {
        return;
    }
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for token in tree.parse.tokens() {
        if token.kind == TokenKind::Symbol {
            *uses.entry(token.span.slice(tree.parse.text())).or_default() += 1;
        }
    }
    for form in tree.parse.forms().iter().copied() {
        let Some("define") = tree.head(form) else {
            continue;
        };
        // A helper that is a procedure may well be there for its siblings' sake.
        let Some(name) = tree
            .argument(form, 0)
            .and_then(|target| tree.symbol(target))
        else {
            continue;
        };
        if uses.get(name) != Some(&1) {
            continue;
        }
        let plain = tree.argument(form, 1).is_some_and(|value| {
            let kind = tree.parse.node(value).kind;
            matches!(
                kind,
                NodeKind::Leaf(TokenKind::String | TokenKind::RawString)
            )
        });
        let edit = plain.then(|| context.removal(form));
        out.at(
            tree.origin(form),
            format!("`{name}` is defined and never used"),
        )
        .fix("take the definition out", Effect::Keeps, edit);
    }
}
