//! Comments that silence a finding: `; lapbelt: allow(LB201) reason`.

use super::Lint;
use super::context::Context;
use super::finding::{Finding, Sink};
use super::rules::{UNKNOWN_SUPPRESSION, UNUSED_SUPPRESSION};
use crate::syntax::{Span, TokenKind};

/// One comment, and the part of the text it speaks of.
struct Suppression {
    comment: Span,
    codes: Vec<&'static str>,
    unknown: Vec<String>,
    /// The lines and forms covered.
    covers: Vec<Span>,
}

/// Takes out what a comment silences; says so of comments that silence nothing or name no lint.
pub(super) fn apply(context: &Context<'_>, findings: &mut Vec<Finding>) {
    if !context.is_readable() {
        return;
    }
    let all = suppressions(context);
    let mut used = vec![false; all.len()];
    findings.retain(|finding| {
        let start = finding.origin.start as usize;
        let mut silenced = false;
        for (suppression, used) in all.iter().zip(&mut used) {
            let covers = |span: &Span| span.start <= start && start < span.end.max(span.start + 1);
            if suppression.codes.contains(&finding.lint.code)
                && suppression.covers.iter().any(covers)
            {
                silenced = true;
                *used = true;
            }
        }
        !silenced
    });
    for (suppression, used) in all.iter().zip(used) {
        let origin = context.tree.origin_of(suppression.comment);
        let mut say = |code: &str, message: String, help: &str| {
            if let Some(lint) = Lint::named(code) {
                let mut sink = Sink::new(lint, context.main());
                sink.at(origin, message).help(help);
                findings.append(&mut sink.findings);
            }
        };
        for word in &suppression.unknown {
            let message = format!("no lint is called `{word}`");
            say(
                UNKNOWN_SUPPRESSION,
                message,
                "`lapbelt lint --explain list` lists all lints",
            );
        }
        if !used && suppression.unknown.is_empty() {
            let message = "this comment silences nothing".to_owned();
            say(
                UNUSED_SUPPRESSION,
                message,
                "take it out, so that it cannot hide a later finding",
            );
        }
    }
}

fn suppressions(context: &Context<'_>) -> Vec<Suppression> {
    let parse = context.tree.parse;
    let comments = parse
        .tokens()
        .iter()
        .filter(|t| t.kind == TokenKind::LineComment);
    comments
        .filter_map(|token| {
            let words = token
                .span
                .slice(parse.text())
                .trim_start_matches(';')
                .trim();
            let list = words
                .strip_prefix("lapbelt:")?
                .trim()
                .strip_prefix("allow(")?;
            let (list, _reason) = list.split_once(')')?;
            let (mut codes, mut unknown) = (Vec::new(), Vec::new());
            for word in list.split([',', ' ']).filter(|word| !word.is_empty()) {
                match Lint::named(word) {
                    Some(lint) => codes.push(lint.code),
                    None => unknown.push(word.to_owned()),
                }
            }
            Some(Suppression {
                comment: token.span,
                codes,
                unknown,
                covers: covered(context, token.span),
            })
        })
        .collect()
}

/// Behind something: its line, and every form that starts on it. On a line of its own: the form that
/// comes next.
fn covered(context: &Context<'_>, comment: Span) -> Vec<Span> {
    let parse = context.tree.parse;
    let text = parse.text();
    let line = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
    if !text[line..comment.start].trim().is_empty() {
        let on_line = |span: &Span| span.start >= line && span.start < comment.start;
        let spans = context.tree.all().map(|id| context.tree.span(id));
        let mut covers: Vec<Span> = spans.filter(on_line).collect();
        covers.push(Span {
            start: line,
            end: comment.start,
        });
        return covers;
    }
    let after = parse
        .tokens()
        .iter()
        .find(|token| token.span.start >= comment.end && !token.kind.is_trivia());
    let next = after.and_then(|token| {
        let at = |id: &_| context.tree.span(*id).start == token.span.start;
        context.tree.all().find(at)
    });
    next.map(|id| context.tree.span(id)).into_iter().collect()
}
