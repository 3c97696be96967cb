//! Which data may stand on one line, and how wide they are there.

use super::parts::{What, parts};
use crate::syntax::{NodeKind, Parse};

/// For each node its width on one line; `None` if it has to be broken.
pub(super) fn widths(parse: &Parse) -> Vec<Option<usize>> {
    let mut widths: Vec<Option<usize>> = Vec::new();
    // Children come before their parents.
    for id in parse.node_ids() {
        let node = parse.node(id);
        let of = |child: &crate::syntax::NodeId| widths[child.index()];
        widths.push(match node.kind {
            NodeKind::Leaf(_) => Some(columns(parse.node_text(id))),
            NodeKind::List | NodeKind::Vector => {
                let all = parts(parse, node.tokens.clone(), &node.children);
                let broken = all.iter().any(|part| matches!(part.what, What::Comment(_)))
                    || all.iter().skip(1).any(|part| part.newlines > 0);
                let inside: Option<usize> = node.children.iter().map(of).sum();
                let open = if node.kind == NodeKind::List { 1 } else { 2 };
                let spaces = node.children.len().saturating_sub(1);
                inside
                    .filter(|_| !broken)
                    .map(|width| open + width + spaces + 1)
            }
            NodeKind::Prefixed(_) => {
                let all = parts(parse, node.tokens.clone(), &node.children);
                let has_comment = all.len() > node.children.len();
                let mark = node.prefix_length();
                let inside = node.children.first().and_then(of);
                inside.filter(|_| !has_comment).map(|width| mark + width)
            }
        });
    }
    widths
}

/// Columns of a text: of its last line, if it has several.
pub(super) fn columns(text: &str) -> usize {
    let last = text.rsplit('\n').next().unwrap_or(text);
    last.chars().count()
}
